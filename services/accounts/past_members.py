"""The free credits that a deleted account had, so that registering again does not renew them.

An address is kept as a keyed hash, for REMEMBERED, and only if free credits were given to it.
"""

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import CreditAccount, CreditEntry, PastMember, User
from services.deps import Deps

REMEMBERED = timedelta(days=365)
DOTS_DO_NOT_COUNT = {"gmail.com", "googlemail.com"}


async def remember(session: AsyncSession, deps: Deps, *, user: User) -> None:
    """Store which plans have given the member free credits, and how many of those are left.

    If the account was given no free credits, store nothing new about its address.
    """
    expires_at = deps.now() + REMEMBERED
    address_hash = _hash(deps, user.email)
    known = update(PastMember).where(PastMember.address_hash == address_hash)
    await session.execute(known.values(expires_at=expires_at))
    account = await session.get(CreditAccount, user.id, populate_existing=True)
    given = await _given(session, user.id)
    if account is None or not given:
        return
    values = {
        "plans": sorted(given),
        "left": min(account.available, sum(given.values())),
        "renews_at": account.renews_at,
        "expires_at": expires_at,
    }
    row = insert(PastMember).values(address_hash=address_hash, **values)
    await session.execute(row.on_conflict_do_update(index_elements=["address_hash"], set_=values))


async def recognise(session: AsyncSession, deps: Deps, *, user_id: UUID, email: str) -> None:
    """Tie what is stored about an address to the new account; the ledger reads it there."""
    known = update(PastMember).where(
        PastMember.address_hash == _hash(deps, email), PastMember.expires_at > deps.now()
    )
    await session.execute(known.values(user_id=user_id))


async def prune(session: AsyncSession, deps: Deps) -> None:
    """Delete addresses whose time is up."""
    await session.execute(delete(PastMember).where(PastMember.expires_at <= deps.now()))


def mailbox(email: str) -> str:
    """Return the mailbox that an address is delivered to, without what anybody may add to it."""
    name, _, domain = email.strip().lower().rpartition("@")
    name = name.partition("+")[0] or name
    if domain in DOTS_DO_NOT_COUNT:
        name = name.replace(".", "")
    return f"{name}@{domain}"


def _hash(deps: Deps, email: str) -> bytes:
    told = f"past member:{mailbox(email)}".encode()
    return hmac.new(deps.secret, told, hashlib.sha256).digest()


async def _given(session: AsyncSession, user_id: UUID) -> dict[str, int]:
    """Return the credits that plans have given free of charge, by plan."""
    plan = func.split_part(CreditEntry.reference, ":", 2)
    query = select(plan, func.sum(CreditEntry.amount)).where(
        CreditEntry.user_id == user_id,
        CreditEntry.kind == "grant",
        CreditEntry.reference.startswith("plan:"),
    )
    return {name: int(credits) for name, credits in await session.execute(query.group_by(plan))}
