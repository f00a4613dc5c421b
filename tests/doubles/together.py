"""Together AI on this machine: images and queue, as strict as the published description.

Requests are checked against `together-openapi.yaml`, fields that it does not name are refused,
and so are parameters that a model does not take. Every POST is counted. Faults are scripted.
The worker behind the queue is a few lines here: it fetches and puts files as a real one does.
"""

import base64
import copy
import io
import json
import struct
import zipfile
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from jsonschema import Draft202012Validator

from services.trainer.spec import GeneratePayload, TrainPayload, from_wire
from tests.doubles.engine import picture
from tests.servers import served

KEY = "together-key-of-tests"
NO_STEPS = {"black-forest-labs/FLUX.2-pro", "black-forest-labs/FLUX.2-max"}
# What Together documents elsewhere, but not in its published description, by family of models.
BEYOND = {"flux2": {"prompt_upsampling"}, "kontext": {"aspect_ratio"}, "other": set[str]()}
Fault = Callable[[Request], Awaitable[Response]]


@dataclass
class Job:
    """One request in the queue."""

    id: str
    model: str
    payload: dict[str, Any]
    status: str = "pending"
    info: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] | None = None

    def view(self) -> dict[str, Any]:
        """QueueJobStatusResponse."""
        shown: dict[str, Any] = {"request_id": self.id, "model": self.model}
        shown |= {"status": self.status, "info": self.info, "retries": 0}
        return shown | ({"outputs": self.outputs} if self.outputs is not None else {})


class Together:
    """The server's state: what was asked, and what is to go wrong next."""

    def __init__(self, description: Path) -> None:
        self._spec = yaml.safe_load(description.read_text())
        self.posts: Counter[str] = Counter()
        self.images: list[dict[str, Any]] = []
        self.jobs: dict[str, Job] = {}
        self.faults: dict[str, deque[Fault]] = {}
        self.deployments = {"likeness-trainer", "likeness"}
        self.dedupes = False
        self.stops_running = False
        self.app = self._application()

    def fail(self, path: str, *faults: Fault) -> None:
        """The next requests to `path` end in these faults, one each."""
        self.faults.setdefault(path, deque()).extend(faults)

    def _application(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.middleware("http")
        async def gate(
            request: Request, call_next: Callable[[Request], Awaitable[Response]]
        ) -> Response:
            path = request.url.path
            if request.method == "POST":
                self.posts[path] += 1
            if request.headers.get("authorization") != f"Bearer {KEY}":
                return _error(401, "Invalid API key")
            if waiting := self.faults.get(path):
                return await waiting.popleft()(request)
            return await call_next(request)

        app.get("/v1/models")(self._models)
        app.post("/v1/images/generations")(self._generate)
        app.post("/v1/queue/submit")(self._submit)
        app.get("/v1/queue/status")(self._status)
        app.post("/v1/queue/cancel")(self._cancel)
        app.get("/v1/queue/metrics")(self._metrics)
        return app

    async def _models(self) -> list[dict[str, Any]]:
        return []

    async def _generate(self, request: Request) -> Response:
        body = await request.json()
        schema = self._body_schema("/images/generations")
        beyond = BEYOND[_family(body.get("model", ""))]
        published = {name: value for name, value in body.items() if name not in beyond}
        if problem := _problem(schema, published):
            return _error(400, problem)
        if "image_loras" in body:
            return _error(400, "image_loras is not supported: deploy a dedicated endpoint")
        if _family(body["model"]) == "kontext":
            return await self._edited(body)
        if body["model"] in NO_STEPS and body.keys() & {"steps", "guidance_scale"}:
            return _error(400, "this model takes no steps and no guidance_scale")
        if "FLUX.2" in body["model"] and "negative_prompt" in body:
            return _error(400, "negative_prompt is not supported")
        sides = (body["width"], body["height"])
        if any(side % 8 or side > 1920 for side in sides) or not 1 <= body.get("n", 1) <= 4:
            return _error(400, "bad size or count")
        if "image_url" in body:
            return _error(400, "this model takes reference_images")
        return await self._drawn(body, body.get("reference_images", []), sides)

    async def _edited(self, body: dict[str, Any]) -> Response:
        """Kontext: one picture, and a ratio instead of a size."""
        if body.keys() & {"width", "height", "reference_images", "guidance_scale"}:
            return _error(400, "this model takes image_url and aspect_ratio")
        return await self._drawn(body, [body["image_url"]], (256, 256))

    async def _drawn(
        self, body: dict[str, Any], urls: list[str], size: tuple[int, int]
    ) -> Response:
        """A picture of the seed's colour, once everything that is referred to was fetched."""
        async with httpx.AsyncClient() as client:
            for url in urls:
                if (await client.get(url)).status_code != 200:
                    return _error(400, "a reference image can't be fetched")
        self.images.append(body)
        data = picture(f"#{body.get('seed', 0) % 0xFFFFFF:06x}", size)
        item = {"index": 0, "type": "b64_json", "b64_json": base64.b64encode(data).decode()}
        answer = {"id": "o1", "model": body["model"], "object": "list", "data": [item]}
        return JSONResponse(answer)

    async def _submit(self, request: Request) -> Response:
        body = await request.json()
        if problem := _problem(self._named("QueueJobRequest"), body):
            return _error(400, problem)
        if body["model"] not in self.deployments:
            return _error(404, "no such deployment")
        client_job_id = from_wire(body["payload"]).client_job_id
        id = client_job_id if self.dedupes else f"req-{len(self.jobs)}"
        self.jobs.setdefault(id, Job(id, body["model"], body["payload"]))
        return self._answer("QueueJobResponse", {"requestId": id})

    async def _status(self, model: str, request_id: str) -> Response:
        job = self.jobs.get(request_id)
        if job is None or job.model != model:
            return _error(404, "Request not found")
        return self._answer("QueueJobStatusResponse", job.view())

    async def _cancel(self, request: Request) -> Response:
        body = await request.json()
        if problem := _problem(self._named("QueueCancelRequest"), body):
            return _error(400, problem)
        job = self.jobs.get(body["request_id"])
        if job is None:
            return _error(404, "Request not found")
        stoppable = {"pending", "running"} if self.stops_running else {"pending"}
        if job.status not in stoppable:
            return self._answer("QueueCancelResponse", {"status": job.status}, 409)
        job.status = "canceled"
        return self._answer("QueueCancelResponse", {"status": "canceled"})

    async def _metrics(self, model: str) -> Response:
        if model not in self.deployments:
            return _error(400, "no such deployment")
        counts = Counter(job.status for job in self.jobs.values())
        running, waiting = counts["running"], counts["pending"]
        answer = {"messages_running": running, "messages_waiting": waiting}
        return self._answer("QueueMetricsResponse", answer | {"total_jobs": running + waiting})

    def _answer(self, schema: str, value: dict[str, Any], status: int = 200) -> Response:
        """An answer of ours has to fit the description too."""
        problem = _problem(self._named(schema), value)
        assert problem is None, problem
        return JSONResponse(value, status)

    def _named(self, name: str) -> dict[str, Any]:
        return self._resolved(self._spec["components"]["schemas"][name])

    def _body_schema(self, path: str) -> dict[str, Any]:
        content = self._spec["paths"][path]["post"]["requestBody"]["content"]
        return self._resolved(content["application/json"]["schema"])

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Closed to fields that it does not name, unless it says that others may come."""
        closed = copy.deepcopy(schema) | {"components": self._spec["components"]}
        closed.setdefault("additionalProperties", False)
        closed["properties"] = closed.get("properties", {})
        return closed

    def begin(self, job: Job, **info: Any) -> None:
        """The worker takes a job and reports."""
        job.status = "running"
        job.info |= {"progress": 0.5, "stage": "training", "sequence": 1} | info

    async def finish(self, job: Job) -> None:
        """The worker does what it was asked: fetches, puts, and says so."""
        payload = from_wire(job.payload)
        async with httpx.AsyncClient() as client:
            if isinstance(payload, TrainPayload):
                job.outputs = await _train(client, payload)
            else:
                job.outputs = await _generate(client, payload)
        job.status = "done"


async def _train(client: httpx.AsyncClient, payload: TrainPayload) -> dict[str, Any]:
    dataset = (await client.get(payload.dataset_url)).raise_for_status().content
    with zipfile.ZipFile(io.BytesIO(dataset)) as archive:
        photos = len(archive.namelist())
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    weights = struct.pack("<Q", len(header)) + header + bytes(8)
    file = await _put(client, payload.weights_put_url, weights, "application/octet-stream")
    sample = await _put(client, payload.sample_put_urls[0], picture("red"), "image/jpeg")
    return {
        "kind": "train",
        "client_job_id": payload.client_job_id,
        "weights": file,
        "samples": [sample | {"step": 100}],
        "steps": 100,
        "photos": photos,
        "first_loss": 1.0,
        "last_loss": 0.2,
        "seconds": 3.0,
        "vram_peak_bytes": None,
        "ram_peak_bytes": None,
        "loss_curve": [[1, 1.0], [100, 0.2]],
        "warnings": [],
        "recipe": {"base_model": "FLUX.2-klein-base-4B", "seed": payload.seed},
    }


async def _generate(client: httpx.AsyncClient, payload: GeneratePayload) -> dict[str, Any]:
    if payload.lora_url:
        (await client.get(payload.lora_url)).raise_for_status()
    images = []
    for i, (seed, url) in enumerate(zip(payload.seeds, payload.output_put_urls, strict=True)):
        data = picture(f"#{seed % 0xFFFFFF:06x}", (payload.width, payload.height))
        images.append(await _put(client, url, data, "image/jpeg") | {"index": i, "seed": seed})
    return {
        "kind": "generate",
        "client_job_id": payload.client_job_id,
        "images": images,
        "seconds": 1.0,
        "vram_peak_bytes": None,
        "ram_peak_bytes": None,
        "warnings": [],
        "recipe": {"base_model": "FLUX.2-klein-base-4B"},
    }


async def _put(client: httpx.AsyncClient, url: str, data: bytes, kind: str) -> dict[str, Any]:
    answer = await client.put(url, content=data, headers={"Content-Type": kind})
    answer.raise_for_status()
    return {"index": 0, "bytes": len(data), "sha256": "0" * 64, "content_type": kind}


def _family(model: str) -> str:
    return "kontext" if "kontext" in model else "flux2" if "FLUX.2" in model else "other"


def _problem(schema: dict[str, Any], value: Any) -> str | None:
    errors = list(Draft202012Validator(schema).iter_errors(value))
    return errors[0].message if errors else None


def _error(status: int, message: str, *, type: str = "invalid_request_error") -> Response:
    error = {"message": message, "type": type, "param": None, "code": None}
    return JSONResponse({"error": error}, status)


def status(code: int, *, type: str = "invalid_request_error", **headers: str) -> Fault:
    """An answer with this status, and this type of error."""

    async def answer(_request: Request) -> Response:
        response = _error(code, "scripted", type=type)
        response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return response

    return answer


def html() -> Fault:
    """200 with a page, as captive portals and proxies answer."""

    async def answer(_request: Request) -> Response:
        return Response("<html>Sign in</html>", media_type="text/html")

    return answer


def items(*data: dict[str, Any]) -> Fault:
    """An answer of the images API with these items, whatever they are."""

    async def answer(_request: Request) -> Response:
        body = {"id": "o1", "model": "m", "object": "list", "data": list(data)}
        return JSONResponse(body)

    return answer


def cut() -> Fault:
    """The line breaks in the middle of the answer."""

    async def answer(_request: Request) -> Response:
        return Response("{", headers={"Content-Length": "1000"}, media_type="application/json")

    return answer


def hang() -> Fault:
    """No answer, until the client gives up."""

    async def answer(request: Request) -> Response:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return _error(499, "gone")

    return answer


def taken(server: Together, then: Fault) -> Fault:
    """The request is accepted, but its answer is lost in this way."""

    async def answer(request: Request) -> Response:
        accept = server._submit if "submit" in request.url.path else server._generate
        assert (await accept(request)).status_code == 200
        return await then(request)

    return answer


@contextmanager
def running(description: Path) -> Iterator[tuple[Together, str]]:
    """The server and its base URL."""
    server = Together(description)
    with served(server.app) as url:
        yield server, url
