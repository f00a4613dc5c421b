"""Who has which plan: what an administrator or a paid subscription sets."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import CreditAccount, User
from services.accounts import users
from services.credits import ledger, plans
from services.deps import Deps
from services.errors import Invalid, NotFound
from services.kit import audit, notify


async def set_plan(
    session: AsyncSession, *, user_id: UUID, plan: str | None, actor_id: UUID, reason: str
) -> None:
    """An administrator gives a member a plan (None: the default again), and what it grants.

    The plan that they have already grants nothing more. Raises NotFound, Invalid without a reason.
    """
    await users.require_admin(session, actor_id=actor_id)
    _check_reason(reason)
    before = await plans.of_user(session, user_id=user_id)
    await _put(session, user_id=user_id, plan=plan)
    if (await plans.of_user(session, user_id=user_id)).name != before.name:
        await ledger.grant_plan(session, user_id=user_id)
    audit.record(
        session,
        action="plan.set",
        actor_id=actor_id,
        target=f"user:{user_id}",
        plan=plan,
        reason=reason,
    )


async def set_paid_plan(session: AsyncSession, *, user_id: UUID, plan: str | None) -> None:
    """A subscription gives a member a plan (None: it ended); its invoices do the granting."""
    await ledger.balance(session, user_id=user_id)  # opens the account with the plan of before
    await _put(session, user_id=user_id, plan=plan)
    await session.execute(
        update(CreditAccount).where(CreditAccount.user_id == user_id).values(renews_at=None)
    )


async def give_credits(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    credits: int,
    actor_id: UUID,
    reason: str,
) -> None:
    """An administrator grants credits; the member reads the reason. Raises Invalid."""
    await users.require_admin(session, actor_id=actor_id)
    _check_reason(reason)
    if not 1 <= credits <= 100_000:
        raise Invalid("Grant 1 to 100,000 credits at a time.")
    reference = f"gift:{deps.new_id()}"
    await ledger.grant(
        session, user_id=user_id, credits=credits, reference=reference, reason=reason.strip()
    )
    audit.record(
        session,
        action="credits.grant",
        actor_id=actor_id,
        target=f"user:{user_id}",
        credits=credits,
        reason=reason,
    )


async def edit_plan(
    session: AsyncSession, *, name: str, changes: Mapping[str, Any], actor_id: UUID
) -> plans.Plan:
    """An administrator changes what a plan costs, grants or limits. Raises NotFound, Invalid."""
    await users.require_admin(session, actor_id=actor_id)
    plan = await plans.edit(session, name=name, changes=changes)
    audit.record(session, action="plan.edited", actor_id=actor_id, target=name, **changes)
    return plan


async def _put(session: AsyncSession, *, user_id: UUID, plan: str | None) -> None:
    if plan is not None:
        await plans.get(session, name=plan)
    changed = await session.scalar(
        update(User).where(User.id == user_id).values(plan=plan).returning(User.id)
    )
    if changed is None:
        raise NotFound("There is no such member.")
    await notify.publish(session, topic="credits", id=user_id, user_id=user_id)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("Say why: the reason is kept, and the member reads it.")
