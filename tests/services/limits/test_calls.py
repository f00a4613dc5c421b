"""Calls are counted for a member, a key, an address and a network, in all processes together."""

import asyncio
import dataclasses
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import CallCount, PlanRow
from db.session import make_engine, make_reading
from services.deps import Deps
from services.errors import TooManyRequests
from services.limits import calls as module
from services.limits.calls import Asking, Calls, Standing
from services.limits.policy import FIGURES, Act

START = datetime(2026, 5, 4, 12, tzinfo=UTC)
ANNA = Asking("93.184.216.34", UUID(int=1))
BERT = Asking("93.184.216.34", UUID(int=2))


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_calls(live_deps: Deps, clock: Clock) -> Callable[[], Calls]:
    """The counts of one more process."""
    return lambda: Calls(secret=b"s", reading=live_deps.reading, now=clock)


@pytest.fixture
def shared(new_calls: Callable[[], Calls]) -> Calls:
    """The counts of a process, over a database."""
    return new_calls()


@pytest.fixture
def calls(clock: Clock) -> Calls:
    """The counts of a process that has not heard of others."""
    return Calls(secret=b"s", reading=_no_database, now=clock)


def _no_database() -> AbstractAsyncContextManager[AsyncSession]:
    raise AssertionError("a call is counted without a look at the database")


def made(calls: Calls, act: Act, asking: Asking, tries: int) -> int:
    """How many of these calls are let through."""
    count = 0
    for _ in range(tries):
        try:
            calls.count(act, asking)
        except TooManyRequests:
            return count
        count += 1
    return count


async def test_a_burst_of_reads_meets_a_limit(calls: Calls) -> None:
    assert made(calls, Act.READS, ANNA, 1_500) == FIGURES[Act.READS].member == 900


async def test_a_burst_of_generations_meets_a_limit(calls: Calls) -> None:
    assert made(calls, Act.GENERATE, ANNA, 60) == FIGURES[Act.GENERATE].member == 30


async def test_each_member_and_each_act_is_counted_apart(calls: Calls) -> None:
    made(calls, Act.GENERATE, ANNA, 60)
    assert made(calls, Act.GENERATE, BERT, 10) == 10
    assert made(calls, Act.READS, ANNA, 10) == 10


async def test_a_refusal_says_when_and_keeps_its_word(calls: Calls, clock: Clock) -> None:
    made(calls, Act.GENERATE, ANNA, 30)
    with pytest.raises(TooManyRequests, match="at most 30 requests for pictures") as refused:
        calls.count(Act.GENERATE, ANNA)
    clock.seconds = refused.value.details["retry_after"] - 2.0
    assert made(calls, Act.GENERATE, ANNA, 1) == 0
    clock.seconds += 2.0
    assert made(calls, Act.GENERATE, ANNA, 2) == 1


async def test_a_steady_caller_is_never_refused(calls: Calls, clock: Clock) -> None:
    """29 a minute for ten minutes, wherever the minutes begin."""
    for number in range(290):
        clock.seconds = number * 60 / 29
        calls.count(Act.GENERATE, ANNA)


async def test_what_is_refused_does_not_count(calls: Calls, clock: Clock) -> None:
    made(calls, Act.GENERATE, ANNA, 30)
    for _ in range(500):
        assert made(calls, Act.GENERATE, ANNA, 1) == 0
    clock.seconds = 120
    assert made(calls, Act.GENERATE, ANNA, 60) == 30


async def test_a_standing_says_what_is_left(calls: Calls, clock: Clock) -> None:
    clock.seconds = 12.5
    assert calls.count(Act.GENERATE, ANNA) == Standing(limit=30, remaining=29, reset=48)


async def test_a_key_has_half_of_its_members_calls(calls: Calls) -> None:
    key = dataclasses.replace(ANNA, key=b"one")
    assert made(calls, Act.GENERATE, key, 60) == 15
    assert made(calls, Act.GENERATE, dataclasses.replace(ANNA, key=b"two"), 60) == 15
    assert made(calls, Act.GENERATE, ANNA, 60) == 0


async def test_an_address_and_its_network_are_counted(calls: Calls) -> None:
    figures = FIGURES[Act.VERIFY]
    for host in range(1, 5):
        assert made(calls, Act.VERIFY, Asking(f"93.184.216.{host}"), 100) == figures.address
    assert made(calls, Act.VERIFY, Asking("93.184.216.5"), 100) == 0
    assert made(calls, Act.VERIFY, Asking("93.184.217.5"), 100) == figures.address


async def test_a_home_behind_one_proxy_is_a_network(calls: Calls) -> None:
    home = Asking("192.168.1.20")
    assert made(calls, Act.VERIFY, home, 1_000) == FIGURES[Act.VERIFY].network
    family = [dataclasses.replace(home, member=UUID(int=n)) for n in range(1, 5)]
    assert [made(calls, Act.GENERATE, one, 30) for one in family] == [30] * 4


async def test_a_customer_of_ipv6_cannot_change_the_address(calls: Calls) -> None:
    limit = FIGURES[Act.VERIFY].address
    found = [made(calls, Act.VERIFY, Asking(f"2600:1f18::{n:x}"), 1) for n in range(1, limit + 5)]
    assert sum(found) == limit


async def test_two_processes_agree(shared: Calls, new_calls: Callable[[], Calls]) -> None:
    other = new_calls()
    made(shared, Act.GENERATE, ANNA, 20)
    await shared.exchange()
    made(other, Act.GENERATE, ANNA, 1)
    await other.exchange()
    assert made(other, Act.GENERATE, ANNA, 60) == 9
    await other.exchange()
    made(shared, Act.READS, ANNA, 1)
    shared.count(Act.GENERATE, ANNA)  # before it has heard of the other's nine
    await shared.exchange()
    assert made(shared, Act.GENERATE, ANNA, 1) == 0


async def test_a_process_learns_of_the_minute_before(
    shared: Calls, new_calls: Callable[[], Calls], clock: Clock
) -> None:
    other = new_calls()
    made(shared, Act.GENERATE, ANNA, 30)
    await shared.exchange()
    clock.seconds = 66
    made(other, Act.GENERATE, ANNA, 1)
    await other.exchange()
    assert made(other, Act.GENERATE, ANNA, 60) == 30 - 27 - 1


async def test_many_processes_count_at_once(new_calls: Callable[[], Calls], clock: Clock) -> None:
    """No call is lost and none waits for another, in whatever order they come."""
    processes = [new_calls() for _ in range(6)]
    for number, process in enumerate(processes):
        for member in range(40):
            asking = Asking("93.184.216.34", UUID(int=1 + (member * (number + 1)) % 41))
            process.count(Act.READS, asking)
    await asyncio.gather(*(p.exchange() for p in processes))
    process = processes[0]
    process.count(Act.READS, BERT)
    await process.exchange()
    left = process.count(Act.READS, Asking("93.184.216.34")).remaining
    assert left == FIGURES[Act.READS].address - 6 * 40 - 2


async def test_calls_during_an_exchange_are_kept(shared: Calls, live_deps: Deps) -> None:
    made(shared, Act.READS, ANNA, 10)
    under_way = asyncio.create_task(shared.exchange())
    for _ in range(500):
        made(shared, Act.READS, ANNA, 1)
        await asyncio.sleep(0)
    await under_way
    standing = shared.count(Act.READS, ANNA)
    await shared.exchange()
    async with live_deps.reading() as session:
        counted = await session.scalar(select(CallCount.count).order_by(CallCount.count).limit(1))
    assert counted == FIGURES[Act.READS].member - standing.remaining > 11


async def test_without_a_database_each_goes_by_its_own(clock: Clock, live_deps: Deps) -> None:
    away = make_engine("postgresql://nobody@127.0.0.1:1/none", autocommit=True)
    calls = Calls(secret=b"s", reading=make_reading(away), now=clock)
    made(calls, Act.GENERATE, ANNA, 20)
    with pytest.raises(OperationalError):
        await calls.exchange()
    assert made(calls, Act.GENERATE, ANNA, 60) == 10
    calls._reading = live_deps.reading  # it is back
    await calls.exchange()
    async with live_deps.reading() as session:
        assert set(await session.scalars(select(CallCount.count))) == {30}
    await away.dispose()


async def test_a_table_that_was_emptied_gives_nobody_new_calls(
    shared: Calls, live_deps: Deps
) -> None:
    """As after a crash of the database."""
    made(shared, Act.GENERATE, ANNA, 20)
    await shared.exchange()
    async with live_deps.reading() as session:
        await session.execute(text("truncate call_counts"))
    made(shared, Act.GENERATE, ANNA, 1)
    await shared.exchange()
    assert made(shared, Act.GENERATE, ANNA, 60) == 9


async def test_a_plan_has_figures_of_its_own(shared: Calls, live_deps: Deps, clock: Clock) -> None:
    async with live_deps.transaction() as session:
        pro = update(PlanRow).where(PlanRow.name == "pro")
        await session.execute(pro.values(generations_per_minute=200, reads_per_minute=5_000))
        default = update(PlanRow).where(PlanRow.is_default)
        await session.execute(default.values(generations_per_minute=3))
    await shared.exchange()
    pro_member = dataclasses.replace(BERT, plan="pro")
    assert made(shared, Act.GENERATE, ANNA, 60) == 3
    assert made(shared, Act.GENERATE, pro_member, 1_000) == 200
    assert made(shared, Act.READS, pro_member, 9_000) == 5_000
    async with live_deps.transaction() as session:
        await session.execute(default.values(generations_per_minute=5))
    clock.seconds = 10
    await shared.exchange()
    assert made(shared, Act.GENERATE, ANNA, 60) == 2


async def test_the_table_names_nobody_and_forgets(shared: Calls, live_deps: Deps) -> None:
    made(shared, Act.GENERATE, dataclasses.replace(ANNA, key=b"secret"), 1)
    await shared.exchange()
    async with live_deps.transaction() as session:
        rows = (await session.execute(select(CallCount.key, CallCount.count))).all()
        assert {(len(key), count) for key, count in rows} == {(16, 1)}
        await module.prune(session, now=START + timedelta(minutes=1))
        assert len((await session.scalars(select(CallCount.key))).all()) == 4
        await module.prune(session, now=START + timedelta(minutes=2))
        assert (await session.scalars(select(CallCount.key))).all() == []


async def test_counters_nobody_needs_are_dropped(shared: Calls, clock: Clock) -> None:
    made(shared, Act.GENERATE, ANNA, 1)
    clock.seconds = 119
    await shared.exchange()
    assert shared._windows
    clock.seconds = 120
    await shared.exchange()
    assert not shared._windows
    assert not shared._unsent
