"""Keys of GPU workers: made by an administrator, shown once, kept as a hash, revocable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import WorkerJob, WorkerKey
from db.models.workers import WorkerJobState
from services.accounts import tokens
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.kit import audit, texts
from services.workers import claims, presence

PREFIX = "wk_"
SHOWN = 10  # characters of a key that the page shows
MAXIMUM = 100  # live keys of an installation


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker as an administrator sees it, by its key.

    hardware, version: as it last said; empty before. doing: kinds of the jobs it holds.
    """

    id: UUID
    name: str
    prefix: str
    created_at: datetime
    seen_at: datetime | None
    present: bool
    hardware: str
    version: str
    doing: tuple[str, ...]


async def create(
    session: AsyncSession, deps: Deps, *, name: str, actor_id: UUID
) -> tuple[WorkerView, str]:
    """Makes a key; the second value is the key itself, which nobody can show again.

    Raises Invalid, Conflict.
    """
    name = texts.clean(name, field="Name", minimum=1, maximum=80)
    live = select(func.count()).where(WorkerKey.revoked_at.is_(None))
    if (await session.scalar(live) or 0) >= MAXIMUM:
        raise Conflict(f"There are {MAXIMUM} keys. Revoke one that is no longer used first.")
    key = PREFIX + tokens.new()
    row = WorkerKey(id=deps.new_id(), name=name, prefix=key[:SHOWN], key_hash=tokens.digest(key))
    session.add(row)
    await session.flush()
    await session.refresh(row)
    audit.record(session, action="worker_key.created", actor_id=actor_id, target=str(row.id))
    await presence.changed(session, row.id)
    return _view(row, ()), key


async def find(session: AsyncSession, *, key: str) -> UUID | None:
    """Which worker's key this is, unless it was revoked."""
    live = WorkerKey.key_hash == tokens.digest(key), WorkerKey.revoked_at.is_(None)
    found: UUID | None = await session.scalar(select(WorkerKey.id).where(*live))
    return found


async def list_(session: AsyncSession) -> list[WorkerView]:
    """All workers whose keys were not revoked, the newest last."""
    live = select(WorkerKey).where(WorkerKey.revoked_at.is_(None))
    rows = (await session.scalars(live.order_by(WorkerKey.created_at, WorkerKey.id))).all()
    held = await session.execute(
        select(WorkerJob.worker_id, WorkerJob.kind)
        .where(WorkerJob.state == WorkerJobState.LEASED, WorkerJob.lease_until > func.now())
        .order_by(WorkerJob.kind)
    )
    doing: dict[Any, list[str]] = {}
    for worker_id, kind in held:
        doing.setdefault(worker_id, []).append(kind)
    return [_view(row, doing.get(row.id, ())) for row in rows]


async def rename(session: AsyncSession, *, key_id: UUID, name: str, actor_id: UUID) -> None:
    """Gives a worker another name. Raises Invalid, NotFound."""
    name = texts.clean(name, field="Name", minimum=1, maximum=80)
    await _change(session, key_id, name=name)
    audit.record(session, action="worker_key.renamed", actor_id=actor_id, target=str(key_id))
    await presence.changed(session, key_id)


async def revoke(session: AsyncSession, deps: Deps, *, key_id: UUID, actor_id: UUID) -> None:
    """Ends a key at once; what its worker holds goes to others. Raises NotFound."""
    await _change(session, key_id, revoked_at=deps.now(), present=False)
    await claims.give_back_all(session, worker_id=key_id)
    audit.record(session, action="worker_key.revoked", actor_id=actor_id, target=str(key_id))
    await presence.changed(session, key_id, engines=True)


async def _change(session: AsyncSession, key_id: UUID, **values: Any) -> None:
    changed = await session.scalar(
        update(WorkerKey)
        .where(WorkerKey.id == key_id, WorkerKey.revoked_at.is_(None))
        .values(**values)
        .returning(WorkerKey.id)
    )
    if changed is None:
        raise NotFound("There is no such worker.")


def _view(row: WorkerKey, doing: Sequence[str]) -> WorkerView:
    return WorkerView(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        created_at=row.created_at,
        seen_at=row.seen_at,
        present=row.present,
        hardware=str(row.about.get("hardware", "")),
        version=str(row.about.get("version", "")),
        doing=tuple(doing),
    )
