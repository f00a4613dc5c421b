"""The worker on the operator's own GPU: Together's Queue API over HTTP, for one worker.

Differs from Together in two things, both allowed by its description: a running job can be
canceled, and a request id is the client's own job id.
"""

import asyncio
import contextlib
import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.trainer.config import WorkerConfig, worker_key
from services.trainer.errors import JobFailed
from services.trainer.hardware import Hardware
from services.trainer.job_queue import Conflict, JobQueue
from services.trainer.spec import from_wire
from services.trainer.store import StoredJob
from services.trainer.supervisor import COMMAND

log = logging.getLogger(__name__)

MAX_BODY = 2**20  # bytes


class Submission(BaseModel):
    """QueueJobRequest of Together's description."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1, max_length=200)
    payload: dict[str, Any]
    info: dict[str, Any] = {}
    priority: int = 0


class Cancellation(BaseModel):
    """QueueCancelRequest of Together's description."""

    model: str
    request_id: str


class Clearance(BaseModel):
    """The body of `clear`, which only Together's SDK knows."""

    model: str


class QueueError(Exception):
    """An answer in Together's form for errors."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.param = status, code, param

    def response(self) -> JSONResponse:
        """The answer."""
        kind = "not_found_error" if self.status == 404 else "invalid_request_error"
        body = {"code": self.code, "message": str(self), "type": kind}
        if self.param:
            body["param"] = self.param
        return JSONResponse(body, status_code=self.status)


def create_app(
    config: WorkerConfig, hardware: Hardware, command: Sequence[str] = COMMAND
) -> FastAPI:
    """The HTTP application; its lifespan starts the loop and ends it in good order."""
    queue = JobQueue(config, hardware, command)
    app = FastAPI(title="Likeness GPU worker", lifespan=_lifespan(queue), openapi_url=None)
    app.state.queue = queue
    _guard(app, worker_key(config))
    _routes(app, queue, hardware)
    return app


def _lifespan(queue: JobQueue) -> Callable[[FastAPI], Any]:
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.create_task(queue.serve())
        yield
        await queue.stop()
        await loop
        await queue.close()

    return lifespan


def _guard(app: FastAPI, key: str) -> None:
    """The key and the size are checked before a body is read; errors have Together's form."""

    @app.middleware("http")
    async def check(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        if request.url.path == "/health":
            return await call_next(request)
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
            return QueueError(401, "invalid_api_key", "The API key is not right.").response()
        length = request.headers.get("content-length", "")
        if request.method == "POST" and (not length.isdigit() or int(length) > MAX_BODY):
            return QueueError(400, "too_large", f"At most {MAX_BODY} bytes.").response()
        return await call_next(request)

    @app.exception_handler(QueueError)
    async def refuse(_request: Request, error: QueueError) -> Response:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        param = ".".join(str(part) for part in first["loc"][1:])
        return QueueError(400, "invalid_request", str(first["msg"]), param).response()


def _routes(app: FastAPI, queue: JobQueue, hardware: Hardware) -> None:
    @app.get("/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "hardware": {**asdict(hardware), "summary": str(hardware)}}

    @app.post("/v1/queue/submit")
    async def submit(body: Submission) -> dict[str, str]:
        return {"requestId": _submit(queue, body).request_id}

    @app.get("/v1/queue/status")
    async def status(model: str, request_id: str) -> dict[str, Any]:
        return _view(_find(queue, model, request_id))

    @app.post("/v1/queue/cancel")
    async def cancel(body: Cancellation) -> Response:
        job = _find(queue, body.model, body.request_id)
        done = queue.cancel(job)
        return JSONResponse({"status": job.status}, status_code=200 if done else 409)

    @app.post("/v1/queue/clear")
    async def clear(body: Clearance) -> dict[str, int]:
        return {"canceled_count": queue.clear(body.model)}

    @app.get("/v1/queue/metrics")
    async def metrics(model: str = Query(min_length=1)) -> dict[str, int]:
        running, waiting = queue.counts(model)
        return {
            "messages_running": running,
            "messages_waiting": waiting,
            "total_jobs": running + waiting,
        }


def _submit(queue: JobQueue, body: Submission) -> StoredJob:
    try:
        return queue.submit(
            model=body.model,
            payload=from_wire(body.payload),
            info=body.info,
            priority=body.priority,
        )
    except ValidationError as error:
        first = error.errors()[0]
        param = ".".join(str(part) for part in ("payload", *first["loc"]))
        raise QueueError(400, "invalid_payload", first["msg"], param) from None
    except JobFailed as error:
        raise QueueError(400, error.code, error.failure.message, "base_model") from None
    except Conflict as error:
        raise QueueError(400, "conflict", str(error), "client_job_id") from None


def _find(queue: JobQueue, model: str, request_id: str) -> StoredJob:
    job = queue.get(model, request_id)
    if job is None:
        raise QueueError(404, "not_found", "There is no such request.", "request_id")
    return job


def _view(job: StoredJob) -> dict[str, Any]:
    """QueueJobStatusResponse of Together's description; signed URLs are not shown again."""
    view = {
        "request_id": job.request_id,
        "model": job.model,
        "status": job.status,
        "info": job.info,
        "outputs": job.outputs,
        "priority": job.priority,
        "retries": job.retries,
        "created_at": _time(job.created_at),
        "claimed_at": _time(job.claimed_at),
        "done_at": _time(job.done_at),
    }
    return {key: value for key, value in view.items() if value is not None}


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
