"""What a job goes through, on one worker."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from services import jobs
from services.deps import Deps
from services.jobs import Again, Done, Job, Kind, LeaseLost, Outcome, Permanent
from tests.services.jobs.kit import (
    SECOND,
    enqueue,
    is_state,
    pass_time,
    row,
    run_sql,
    working,
)
from tests.waiting import eventually


async def test_a_job_is_run_with_its_payload_and_done(live_deps: Deps) -> None:
    seen: list[dict[str, Any]] = []

    async def note(deps: Deps, job: Job) -> Outcome:
        seen.append(job.payload)
        return Done()

    async with working(live_deps, {"note": Kind(note)}) as worker:
        id = await enqueue(live_deps, payload={"n": 1})
        await worker.poll()
        await eventually(is_state(live_deps, id, "done"))
    assert seen == [{"n": 1}]


async def test_what_is_rolled_back_is_never_run(live_deps: Deps) -> None:
    async def request() -> None:
        async with live_deps.transaction() as session:
            await jobs.enqueue(session, kind="note", payload={})
            raise RuntimeError("the request failed")

    with pytest.raises(RuntimeError):
        await request()
    assert await run_sql(live_deps, "select * from job_queue") == []


async def test_a_failing_job_waits_longer_each_time_and_is_dead_at_the_limit(
    live_deps: Deps,
) -> None:
    released: list[str] = []
    tried = 0

    async def fail(deps: Deps, job: Job) -> Outcome:
        nonlocal tried
        tried += 1
        raise OSError("the disk is on fire")

    def tries(n: int) -> bool:
        return tried == n

    async def abandoned(session: AsyncSession, job: Job, reason: str) -> None:
        released.append(reason)

    waits = []
    kinds = {"note": Kind(fail, abandoned=abandoned, max_attempts=4)}
    async with working(live_deps, kinds) as worker:
        id = await enqueue(live_deps)
        for attempt in (1, 2, 3):
            await worker.poll()
            await eventually(partial(tries, attempt))
            await eventually(is_state(live_deps, id, "waiting"))
            [found] = await run_sql(live_deps, "select run_at - now() as wait from job_queue")
            waits.append(found.wait.total_seconds())
            await pass_time(live_deps, 12)
        await worker.poll()
        await eventually(is_state(live_deps, id, "dead"))
        await pass_time(live_deps, 3600)
        await worker.poll()
    for wait, expected in zip(waits, (2, 4, 8), strict=True):
        assert 0.7 * expected <= wait <= 1.26 * expected
    dead = await row(live_deps, id)
    assert (dead.attempts, dead.reason) == (4, "OSError: the disk is on fire")
    assert released == ["OSError: the disk is on fire"]


async def test_the_waits_differ_by_chance(live_deps: Deps) -> None:
    async def fail(deps: Deps, job: Job) -> Outcome:
        raise OSError

    async with working(live_deps, {"note": Kind(fail)}) as worker:
        ids = [await enqueue(live_deps) for _ in range(8)]
        await worker.poll()
        for id in ids:
            await eventually(is_state(live_deps, id, "waiting"))
    found = await run_sql(live_deps, "select round(extract(epoch from run_at), 1) from job_queue")
    assert len(set(found)) > 3


async def test_permanent_ends_it_with_the_reason(live_deps: Deps) -> None:
    async def refuse(deps: Deps, job: Job) -> Outcome:
        raise Permanent("The photos are gone.")

    async with working(live_deps, {"note": Kind(refuse)}) as worker:
        id = await enqueue(live_deps)
        await worker.poll()
        await eventually(is_state(live_deps, id, "failed"))
    assert (await row(live_deps, id)).reason == "The photos are gone."


async def test_again_gives_the_slot_back_and_uses_no_attempt(live_deps: Deps) -> None:
    calls: list[str] = []

    async def remote(deps: Deps, job: Job) -> Outcome:
        calls.append("remote")
        return Done() if len(calls) > 20 else Again(timedelta(minutes=1))

    async def local(deps: Deps, job: Job) -> Outcome:
        return Done()

    def called(n: int) -> bool:
        return len(calls) == n and not worker.busy

    kinds = {"remote": Kind(remote, max_attempts=2), "local": Kind(local)}
    async with working(live_deps, kinds, slots=1) as worker:
        long = await enqueue(live_deps, "remote")
        await worker.poll()
        await eventually(is_state(live_deps, long, "waiting"))
        short = await enqueue(live_deps, "local")
        await worker.poll()
        await eventually(is_state(live_deps, short, "done"))
        for n in range(2, 22):
            await pass_time(live_deps, 61)
            await worker.poll()
            await eventually(partial(called, n))
        await eventually(is_state(live_deps, long, "done"))


async def test_a_short_wait_needs_no_poll(live_deps: Deps) -> None:
    calls: list[int] = []

    async def remote(deps: Deps, job: Job) -> Outcome:
        calls.append(1)
        return Done() if len(calls) > 3 else Again(timedelta(milliseconds=20))

    async with working(live_deps, {"note": Kind(remote)}) as worker:
        id = await enqueue(live_deps)
        await worker.poll()
        await eventually(is_state(live_deps, id, "done"))


async def test_a_handler_that_hangs_is_stopped_and_tried_again(live_deps: Deps) -> None:
    async def hang(deps: Deps, job: Job) -> Outcome:
        await asyncio.Event().wait()
        return Done()

    kinds = {"note": Kind(hang, timeout=timedelta(milliseconds=50))}
    async with working(live_deps, kinds) as worker:
        id = await enqueue(live_deps)
        await worker.poll()
        await eventually(is_state(live_deps, id, "waiting"))
    assert "TimeoutError" in (await row(live_deps, id)).reason


async def test_a_queued_job_that_is_canceled_never_starts(live_deps: Deps) -> None:
    started: list[UUID] = []

    async def note(deps: Deps, job: Job) -> Outcome:
        started.append(job.id)
        return Done()

    async with working(live_deps, {"note": Kind(note)}) as worker:
        id = await enqueue(live_deps)
        async with live_deps.transaction() as session:
            assert await jobs.cancel(session, job_id=id)
            assert not await jobs.cancel(session, job_id=id)
        behind = await enqueue(live_deps)  # claimed after it, had it been there to claim
        await worker.poll()
        await eventually(is_state(live_deps, behind, "done"))
    assert (await row(live_deps, id)).state == "canceled"
    assert started == [behind]


async def test_a_running_job_that_is_canceled_is_final_at_once_and_interrupted(
    live_deps: Deps,
) -> None:
    entered, interrupted = asyncio.Event(), asyncio.Event()

    async def hang(deps: Deps, job: Job) -> Outcome:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            interrupted.set()
        return Done()

    async with working(live_deps, {"note": Kind(hang)}) as worker:
        id = await enqueue(live_deps)
        await worker.poll()
        await entered.wait()
        async with live_deps.transaction() as session:
            assert await jobs.cancel(session, job_id=id)
        assert (await row(live_deps, id)).state == "canceled"
        await worker.beat()  # the scheduler calls it every 2 seconds
        await asyncio.wait_for(interrupted.wait(), 5)
    assert (await row(live_deps, id)).state == "canceled"


async def test_of_a_cancel_and_a_finish_one_wins(live_deps: Deps) -> None:
    async def note(deps: Deps, job: Job) -> Outcome:
        async with job.transaction(deps) as session:
            await job.finish(session)
        return Done()

    async with working(live_deps, {"note": Kind(note)}) as worker:
        for _ in range(20):
            id = await enqueue(live_deps)
            await worker.poll()
            async with live_deps.transaction() as session:
                canceled = await jobs.cancel(session, job_id=id)
            await eventually(is_state(live_deps, id, "canceled" if canceled else "done"))


async def test_who_lost_the_lease_writes_nothing(live_deps: Deps) -> None:
    entered, resume, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    outcome: list[str] = []

    async def slow(deps: Deps, job: Job) -> Outcome:
        if job.attempt > 1:
            return Done()
        entered.set()
        await resume.wait()
        try:
            async with job.transaction(deps):
                outcome.append("wrote")
        except LeaseLost:
            outcome.append("lost")
            raise
        finally:
            ended.set()
        return Done()

    kinds = {"note": Kind(slow)}
    async with working(live_deps, kinds) as first, working(live_deps, kinds) as second:
        id = await enqueue(live_deps)
        await first.poll()
        await entered.wait()
        await pass_time(live_deps, 31)
        await second.sweep()
        await second.poll()
        await eventually(is_state(live_deps, id, "done"))
        resume.set()
        await ended.wait()
    assert outcome == ["lost"]
    assert (await row(live_deps, id)).attempts == 2


async def test_a_drained_worker_gives_back_what_it_could_not_finish(live_deps: Deps) -> None:
    entered = asyncio.Event()

    async def slow(deps: Deps, job: Job) -> Outcome:
        entered.set()
        await asyncio.Event().wait()
        return Done()

    async with working(live_deps, {"note": Kind(slow)}) as worker:
        id = await enqueue(live_deps)
        await worker.poll()
        await entered.wait()
        await worker.drain(SECOND / 10)
        found = await row(live_deps, id)
        assert (found.state, found.attempts) == ("queued", 0)  # claimable at once, nothing used
        await worker.poll()
        assert worker.busy == 0  # and not by us


async def test_an_unknown_kind_is_parked_until_someone_knows_it(live_deps: Deps) -> None:
    async with working(live_deps) as old:
        id = await enqueue(live_deps, "new_feature")
        other = await enqueue(live_deps)
        await old.poll()
        await eventually(is_state(live_deps, other, "done"))
        assert (await row(live_deps, id)).state == "queued"

    async def feature(deps: Deps, job: Job) -> Outcome:
        return Done()

    async with working(live_deps, {"new_feature": Kind(feature)}) as new:
        await new.poll()
        await eventually(is_state(live_deps, id, "done"))


async def test_a_job_that_kills_its_process_is_dead_at_the_limit(live_deps: Deps) -> None:
    async def hang(deps: Deps, job: Job) -> Outcome:
        await asyncio.Event().wait()
        return Done()

    ended: list[str] = []

    async def abandoned(session: AsyncSession, job: Job, reason: str) -> None:
        ended.append(reason)

    kinds = {"note": Kind(hang, abandoned=abandoned, max_attempts=3)}
    async with working(live_deps, kinds) as worker:
        id = await enqueue(live_deps)
        for _ in range(3):
            await worker.poll()
            await eventually(is_state(live_deps, id, "leased"))
            await pass_time(live_deps, 31)  # nobody renews it
            await worker.sweep()
        await worker.sweep()
        assert (await row(live_deps, id)).state == "dead"
    assert ended == ["Its worker stopped answering, in attempt 3."]


async def test_a_kind_with_slots_of_its_own_holds_up_nobody_and_waits_for_whoever_is_free(
    live_deps: Deps,
) -> None:
    gate = asyncio.Event()
    most = running = 0

    async def slow(deps: Deps, job: Job) -> Outcome:
        nonlocal most, running
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1
        return Done()

    async def quick(deps: Deps, job: Job) -> Outcome:
        return Done()

    kinds = {"slow": Kind(slow, slots=2), "quick": Kind(quick)}
    async with working(live_deps, kinds, slots=1) as one, working(live_deps, kinds) as other:
        slow_ones = [await enqueue(live_deps, "slow") for _ in range(5)]
        quick_ones = [await enqueue(live_deps, "quick") for _ in range(5)]
        await one.poll()
        for id in quick_ones:
            await eventually(is_state(live_deps, id, "done"))
        states = [(await row(live_deps, id)).state for id in slow_ones]
        assert states == ["leased", "leased", "queued", "queued", "queued"]
        await other.poll()
        await eventually(is_state(live_deps, slow_ones[3], "leased"))
        assert (await row(live_deps, slow_ones[4])).state == "queued"
        gate.set()
        for id in slow_ones:
            await eventually(is_state(live_deps, id, "done"))
    assert most == 4
