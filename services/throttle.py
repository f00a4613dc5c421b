"""How often something may be tried; counted in Postgres, so that all containers count as one."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ThrottleHit
from services.deps import Deps
from services.errors import TooManyRequests


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `attempts` in any `window`."""

    name: str
    attempts: int
    window: timedelta


# the figures of Mastodon's rack_attack.rb, which serves public servers of every size
LOGIN_BY_ADDRESS = Limit("login:address", 25, timedelta(minutes=5))
LOGIN_BY_ACCOUNT = Limit("login:account", 25, timedelta(hours=1))
REGISTER_BY_ADDRESS = Limit("register:address", 5, timedelta(minutes=30))
RESET_BY_ADDRESS = Limit("reset:address", 25, timedelta(minutes=5))
RESET_BY_ACCOUNT = Limit("reset:account", 5, timedelta(minutes=30))
PASSWORD_BY_MEMBER = Limit("password:member", 25, timedelta(hours=1))
LONGEST = timedelta(hours=1)


def network(address: str) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that an IPv6 customer is given."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return f"{IPv6Address(int(ip) >> 64 << 64)}/64"


async def hit(session: AsyncSession, deps: Deps, *, limit: Limit, subject: str) -> None:
    """Count one attempt of `subject`. Raises TooManyRequests, saying when to try again.

    Run it in a transaction of its own, before the attempt: a failed attempt has to count too.
    """
    # hashed: who tried to sign in is nobody's business once the account is gone
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
    """Forget attempts that no limit counts any more."""
    await session.execute(delete(ThrottleHit).where(ThrottleHit.at < deps.now() - LONGEST))
