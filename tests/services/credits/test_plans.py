"""Plans: what they grant and limit, who chooses them, and what the month brings."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.credits import ledger, plan_changes, plans, renewals
from services.credits.ledger import Balance
from services.deps import Deps
from services.errors import Invalid, LimitReached, NotFound
from services.settings import Settings
from tests.builders import make_user, make_user_model
from tests.services.jobs.kit import run_sql


async def choose(session: AsyncSession, settings: Settings) -> None:
    await (await session.connection()).run_sync(plans.choose_default, settings)


async def test_a_household_has_the_unlimited_plan(
    session: AsyncSession, settings: Settings
) -> None:
    await choose(session, settings)
    user = await make_user(session)
    assert (await plans.of_user(session, user_id=user.id)).unlimited
    assert (await ledger.balance(session, user_id=user.id)).available is None


async def test_with_stripe_who_has_not_paid_is_on_free(
    session: AsyncSession, settings: Settings
) -> None:
    key = SecretStr("sk_test_1")
    await choose(session, settings.model_copy(update={"stripe_secret_key": key}))
    user = await make_user(session)
    assert (await plans.of_user(session, user_id=user.id)).name == "free"
    assert await ledger.balance(session, user_id=user.id) == Balance(available=3, held=0)


async def test_a_default_that_there_is_not_is_refused_with_those_there_are(
    session: AsyncSession, settings: Settings
) -> None:
    with pytest.raises(Invalid, match="choose one of free, creator, pro, enterprise, unlimited"):
        await choose(session, settings.model_copy(update={"default_plan": "gold"}))


async def test_of_two_trainings_at_once_one_gets_the_last_slot(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        user = await make_user(session, plan="free")
        models = [await make_user_model(session, user_id=user.id, status="draft") for _ in "ab"]

    async def train(id: UUID) -> bool:
        try:
            async with live_deps.transaction() as session:
                (await plans.model_slots(session, user_id=user.id, lock=True)).check()
                queue = text("update user_models set status = 'queued' where id = :id")
                await session.execute(queue, {"id": id})
        except LimitReached:
            return False
        return True

    started = await asyncio.gather(*(train(model.id) for model in models))
    assert sorted(started) == [False, True]


async def test_fair_use_of_an_unlimited_plan_is_what_the_operator_says(
    session: AsyncSession,
) -> None:
    user = await make_user(session, plan="enterprise")
    await plans.edit(session, name="enterprise", changes={"fair_use_monthly": 5})

    async def order(credits: int, reference: str) -> None:
        await ledger.reserve(
            session, user_id=user.id, credits=credits, reference=reference, purpose="Test"
        )

    await order(4, "generation:1")
    with pytest.raises(LimitReached, match="5 images a month, and 4 are used"):
        await order(2, "generation:2")
    await ledger.release(session, reference="generation:1")
    await order(2, "generation:2")


@pytest.mark.parametrize("changes", [{"name": "x"}, {"price_cents": -1}, {"model_slots": -1}])
async def test_a_plan_cannot_be_edited_into_nonsense(
    session: AsyncSession, changes: dict[str, object]
) -> None:
    with pytest.raises(Invalid):
        await plans.edit(session, name="pro", changes=changes)
    with pytest.raises(NotFound):
        await plans.edit(session, name="gold", changes={"title": "Gold"})


async def test_an_administrator_gives_a_plan_and_credits_with_a_reason(
    session: AsyncSession, deps: Deps
) -> None:
    user, admin = await make_user(session, plan="free"), await make_user(session, role="admin")
    with pytest.raises(Invalid, match="Say why"):
        await plan_changes.set_plan(
            session, user_id=user.id, plan="pro", actor_id=admin.id, reason=" "
        )
    await ledger.balance(session, user_id=user.id)  # opens the account, with Free's three
    why = "Thanks for the bug report"
    await plan_changes.set_plan(session, user_id=user.id, plan="pro", actor_id=admin.id, reason=why)
    await plan_changes.give_credits(
        session, deps, user_id=user.id, credits=10, actor_id=admin.id, reason=why
    )
    assert await ledger.balance(session, user_id=user.id) == Balance(available=513, held=0)
    assert (await ledger.statement(session, user_id=user.id))[0].reason == why
    audited = await session.scalars(text("select action from audit_log order by id"))
    assert list(audited) == ["plan.set", "credits.grant"]


async def test_each_month_that_begins_is_granted_once(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        user = await make_user(session, plan="creator")
        assert (await ledger.balance(session, user_id=user.id)).available == 200
    begun = "update credit_accounts set renews_at = now() - interval '1 day'"
    await run_sql(live_deps, begun)
    for _ in range(2):
        await renewals.tick(live_deps)
    async with live_deps.transaction() as session:
        assert (await ledger.balance(session, user_id=user.id)).available == 400


async def test_one_price_sells_one_plan(session: AsyncSession) -> None:
    await plans.edit(session, name="pro", changes={"stripe_price_id": "price_1"})
    await plans.edit(session, name="pro", changes={"stripe_price_id": "price_1"})
    with pytest.raises(Invalid, match="Pro has this price already"):
        await plans.edit(session, name="creator", changes={"stripe_price_id": "price_1"})


async def test_prices_of_the_settings_replace_those_of_other_plans(
    session: AsyncSession, settings: Settings
) -> None:
    await plans.edit(session, name="pro", changes={"stripe_price_id": "price_1"})
    given = {"stripe_price_creator": "price_1", "stripe_price_pro": "price_2"}
    connection = await session.connection()
    await connection.run_sync(plans.choose_prices, settings.model_copy(update=given))
    session.expire_all()
    assert (await plans.get(session, name="creator")).stripe_price_id == "price_1"
    with pytest.raises(Invalid, match="STRIPE_PRICE_CREATOR and STRIPE_PRICE_PRO"):
        await connection.run_sync(
            plans.choose_prices, settings.model_copy(update=given | {"stripe_price_pro": "price_1"})
        )


@pytest.mark.parametrize("changes", [{"credits_monthly": 2**31}, {"title": " \0"}])
async def test_a_plan_takes_only_what_can_be_kept(
    session: AsyncSession, changes: dict[str, object]
) -> None:
    with pytest.raises(Invalid):
        await plans.edit(session, name="pro", changes=changes)


async def test_the_same_plan_once_more_grants_nothing_more(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        user, admin = (
            await make_user(session, plan="creator"),
            await make_user(session, role="admin"),
        )
        assert (await ledger.balance(session, user_id=user.id)).available == 200
    who: dict[str, Any] = {"user_id": user.id, "actor_id": admin.id, "reason": "Again"}
    await run_sql(live_deps, "alter table credit_entries disable trigger user")
    earlier = "update credit_entries set reference = reference || '-earlier' where amount = 200"
    await run_sql(live_deps, earlier)  # ten days ago, as its reference says
    async with live_deps.transaction() as session:
        await plan_changes.set_plan(session, **who, plan="creator")
    async with live_deps.transaction() as session:
        assert (await ledger.balance(session, user_id=user.id)).available == 200
        await plan_changes.set_plan(session, **who, plan="pro")
        assert (await ledger.balance(session, user_id=user.id)).available == 700


async def test_a_new_default_plan_reaches_members_who_are_there(live_deps: Deps) -> None:
    """DEFAULT_PLAN was unlimited, then a shop was opened, then the house became generous."""
    async with live_deps.transaction() as session:
        await choose(session, live_deps.settings)
        user = await make_user(session)
        await ledger.balance(session, user_id=user.id)
    for plan, credits in (("free", 3), ("free", 3), ("creator", 203), ("creator", 203)):
        settings = live_deps.settings.model_copy(update={"default_plan": plan})
        async with live_deps.transaction() as session:
            await choose(session, settings)
        await renewals.tick(live_deps)
        async with live_deps.transaction() as session:
            assert (await ledger.balance(session, user_id=user.id)).available == credits


async def test_who_pays_by_subscription_is_granted_nothing_by_the_clock(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        user = await make_user(session)
        await choose(session, live_deps.settings.model_copy(update={"default_plan": "free"}))
        await plan_changes.set_paid_plan(session, user_id=user.id, plan="creator")
    await renewals.tick(live_deps)
    async with live_deps.transaction() as session:
        assert (await ledger.balance(session, user_id=user.id)).available == 3
