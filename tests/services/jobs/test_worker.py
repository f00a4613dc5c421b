"""What a job goes through, on one worker."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services import jobs
from services.deps import Deps
from services.jobs import Done, Job, Kind, Outcome, Worker
from tests.waiting import eventually


async def enqueue(deps: Deps, kind: str = "note", **values: Any) -> UUID:
    async with deps.transaction() as session:
        return await jobs.enqueue(session, kind=kind, **({"payload": {}} | values))


async def row(deps: Deps, id: UUID) -> Any:
    async with deps.transaction() as session:
        found = await session.execute(text("select * from job_queue where id = :id"), {"id": id})
        return found.one()


async def state(deps: Deps, id: UUID) -> str:
    return str((await row(deps, id)).state)


async def hurry(deps: Deps, id: UUID) -> None:
    """Lets the time pass that a waiting job has to wait."""
    async with deps.transaction() as session:
        await session.execute(
            text("update job_queue set run_at = now() where id = :id and state = 'waiting'"),
            {"id": id},
        )


async def test_a_job_is_run_with_its_payload_and_done(live_deps: Deps) -> None:
    seen: list[dict[str, Any]] = []

    async def note(deps: Deps, job: Job) -> Outcome:
        seen.append(job.payload)
        return Done()

    worker = Worker(live_deps, kinds={"note": Kind(note)})
    id = await enqueue(live_deps, payload={"n": 1})
    await worker.poll()

    async def done() -> bool:
        return await state(live_deps, id) == "done"

    await eventually(done)
    assert seen == [{"n": 1}]
    await worker.drain(timedelta(seconds=1))
