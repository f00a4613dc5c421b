"""Answers to unsafe requests, stored for a day, so that a repeat gets the same answer."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import IdempotencyKey
from services.deps import Deps
from services.errors import Conflict, Invalid

KEPT = timedelta(days=1)
ABANDONED = timedelta(minutes=10)
USED = "This Idempotency-Key was used for another request. Use a new key."
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL, appendix A


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the first request; `body` is None if the answer had none.

    content_hash: SHA-256 of an upload's content; None for every other request.
    """

    status: int
    body: Any
    content_hash: bytes | None = None


async def claim(
    session: AsyncSession, deps: Deps, *, user_id: UUID, key: str, request_hash: bytes
) -> Answer | None:
    """Return the stored answer, or None: then the caller runs the request and stores its answer.

    Within one transaction a concurrent repeat waits here until the first has committed.
    Raises Invalid for a key of another form, and Conflict if the key came with another request, or
    if the first request is still running or has just failed.
    """
    if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Invalid("An Idempotency-Key has 1 to 255 printable ASCII characters.")
    if await _insert(session, deps, user_id, key, request_hash):
        return None
    row = (
        await session.execute(
            select(IdempotencyKey)
            .where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
            .with_for_update()
        )
    ).scalar_one_or_none()
    if row is None:
        raise Conflict("The first request with this Idempotency-Key has just failed. Try again.")
    if row.request_hash != request_hash:
        raise Conflict(USED)
    if row.status is not None:
        return Answer(row.status, row.body, row.content_hash)
    if row.created_at > deps.now() - ABANDONED:
        raise Conflict("The first request with this Idempotency-Key is still under way.")
    row.created_at = deps.now()
    return None


async def keep(session: AsyncSession, *, user_id: UUID, key: str, answer: Answer) -> None:
    """Store the answer of a request that succeeded."""
    await session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
        .values(status=answer.status, body=answer.body, content_hash=answer.content_hash)
    )


async def release(session: AsyncSession, *, user_id: UUID, key: str) -> None:
    """Free the key of a request that changed nothing, so that it may be tried again."""
    await session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.user_id == user_id,
            IdempotencyKey.key == key,
            IdempotencyKey.status.is_(None),
        )
    )


async def prune(session: AsyncSession, deps: Deps) -> None:
    """Delete answers older than a day."""
    await session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.created_at < deps.now() - KEPT)
    )


async def _insert(
    session: AsyncSession, deps: Deps, user_id: UUID, key: str, request_hash: bytes
) -> bool:
    """Return whether the key was free; wait up to 20 s for a transaction that holds it."""
    row = insert(IdempotencyKey).values(
        id=deps.new_id(),
        user_id=user_id,
        key=key,
        request_hash=request_hash,
        created_at=deps.now(),
    )
    await session.execute(text("set local lock_timeout = '20s'"))
    try:
        inserted = await session.scalar(
            row.on_conflict_do_nothing(
                index_elements=[IdempotencyKey.user_id, IdempotencyKey.key]
            ).returning(IdempotencyKey.id)
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise Conflict("The first request with this Idempotency-Key is still under way.") from None
    await session.execute(text("set local lock_timeout = 0"))
    return inserted is not None
