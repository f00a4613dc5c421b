"""Who is next: members take turns, priorities get a head start, and nobody waits for ever."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import TextClause, text

from services import jobs
from services.deps import Deps
from services.jobs import Priority, queue
from services.jobs.overview import COUNT_DEAD, DEAD, OPEN
from tests.builders import make_user
from tests.services.jobs.kit import enqueue, pass_time, run_sql

LEASE = timedelta(seconds=30)


async def make_member(deps: Deps) -> UUID:
    async with deps.transaction() as session:
        return (await make_user(session)).id


async def enqueue_many(deps: Deps, count: int, **values: Any) -> None:
    async with deps.transaction() as session:
        for _ in range(count):
            await jobs.enqueue(session, kind="note", payload={}, **values)


async def claim(deps: Deps, slots: int = 1) -> list[Any]:
    async with deps.transaction() as session:
        return list(
            await queue.claim(session, owner="test", kinds=["note"], slots=slots, lease=LEASE)
        )


async def turns_until(deps: Deps, id: UUID, *, limit: int = 500) -> int:
    """How many jobs are claimed before this one."""
    for before in range(limit):
        if (await claim(deps))[0].id == id:
            return before
    raise AssertionError(f"not claimed among {limit}")


async def test_five_thousand_jobs_of_one_delay_another_by_two_at_most(live_deps: Deps) -> None:
    busy, other = await make_member(live_deps), await make_member(live_deps)
    await enqueue_many(live_deps, 5000, user_id=busy)
    for _ in range(20):
        await claim(live_deps, 4)
    for _ in range(3):
        id = await enqueue(live_deps, user_id=other)
        assert await turns_until(live_deps, id) <= 2


async def test_two_who_queued_many_take_turns_from_then_on(live_deps: Deps) -> None:
    first, second = await make_member(live_deps), await make_member(live_deps)
    await enqueue_many(live_deps, 200, user_id=first)
    await claim(live_deps, 100)
    await enqueue_many(live_deps, 200, user_id=second)
    served = [row.user_id for row in await claim(live_deps, 100)]
    assert served.count(first) == served.count(second) == 50


async def test_what_comes_back_in_numbers_delays_another_by_two_at_most(live_deps: Deps) -> None:
    busy, other = await make_member(live_deps), await make_member(live_deps)
    await enqueue_many(live_deps, 300, user_id=busy)
    for row in await claim(live_deps, 200):
        async with live_deps.transaction() as session:
            minute = timedelta(minutes=1)
            assert await queue.wait(
                session, job_id=row.id, token=row.lease_token, delay=minute, refund=True
            )
    await pass_time(live_deps, 61)
    async with live_deps.transaction() as session:
        await queue.promote(session, since=timedelta(hours=1))
    id = await enqueue(live_deps, user_id=other)
    assert await turns_until(live_deps, id) <= 2


async def test_a_poll_of_what_has_started_is_not_behind_what_its_member_has_not(
    live_deps: Deps,
) -> None:
    member = await make_member(live_deps)
    training = await enqueue(live_deps, user_id=member)
    [row] = await claim(live_deps)
    await enqueue_many(live_deps, 100, user_id=member)
    async with live_deps.transaction() as session:
        await queue.wait(
            session, job_id=row.id, token=row.lease_token, delay=timedelta(), refund=True
        )
    async with live_deps.transaction() as session:
        await queue.promote(session, since=timedelta(hours=1))
    assert await turns_until(live_deps, training) <= 1


async def test_urgent_goes_first_and_background_last(live_deps: Deps) -> None:
    ids = {
        priority: await enqueue(live_deps, priority=priority)
        for priority in (Priority.BACKGROUND, Priority.NORMAL, Priority.URGENT)
    }
    served = [row.id for row in await claim(live_deps, 3)]
    assert served == [ids[Priority.URGENT], ids[Priority.NORMAL], ids[Priority.BACKGROUND]]


async def test_background_is_served_however_much_else_comes(live_deps: Deps) -> None:
    low = await enqueue(live_deps, priority=Priority.BACKGROUND)
    served: list[UUID] = []
    while low not in served and len(served) < 100:
        await enqueue(live_deps, user_id=await make_member(live_deps))
        served += [row.id for row in await claim(live_deps)]
    assert 5 <= len(served) <= 13


async def test_one_dedupe_key_is_one_job_for_fifty_clients(live_deps: Deps) -> None:
    ids = await asyncio.gather(*(enqueue(live_deps, dedupe_key="train:1") for _ in range(50)))
    assert len(set(ids)) == 1
    [row] = await claim(live_deps, 10)
    assert await enqueue(live_deps, dedupe_key="train:1") == row.id  # it still runs
    async with live_deps.transaction() as session:
        await queue.finish(session, leases=[(row.id, row.lease_token)])
    assert await enqueue(live_deps, dedupe_key="train:1") != row.id


async def test_no_two_claims_get_the_same_job(live_deps: Deps) -> None:
    await enqueue_many(live_deps, 200)
    batches = await asyncio.gather(*(claim(live_deps, 20) for _ in range(15)))
    ids = [row.id for batch in batches for row in batch]
    assert len(ids) == len(set(ids)) == 200


async def test_a_delayed_job_is_not_claimed_before_its_time(live_deps: Deps) -> None:
    await enqueue(live_deps, delay=timedelta(seconds=30))
    assert await claim(live_deps) == []
    await pass_time(live_deps, 31)
    async with live_deps.transaction() as session:
        await queue.promote(session, since=timedelta(minutes=1))
    assert len(await claim(live_deps)) == 1


async def test_each_who_waits_is_told_how_many_are_ahead(live_deps: Deps) -> None:
    running = await enqueue(live_deps)
    await claim(live_deps)
    waiting = [await enqueue(live_deps) for _ in range(3)]
    async with live_deps.transaction() as session:
        found = await jobs.ahead(session, job_ids=[running, *waiting, uuid4()])
    assert found == {running: None, **{id: ahead for ahead, id in enumerate(waiting)}}


PLANS: dict[str, tuple[TextClause, dict[str, Any]]] = {
    "claim": (
        queue.CLAIM,
        {
            "owner": "x",
            "kinds": ["note"],
            "slots": 10,
            "lease": LEASE,
            "offers": ["mail"],
            "token": 1,
            "turn": 0,
            "run_at": "-infinity",
        },
    ),
    "promote": (queue.PROMOTE, {"since": timedelta(minutes=1)}),
    "renew": (queue.RENEW, {"ids": [uuid4()], "tokens": [1], "lease": LEASE}),
    "finish": (queue.FINISH, {"ids": [uuid4()], "tokens": [1]}),
    "unmet": (queue.UNMET, {"silence": LEASE, "patience": LEASE}),
    "expired": (queue.EXPIRED, {"kinds": ["note"]}),
    "overview": (OPEN, {}),
    "dead": (DEAD, {"limit": 50}),
    "count of the dead": (COUNT_DEAD, {}),
}


async def test_finished_rows_and_stale_statistics_leave_every_plan_an_index_scan(
    live_deps: Deps,
) -> None:
    await run_sql(live_deps, "alter table job_queue set (autovacuum_enabled = false)")
    await run_sql(live_deps, "analyze job_queue")  # and from here on the statistics are stale
    await run_sql(
        live_deps,
        """insert into job_queue (id, kind, flow, state, turn, created_at, finished_at)
        select gen_random_uuid(), 'note', '/0', 'done', n, now(), now()
        from generate_series(1, 100000) n""",
    )
    await enqueue_many(live_deps, 100)
    async with live_deps.transaction() as session:
        for name, (statement, values) in PLANS.items():
            explained = text(f"explain (analyze, format text) {statement.text}")
            lines = list(await session.scalars(explained, values))
            assert not [line for line in lines if "Seq Scan on job_queue" in line], (
                name,
                lines,
            )
    assert len(await claim(live_deps, 10)) == 10
