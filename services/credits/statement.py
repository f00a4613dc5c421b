"""What a member has used of the plan, and every movement with what it was for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, RunRow
from services.credits import ledger, plans
from services.credits.ledger import Balance, EntryView
from services.credits.plans import Plan

PAGE = 30


@dataclass(frozen=True, slots=True)
class UsageView:
    """The plan, the credits, and what is used; None in Plan.model_slots is unlimited."""

    plan: Plan
    balance: Balance
    used_this_month: int
    models: int


@dataclass(frozen=True, slots=True)
class Target:
    """What a movement was for, while it still exists: an image made, or the model trained."""

    kind: Literal["image", "user_model"]
    id: UUID


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the statement."""

    entry: EntryView
    target: Target | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One page of movements, newest first; next_cursor is None on the last page."""

    items: list[Movement]
    next_cursor: int | None


async def usage(session: AsyncSession, *, user_id: UUID) -> UsageView:
    """Return the member's plan, balance and use."""
    slots = await plans.model_slots(session, user_id=user_id)
    return UsageView(
        plan=slots.plan,
        balance=await ledger.balance(session, user_id=user_id),
        used_this_month=await ledger.used_this_month(session, user_id=user_id),
        models=slots.used,
    )


async def statement(
    session: AsyncSession, *, user_id: UUID, cursor: int | None = None, limit: int = PAGE
) -> Statement:
    """Return a page of the member's movements with links; `cursor`: the last page's next_cursor."""
    entries = await ledger.statement(session, user_id=user_id, before=cursor, limit=limit + 1)
    page = entries[:limit]
    targets = await _targets(session, user_id, [entry.reference for entry in page])
    return Statement(
        items=[Movement(entry, targets.get(entry.reference)) for entry in page],
        next_cursor=page[-1].id if len(entries) > limit else None,
    )


async def _targets(
    session: AsyncSession, user_id: UUID, references: Sequence[str]
) -> dict[str, Target]:
    images = (
        select(GeneratedImage.generation_id, GeneratedImage.id)
        .ext(distinct_on(GeneratedImage.generation_id))
        .where(
            GeneratedImage.user_id == user_id,
            GeneratedImage.generation_id.in_(_ids(references, "generation")),
            GeneratedImage.deleted_at.is_(None),
        )
        .order_by(GeneratedImage.generation_id, GeneratedImage.position)
    )
    runs = select(RunRow.id, RunRow.user_model_id).where(
        RunRow.user_id == user_id,
        RunRow.id.in_(_ids(references, "training")),
    )
    found = {f"generation:{id}": Target("image", to) for id, to in await session.execute(images)}
    for id, to in await session.execute(runs):
        if to:
            found[f"training:{id}"] = Target("user_model", to)
    return found


def _ids(references: Sequence[str], kind: str) -> list[UUID]:
    prefix = f"{kind}:"
    return [UUID(name.removeprefix(prefix)) for name in references if name.startswith(prefix)]
