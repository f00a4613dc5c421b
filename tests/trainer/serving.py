"""A queue server in this process, with a stand-in for the work, and a client that checks it."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from services.trainer.config import WorkerConfig
from services.trainer.hardware import Hardware
from services.trainer.server import create_app
from services.trainer.spec import GeneratePayload, TrainPayload, to_wire
from tests.waiting import eventually

CPU = Hardware("cpu", "2.15.0")
GPU = Hardware("cuda", "2.15.0", "13.0", "580.65", "NVIDIA L4", 24 * 2**30, (8, 9))
FAKE = (sys.executable, "-m", "tests.trainer.fake_child")
Jobs = Callable[..., GeneratePayload]


class Description:
    """Checks answers against together-openapi.yaml."""

    def __init__(self, path: Path) -> None:
        self._spec = yaml.safe_load(path.read_text())

    def check(self, answer: httpx.Response) -> None:
        """Raise AssertionError for a status or a body that the description does not have."""
        request = answer.request
        path = request.url.path.removeprefix("/v1")
        responses = self._spec["paths"][path][request.method.lower()]["responses"]
        assert str(answer.status_code) in responses, (path, answer.status_code, answer.text)
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        known = self._spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        whole = {**known, "components": self._spec["components"], "additionalProperties": False}
        jsonschema.validate(answer.json(), whole)


@pytest.fixture(scope="session")
def description(shared_dir: Path) -> Description:
    """Together's description of its API."""
    return Description(shared_dir / "docs" / "together-openapi.yaml")


class Client:
    """Calls the server and checks every answer."""

    def __init__(self, http: httpx.AsyncClient, description: Description, work_dir: Path) -> None:
        self.http, self._description, self.work_dir = http, description, work_dir

    async def post(self, path: str, body: Any) -> httpx.Response:
        return self._checked(await self.http.post(f"/v1/queue/{path}", json=body))

    async def get(self, path: str, **parameters: str) -> httpx.Response:
        return self._checked(await self.http.get(f"/v1/queue/{path}", params=parameters))

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if not answer.request.url.path.endswith("clear"):  # the SDK has it, the description not
            self._description.check(answer)
        return answer

    async def submit(self, job: GeneratePayload | TrainPayload, **rest: Any) -> httpx.Response:
        return await self.post("submit", {"model": "m", "payload": to_wire(job), **rest})

    async def status(self, job_id: str) -> Any:
        return (await self.get("status", model="m", request_id=job_id)).json()

    async def reaches(self, job_id: str, *states: str) -> Any:
        """The status, once the job has one of these states."""

        async def there() -> Any:
            status = await self.status(job_id)
            return status if status["status"] in states else None

        return await eventually(there, timeout=30)

    def order(self) -> list[str]:
        """The jobs in the order in which they were started."""
        path = self.work_dir / "jobs" / "order.txt"
        return [line.split()[0] for line in path.read_text().splitlines()]


Serve = Callable[..., Any]


@pytest.fixture
def serve(description: Description) -> Serve:
    """A server with a stand-in for the job's process, as long as the block lasts."""

    @asynccontextmanager
    async def start(config: WorkerConfig, hardware: Hardware = CPU) -> AsyncIterator[Client]:
        app = create_app(config, hardware, FAKE)
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": "Bearer the key"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://w", headers=headers) as http,
        ):
            yield Client(http, description, config.work_dir)

    return start


@pytest.fixture
async def client(serve: Serve, config: WorkerConfig) -> AsyncIterator[Client]:
    """A client of a running server."""
    async with serve(config) as client:
        yield client
