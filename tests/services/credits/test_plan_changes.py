"""What an administrator decides about plans and credits."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AuditEntry
from services.credits import ledger, plan_changes, plans
from services.deps import Deps
from services.errors import Invalid, NotFound
from tests.builders import make_user


async def test_an_edited_plan_is_what_members_have_at_once(session: AsyncSession) -> None:
    admin, member = await make_user(session, role="admin"), await make_user(session, plan="creator")
    changes = {"price_cents": 2500, "credits_monthly": 250, "model_slots": None}
    await plan_changes.edit_plan(session, name="creator", changes=changes, actor_id=admin.id)
    plan = await plans.of_user(session, user_id=member.id)
    assert (plan.price_cents, plan.credits_monthly, plan.model_slots) == (2500, 250, None)
    entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.action, entry.target, entry.actor_id) == ("plan.edited", "creator", admin.id)


@pytest.mark.parametrize("changes", [{"price_cents": -1}, {"is_default": True}])
async def test_a_plan_cannot_be_made_nonsense(
    session: AsyncSession, changes: dict[str, int]
) -> None:
    admin = await make_user(session, role="admin")
    with pytest.raises(Invalid):
        await plan_changes.edit_plan(session, name="pro", changes=changes, actor_id=admin.id)


async def test_only_an_administrator_decides(session: AsyncSession, deps: Deps) -> None:
    member = await make_user(session)
    who = {"actor_id": member.id, "user_id": member.id}
    with pytest.raises(NotFound):
        await plan_changes.set_plan(session, **who, plan="pro", reason="please")
    with pytest.raises(NotFound):
        await plan_changes.give_credits(session, deps, **who, credits=5, reason="please")
    with pytest.raises(NotFound):
        await plan_changes.edit_plan(session, name="pro", changes={}, actor_id=member.id)


async def test_given_credits_are_there_with_their_reason(session: AsyncSession, deps: Deps) -> None:
    admin, member = await make_user(session, role="admin"), await make_user(session, plan="free")
    who = {"actor_id": admin.id, "user_id": member.id}
    await plan_changes.give_credits(session, deps, **who, credits=20, reason="For your patience")
    assert (await ledger.balance(session, user_id=member.id)).available == 23
    newest = (await ledger.statement(session, user_id=member.id))[0]
    assert (newest.credits, newest.reason) == (20, "For your patience")
