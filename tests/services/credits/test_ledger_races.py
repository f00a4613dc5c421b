"""The ledger under requests that come at the same time: real commits, real locks."""

import asyncio
from collections.abc import Awaitable, Iterable
from uuid import UUID

import pytest

from services import jobs
from services.credits import ledger, ledger_audit
from services.credits.ledger import Balance
from services.deps import Deps
from services.errors import InsufficientCredits
from tests.builders import make_user


@pytest.fixture
async def member(live_deps: Deps) -> UUID:
    async with live_deps.transaction() as session:
        return (await make_user(session, plan="free")).id


async def give(deps: Deps, member: UUID, credits: int) -> None:
    async with deps.transaction() as session:
        await ledger.grant(
            session, user_id=member, credits=credits, reference="gift:1", reason="Gift"
        )


async def order(deps: Deps, member: UUID, n: int, *, credits: int = 1) -> bool:
    """One request: pays and queues in one transaction; False when there is not enough."""
    try:
        async with deps.transaction() as session:
            await ledger.reserve(
                session, user_id=member, credits=credits, reference=f"order:{n}", purpose="Test"
            )
            await jobs.enqueue(
                session, kind="order", payload={}, user_id=member, dedupe_key=f"order:{n}"
            )
    except InsufficientCredits:
        return False
    return True


async def sound(deps: Deps, member: UUID) -> Balance:
    async with deps.transaction() as session:
        assert (await ledger_audit.reckon(session)).broken == {}
        return await ledger.balance(session, user_id=member)


async def crowd(orders: Iterable[Awaitable[bool]]) -> list[bool]:
    """What all answer: twenty run at once, as many as the pool has connections.

    Who waits ten seconds for a connection is refused, which a busy machine makes of a hundred.
    """
    free = asyncio.Semaphore(20)

    async def one(order: Awaitable[bool]) -> bool:
        async with free:
            return await order

    return await asyncio.gather(*map(one, orders))


async def test_of_a_hundred_orders_with_credit_for_ten_ten_run(
    live_deps: Deps, member: UUID
) -> None:
    await give(live_deps, member, 7)
    accepted = await crowd(order(live_deps, member, n) for n in range(100))
    assert accepted.count(True) == 10
    async with live_deps.transaction() as session:
        assert (await jobs.overview(session)).depth == 10
    assert await sound(live_deps, member) == Balance(available=0, held=10)


async def test_the_same_order_fifty_times_is_one_job_and_one_hold(
    live_deps: Deps, member: UUID
) -> None:
    await crowd(order(live_deps, member, 1, credits=2) for _ in range(50))
    async with live_deps.transaction() as session:
        assert (await jobs.overview(session)).depth == 1
    assert await sound(live_deps, member) == Balance(available=1, held=2)


async def test_of_captures_and_releases_at_once_one_wins(live_deps: Deps, member: UUID) -> None:
    await order(live_deps, member, 1, credits=3)

    async def close(credits: int) -> bool:
        async with live_deps.transaction() as session:
            return await ledger.capture(session, reference="order:1", credits=credits)

    won = await asyncio.gather(*(close(n % 4) for n in range(20)))
    assert won.count(True) == 1
    assert (await sound(live_deps, member)).held == 0


async def test_the_same_grant_from_everywhere_happens_once(live_deps: Deps, member: UUID) -> None:
    await asyncio.gather(*(give(live_deps, member, 7) for _ in range(20)))
    assert await sound(live_deps, member) == Balance(available=10, held=0)
