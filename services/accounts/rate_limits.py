"""Rate limits for guessing secrets; counted in Postgres, so that all containers share one count.

Exact and for up to an hour, whereas `services.limits` estimates the calls of a minute.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ThrottleHit
from services.deps import Deps
from services.errors import TooManyRequests
from services.limits.addresses import UNKNOWN, parsed, prefix


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of `attempts` in any `window`."""

    name: str
    attempts: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for unknown callers: of one network, of one site, and of all together."""

    network: Limit
    site: Limit
    everybody: Limit


def _limits(act: str, window: timedelta, *, network: int, site: int, everybody: int) -> Limits:
    return Limits(
        Limit(f"{act}:network", network, window),
        Limit(f"{act}:site", site, window),
        Limit(f"{act}:everybody", everybody, window),
    )


# Networks and accounts: the figures of Mastodon's rack_attack.rb, which serves public servers of
# every size. A site has room for four networks. Everybody: half of what one core can hash (0.3 s).
LOGIN = _limits("login", timedelta(minutes=5), network=25, site=100, everybody=500)
LOGIN_BY_ACCOUNT = Limit("login:account", 25, timedelta(hours=1))
LOGIN_BY_BROWSER = Limit("login:browser", 25, timedelta(hours=1))
REGISTER = _limits("register", timedelta(minutes=30), network=5, site=20, everybody=200)
RESET = _limits("reset", timedelta(minutes=5), network=25, site=100, everybody=500)
RESET_BY_ACCOUNT = Limit("reset:account", 5, timedelta(minutes=30))
PASSWORD_BY_MEMBER = Limit("password:member", 25, timedelta(hours=1))
LONGEST = timedelta(hours=1)


def network(address: str) -> str:
    """Return what counts as one caller: an IPv4 address, or the /64 that an IPv6 customer gets."""
    try:
        ip = parsed(address)
    except ValueError:
        return UNKNOWN
    return prefix(ip, 64) if isinstance(ip, IPv6Address) else str(ip)


def site(address: str) -> str | None:
    """Return the /48 around an IPv6 network, the most that one customer gets; None for others."""
    try:
        ip = parsed(address)
    except ValueError:
        return None
    return prefix(ip, 48) if isinstance(ip, IPv6Address) else None


async def stranger(session: AsyncSession, deps: Deps, *, limits: Limits, address: str) -> None:
    """Count one attempt of an unknown caller. Raises TooManyRequests.

    Known callers, such as a browser that has signed in before, have counts of their own: otherwise
    a stranger could use up the limit that everybody shares, and lock all members out.
    """
    await hit(session, deps, limit=limits.network, subject=network(address))
    if around := site(address):
        await hit(session, deps, limit=limits.site, subject=around)
    await hit(session, deps, limit=limits.everybody, subject="")


async def hit(session: AsyncSession, deps: Deps, *, limit: Limit, subject: str) -> None:
    """Count one attempt of `subject`. Raises TooManyRequests, which says when to try again.

    Run it in a transaction of its own, before the attempt: a failed attempt has to count too.
    """
    # hashed, so that no address stays here once the account is deleted
    hashed = hashlib.sha256(subject.lower().encode("utf-8", "backslashreplace")).hexdigest()
    key = f"{limit.name}:{hashed[:32]}"
    now = deps.now()
    await session.execute(text("select pg_advisory_xact_lock(hashtextextended(:k, 0))"), {"k": key})
    recent = (ThrottleHit.key == key) & (ThrottleHit.at > now - limit.window)
    count, oldest = (
        await session.execute(select(func.count(), func.min(ThrottleHit.at)).where(recent))
    ).one()
    if count >= limit.attempts:
        seconds = max(1, round((oldest + limit.window - now).total_seconds()))
        minutes = -(-seconds // 60)
        raise TooManyRequests(
            f"Too many attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}.",
            retry_after=seconds,
        )
    session.add(ThrottleHit(key=key, at=now))
    await session.flush()


async def prune(session: AsyncSession, deps: Deps) -> None:
    """Delete attempts that no limit counts any more."""
    await session.execute(delete(ThrottleHit).where(ThrottleHit.at < deps.now() - LONGEST))
