"""The ledger: credits always add up, whatever is asked of it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from services.credits import ledger, plan_changes
from services.credits.ledger import Balance
from services.errors import InsufficientCredits
from tests.builders import make_user


async def test_free_gives_three_credits_in_all(session: AsyncSession) -> None:
    user, admin = await make_user(session, plan="free"), await make_user(session, role="admin")
    assert await ledger.balance(session, user_id=user.id) == Balance(available=3, held=0)
    await plan_changes.set_plan(
        session, user_id=user.id, plan="free", actor_id=admin.id, reason="again"
    )
    assert await ledger.balance(session, user_id=user.id) == Balance(available=3, held=0)


async def test_what_succeeded_is_captured_and_the_rest_comes_back(session: AsyncSession) -> None:
    user = await make_user(session, plan="creator")
    await ledger.reserve(
        session, user_id=user.id, credits=4, reference="generation:1", purpose="4 images"
    )
    assert await ledger.balance(session, user_id=user.id) == Balance(available=196, held=4)
    assert await ledger.capture(session, reference="generation:1", credits=3)
    assert not await ledger.release(session, reference="generation:1")
    assert await ledger.balance(session, user_id=user.id) == Balance(available=197, held=0)
    lines = await ledger.statement(session, user_id=user.id)
    assert [(line.kind, line.change, line.after) for line in lines] == [
        ("release", 1, 197),
        ("capture", 0, 196),
        ("reserve", -4, 196),
        ("grant", 200, 200),
    ]


async def test_what_is_not_there_cannot_be_reserved(session: AsyncSession) -> None:
    user = await make_user(session, plan="free")
    with pytest.raises(InsufficientCredits, match="4 credits and you have 3"):
        await ledger.reserve(
            session, user_id=user.id, credits=4, reference="generation:1", purpose="4 images"
        )


async def test_an_unlimited_plan_is_recorded_too(session: AsyncSession) -> None:
    user = await make_user(session)
    await ledger.reserve(
        session, user_id=user.id, credits=4, reference="generation:1", purpose="4 images"
    )
    assert await ledger.balance(session, user_id=user.id) == Balance(available=None, held=4)
    await ledger.capture(session, reference="generation:1", credits=4)
    assert await ledger.used_this_month(session, user_id=user.id) == 4


async def test_a_refund_of_what_was_spent_is_owed_and_paid_by_the_next_grant(
    session: AsyncSession,
) -> None:
    user = await make_user(session, plan="free")
    await ledger.debit(session, user_id=user.id, credits=10, reference="refund:1", reason="Refund")
    assert await ledger.balance(session, user_id=user.id) == Balance(0, 0, owed=7)
    await ledger.grant(session, user_id=user.id, credits=10, reference="line:1", reason="Creator")
    assert await ledger.balance(session, user_id=user.id) == Balance(3, 0, owed=0)


async def test_entries_cannot_be_changed(session: AsyncSession) -> None:
    user = await make_user(session, plan="free")
    await ledger.balance(session, user_id=user.id)
    with pytest.raises(DBAPIError, match="immutable"):
        async with session.begin_nested():
            await session.execute(text("update credit_entries set amount = 99"))
