"""What the product consists of: the jobs and ticks that it knows, and which process has them."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.app.bootstrap import TICKS, make_worker
from services.deps import Deps
from services.jobs import Worker
from tests.services.jobs.kit import SECOND, enqueue, run_sql
from tests.waiting import eventually

# what release 1.0.0 fires
FORMER_TICKS = (
    "loose_ends",
    "runs.without_engine",
    "billing.past_due",
    "deleted_members",
    "gallery.purge",
    "housekeeping",
    "jobs.prune",
    "reconcile",
    "membership.renew",
)


@pytest.fixture
async def worker(live_deps: Deps) -> AsyncIterator[Worker]:
    """The worker of the whole product."""
    worker = make_worker(live_deps)
    yield worker
    await worker.drain(SECOND)


async def test_what_an_earlier_release_left_queued_is_worked(
    live_deps: Deps, worker: Worker
) -> None:
    """A container of release 1.0.0 is beside this one, or was stopped for this one."""
    for kind in FORMER_TICKS:
        await enqueue(live_deps, kind)
    await eventually(all_done(live_deps, worker, len(FORMER_TICKS)))


async def test_every_tick_runs(live_deps: Deps, worker: Worker) -> None:
    await worker.tick()
    await eventually(all_done(live_deps, worker, len(TICKS)))


def all_done(deps: Deps, worker: Worker, count: int) -> Callable[[], Awaitable[bool]]:
    """A condition for `eventually`."""

    async def look() -> bool:
        await worker.poll()
        rows = await run_sql(deps, "select kind, state, reason from job_queue")
        assert [row.state for row in rows] == ["done"] * count, rows
        return True

    return look
