"""Throttles count exactly, for networks, across containers."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ThrottleHit
from services.accounts import rate_limits
from services.accounts.rate_limits import Limit
from services.deps import Deps
from services.errors import TooManyRequests

LIMIT = Limit("test", 3, timedelta(minutes=5))


async def hits(session: AsyncSession, deps: Deps, subject: str, times: int) -> None:
    for _ in range(times):
        await rate_limits.hit(session, deps, limit=LIMIT, subject=subject)


async def test_the_limit_and_when_to_come_back(session: AsyncSession, deps: Deps) -> None:
    await hits(session, deps, "anna@example.com", 3)
    with pytest.raises(TooManyRequests, match="in 5 minutes") as refusal:
        await hits(session, deps, "Anna@example.com", 1)
    assert refusal.value.details == {"retry_after": 300}
    await hits(session, deps, "bert@example.com", 3)
    later = dataclasses.replace(deps, now=lambda: deps.now() + timedelta(minutes=5, seconds=1))
    await hits(session, later, "anna@example.com", 3)


async def test_parallel_attempts_do_not_slip_through(live_deps: Deps) -> None:
    async def attempt() -> bool:
        try:
            async with live_deps.transaction() as session:
                await rate_limits.hit(session, live_deps, limit=LIMIT, subject="anna")
        except TooManyRequests:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(12)))) == 3


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        ("<script>", "unknown"),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert rate_limits.network(address) == network


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("2001:db8:1:2:aaaa::1", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::1", "2001:db8:1::/48"),
        ("2001:db8:2::1", "2001:db8:2::/48"),
        ("192.0.2.7", None),
        ("::ffff:192.0.2.7", None),
        ("", None),
    ],
)
def test_sites(address: str, site: str | None) -> None:
    assert rate_limits.site(address) == site


async def test_no_addresses_are_kept(session: AsyncSession, deps: Deps) -> None:
    await hits(session, deps, "anna@example.com", 1)
    assert "anna" not in (await session.scalars(select(ThrottleHit.key))).one()


async def test_prune(session: AsyncSession, deps: Deps) -> None:
    await hits(session, deps, "anna", 2)
    await rate_limits.prune(session, deps)
    assert len((await session.scalars(select(ThrottleHit))).all()) == 2
    later = dataclasses.replace(deps, now=lambda: deps.now() + timedelta(hours=2))
    await rate_limits.prune(session, later)
    assert not (await session.scalars(select(ThrottleHit))).all()
