"""API keys for the REST API: shown once, stored as a hash, revocable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ApiKey, User
from services.accounts import tokens
from services.accounts.users import COLUMNS, UserView, view
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.kit import audit, texts

PREFIX = "lk_"
MAXIMUM = 50  # keys that are not revoked, per member
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKeyView:
    """An API key as its owner sees it: `prefix` is the key's first ten characters."""

    id: UUID
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None


async def create(
    session: AsyncSession, deps: Deps, *, user_id: UUID, name: str
) -> tuple[ApiKeyView, str]:
    """Create an API key; the second value is the key itself, which cannot be shown again."""
    name = texts.clean(name, field="Name", minimum=1, maximum=80)
    if await count(session, user_id=user_id) >= MAXIMUM:
        raise Conflict(f"You have {MAXIMUM} keys. Revoke one that you no longer use first.")
    key = PREFIX + tokens.new()
    row = ApiKey(
        id=deps.new_id(),
        user_id=user_id,
        name=name,
        prefix=key[:10],
        key_hash=tokens.digest(key),
        created_at=deps.now(),
    )
    session.add(row)
    await session.flush()
    audit.record(session, action="api_key.created", actor_id=user_id, target=str(row.id))
    return _view(row), key


async def count(session: AsyncSession, *, user_id: UUID) -> int:
    """Return the number of keys that the member has and that are not revoked."""
    live = (ApiKey.user_id == user_id) & ApiKey.revoked_at.is_(None)
    return await session.scalar(select(func.count()).where(live)) or 0


async def of_user(session: AsyncSession, *, user_id: UUID) -> Sequence[ApiKeyView]:
    """Return the member's keys that are not revoked, newest first."""
    rows = await session.scalars(
        select(ApiKey)
        .where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.created_at.desc(), ApiKey.id)
    )
    return [_view(row) for row in rows]


async def find(session: AsyncSession, deps: Deps, *, key: str) -> UserView | None:
    """Return the key's owner, or None if the key is revoked or the owner is disabled."""
    row = (
        await session.execute(
            select(*COLUMNS, ApiKey.id.label("key_id"), ApiKey.last_used_at)
            .join(ApiKey, ApiKey.user_id == User.id)
            .where(
                ApiKey.key_hash == tokens.digest(key),
                ApiKey.revoked_at.is_(None),
                User.disabled_at.is_(None),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    now = deps.now()
    if row.last_used_at is None or row.last_used_at < now - USED_EVERY:
        used = update(ApiKey).where(ApiKey.id == row.key_id).values(last_used_at=now)
        await session.execute(used)
    return view(row)


async def revoke(session: AsyncSession, deps: Deps, *, user_id: UUID, key_id: UUID) -> None:
    """Revoke a key at once. Raises NotFound."""
    revoked = await session.scalar(
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=deps.now())
        .returning(ApiKey.id)
    )
    if revoked is None:
        raise NotFound("There is no such key.")
    audit.record(session, action="api_key.revoked", actor_id=user_id, target=str(key_id))


async def revoke_all(session: AsyncSession, deps: Deps, *, user_id: UUID) -> int:
    """Revoke all keys of a member at once and return how many there were."""
    revoked = await session.scalars(
        update(ApiKey)
        .where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=deps.now())
        .returning(ApiKey.id)
    )
    ids = revoked.all()
    for id in ids:
        audit.record(session, action="api_key.revoked", actor_id=user_id, target=str(id))
    return len(ids)


def _view(row: ApiKey) -> ApiKeyView:
    return ApiKeyView(row.id, row.name, row.prefix, row.created_at, row.last_used_at)
