"""Ticks: once an interval, however many containers run."""

import asyncio
from datetime import timedelta

from services.deps import Deps
from services.jobs import ticks
from tests.services.jobs.kit import run_sql, working
from tests.waiting import eventually

HOUR = timedelta(hours=1)


async def fire(deps: Deps) -> list[str]:
    async with deps.transaction() as session:
        return await ticks.fire(session, {"daily": HOUR, "other": HOUR})


async def test_of_many_schedulers_one_fires(live_deps: Deps) -> None:
    for _ in range(3):
        fired = await asyncio.gather(*(fire(live_deps) for _ in range(8)))
        assert sorted(name for names in fired for name in names) == ["daily", "other"]
        await run_sql(live_deps, "update job_ticks set due_at = due_at - interval '1 hour'")
        await run_sql(live_deps, "update job_queue set state = 'done'")


async def test_a_tick_that_still_runs_is_not_queued_twice(live_deps: Deps) -> None:
    await fire(live_deps)
    await run_sql(live_deps, "update job_ticks set due_at = due_at - interval '1 hour'")
    await fire(live_deps)
    assert len(await run_sql(live_deps, "select 1 from job_queue")) == 2


async def test_missed_intervals_are_made_up_for_once(live_deps: Deps) -> None:
    await fire(live_deps)
    await run_sql(live_deps, "update job_ticks set due_at = due_at - interval '10 hours'")
    await run_sql(live_deps, "update job_queue set state = 'done'")
    assert sorted(await fire(live_deps)) == ["daily", "other"]
    assert await fire(live_deps) == []


async def test_a_worker_runs_its_ticks(live_deps: Deps) -> None:
    ran: list[str] = []

    async def daily(deps: Deps) -> None:
        ran.append("daily")

    async with working(live_deps, ticks={"daily": (HOUR, daily)}) as worker:
        await worker.tick()
        await worker.poll()
        await eventually(lambda: ran == ["daily"])
