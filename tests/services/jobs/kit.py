"""What the tests of the queue share: jobs to work, and a look at their rows."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services import jobs
from services.deps import Deps
from services.jobs import Done, Job, Kind, Outcome, Worker

SECOND = timedelta(seconds=1)


async def done(deps: Deps, job: Job) -> Outcome:
    """The handler that has nothing to do."""
    return Done()


async def enqueue(deps: Deps, kind: str = "note", **values: Any) -> UUID:
    """One job, committed."""
    async with deps.transaction() as session:
        return await jobs.enqueue(session, kind=kind, **({"payload": {}} | values))


async def run_sql(deps: Deps, statement: str, **values: Any) -> list[Any]:
    """The rows of one statement, committed."""
    async with deps.transaction() as session:
        result = await session.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []  # type: ignore[attr-defined]


async def row(deps: Deps, id: UUID) -> Any:
    """The job's row."""
    return (await run_sql(deps, "select * from job_queue where id = :id", id=id))[0]


def is_state(deps: Deps, id: UUID, state: str) -> Callable[[], Awaitable[bool]]:
    """A condition for `eventually`."""

    async def look() -> bool:
        found = (await row(deps, id)).state
        assert found == state
        return True

    return look


async def pass_time(deps: Deps, seconds: float) -> None:
    """The database's clock jumps ahead: everything that was to come comes so much sooner."""
    await run_sql(
        deps,
        """update job_queue set run_at = run_at - :jump,
            lease_until = lease_until - cast(:jump as interval)
        where state in ('waiting', 'leased')""",
        jump=timedelta(seconds=seconds),
    )


@asynccontextmanager
async def working(
    deps: Deps, kinds: dict[str, Kind] | None = None, **options: Any
) -> AsyncIterator[Worker]:
    """A worker that is drained after the block; it looks for work when it is polled or woken."""
    worker = Worker(deps, kinds=kinds or {"note": Kind(done)}, **options)
    try:
        yield worker
    finally:
        await worker.drain(SECOND)
