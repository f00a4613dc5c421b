"""/api/worker: how GPU workers ask for work, say how it goes, and bring what came of it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field

from pages.api.dependencies import DepsDep, SessionDep, api_router
from pages.api.errors import Responses, documented
from pages.server import context
from services.trainer.spec import Code, Failure, GenerateOutputs, ProgressInfo, TrainOutputs
from services.workers import asking, claims, presence
from services.workers.asking import Ask
from services.workers.claims import Lease

Offer = Annotated[str, Field(min_length=1, max_length=100)]
# The doorkeeper has checked the key already: this puts it into the documentation.
_KEY = HTTPBearer(
    auto_error=False,
    scheme_name="WorkerKey",
    description="A key for a GPU worker, made on /admin by an administrator.",
)

router = api_router("worker")


async def _asking(request: Request, _key: Annotated[object, Depends(_KEY)]) -> UUID:
    """Which worker asks. Raises NotSignedIn."""
    return context.current_worker(request)


Worker = Annotated[UUID, Depends(_asking)]


class Asked(BaseModel, extra="forbid"):
    """What a worker can take, and for how long it waits."""

    kinds: list[Literal["generate", "train"]] = Field(min_length=1, max_length=2)
    offers: list[Offer] = Field(max_length=100, description="See `services/trainer/offers.py`.")
    hardware: str = Field(default="", max_length=200, description="Shown to administrators.")
    version: str = Field(default="", max_length=50)
    busy: bool = Field(
        default=False, description="A busy worker leaves a job to one that is free for 2 seconds."
    )
    wait: float = Field(default=asking.LONGEST, ge=0, le=asking.LONGEST, description="Seconds.")


class Given(BaseModel):
    """A job. token: to be shown with everything that is said of it."""

    job_id: UUID
    kind: Literal["generate", "train"]
    token: str
    payload: dict[str, Any] = Field(description="As `services/trainer/spec.py` has it.")


class Held(BaseModel, extra="forbid"):
    """A job that the worker was given."""

    job_id: UUID
    token: str = Field(pattern=r"^[0-9]{1,19}$", description="As it came with the job.")

    def lease(self, worker_id: UUID) -> Lease:
        """For the service."""
        return Lease(self.job_id, worker_id, min(int(self.token), 2**63 - 1))


class Report(Held):
    """How a job goes; at least every 15 seconds, or others may be given the job."""

    progress: ProgressInfo = ProgressInfo()


class Finish(Report):
    """A job that is done: its files lie where its payload said."""

    outputs: TrainOutputs | GenerateOutputs = Field(discriminator="kind")


class Fail(Held):
    """A job that ended without a result."""

    code: Code
    message: str = Field(max_length=500)


class Go(BaseModel):
    """Whether the worker is to stop, as nobody waits for the job any more."""

    cancel: bool


ANSWERS: Responses = {200: {"model": Given}, 204: {"description": "Nothing came."}}


@router.post(
    "/worker/claim",
    responses=ANSWERS | documented(503),
    response_model=None,
)
async def claim(body: Asked, worker: Worker, request: Request, deps: DepsDep) -> Given | Response:
    """The next job, images before trainings; waits for one as long as it is asked to."""
    ask = Ask(**body.model_dump())
    gone = request.is_disconnected
    found = await asking.next_job(deps, worker_id=worker, ask=ask, gone=gone)
    if found is None:
        return Response(status_code=204)
    return Given(
        job_id=found.id,
        kind=found.kind,  # type: ignore[arg-type]
        token=str(found.token),
        payload=found.payload,
    )


@router.post("/worker/progress", responses=documented(409))
async def progress(body: Report, worker: Worker, session: SessionDep) -> Go:
    """Keeps the job. 409: it is another worker's by now, so let go of it."""
    said = body.progress.model_dump(mode="json", exclude_none=True)
    await presence.heard(session, worker_id=worker)
    goes_on = await claims.report(session, body.lease(worker), progress=said)
    return Go(cancel=not goes_on)


@router.post("/worker/finish", responses=documented(409))
async def finish(body: Finish, worker: Worker, session: SessionDep) -> Go:
    """Ends the job with what came of it; safe to repeat."""
    said = body.progress.model_dump(mode="json", exclude_none=True)
    outputs = body.outputs.model_dump(mode="json")
    lease = body.lease(worker)
    kept = await claims.finish(session, lease, result=outputs, progress=said)
    await presence.changed(session, worker)
    return Go(cancel=not kept)


@router.post("/worker/fail", responses=documented(409))
async def fail(body: Fail, worker: Worker, session: SessionDep) -> Go:
    """Ends the job with why it could not be done; safe to repeat."""
    reason = str(Failure(code=body.code, message=body.message))
    kept = await claims.fail(session, body.lease(worker), reason=reason)
    await presence.changed(session, worker)
    return Go(cancel=not kept)


@router.post("/worker/release", status_code=204)
async def release(body: Held, worker: Worker, session: SessionDep) -> None:
    """Gives the job back, as the worker stops: others may have it at once."""
    await claims.give_back(session, body.lease(worker))
    await presence.changed(session, worker)
