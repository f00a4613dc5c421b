"""A member buys while prices, settings and accounts change: paid once, for what was offered."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from services.app.bootstrap import FORMER_KINDS, KINDS
from services.billing import checkout, closing, entitlement, set_up
from services.credits import plans
from services.errors import Conflict, NotFound
from services.jobs import Worker
from services.payments.base import CheckoutState
from services.payments.stripe import StripePayments
from services.privacy import rights
from tests.billing.conftest import Shop
from tests.billing.conftest import selling_deps as selling_deps
from tests.billing.conftest import shop as shop
from tests.doubles.stripe.server import SECRET_KEY, WEBHOOK_SECRET
from tests.doubles.stripe.world import Object
from tests.services.jobs.kit import SECOND, run_sql
from tests.waiting import eventually

FREE = 3
PACK = {"stripe_price_pack": "price_of_the_pack", "credit_pack_credits": 50}


async def new_price(shop: Shop, plan: str, cents: int) -> str:
    """The operator changes what a plan costs, as README says; the id of its new price."""
    async with shop.deps.transaction() as session:
        await plans.edit(session, name=plan, changes={"price_cents": cents})
    await set_up.run(shop.deps.transaction, shop.deps.settings)
    return str((await shop.price(plan))["id"])


def restarted(shop: Shop, **settings: Any) -> Shop:
    """The same installation after a restart with other settings."""
    changed = shop.deps.settings.model_copy(update=settings)
    payments = StripePayments(
        SECRET_KEY,
        WEBHOOK_SECRET,
        promotion_codes=changed.stripe_promotion_codes,
        api_base=shop.double.url,
    )
    return replace(shop, deps=replace(shop.deps, settings=changed, payments=payments))


def subscriptions(shop: Shop, *statuses: str) -> list[Object]:
    return [s for s in shop.double.world.listed("subscription") if s["status"] in statuses]


async def delete_account(shop: Shop) -> None:
    async with shop.deps.transaction() as session:
        await rights.delete_member(session, shop.deps, user_id=shop.user_id, actor_id=shop.user_id)


async def work(shop: Shop, kind: str) -> None:
    """A process does the jobs of one kind."""
    worker = Worker(shop.deps, kinds={kind: (KINDS | FORMER_KINDS)[kind]})

    async def done() -> bool:
        await worker.poll()
        query = "select state from job_queue where kind = :kind"
        return {row.state for row in await run_sql(shop.deps, query, kind=kind)} == {"done"}

    await eventually(done)
    await worker.drain(SECOND)


async def test_a_price_that_was_changed_leads_to_a_page_with_the_new_one(shop: Shop) -> None:
    first = await shop.visit("creator")
    await new_price(shop, "creator", 2500)
    second = await shop.visit("creator")
    assert (first["status"], second["status"]) == ("expired", "open")
    assert shop.double.world.objects[second["_price"]]["unit_amount"] == 2500
    shop.double.world.pay(second)
    await shop.deliver()
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 200)
    assert len(subscriptions(shop, "active")) == 1


async def test_a_page_from_before_the_change_is_paid_for_what_it_offered(shop: Shop) -> None:
    page = await shop.visit("creator")
    await new_price(shop, "creator", 2500)
    shop.double.world.pay(page)
    await shop.deliver()
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 200)


async def test_a_change_confirmed_at_a_price_from_before_counts(shop: Shop) -> None:
    """The portal's page was open when the price of Pro was changed."""
    subscription = await shop.buy("creator")
    await checkout.start(shop.deps, user_id=shop.user_id, plan="pro")
    offered = await shop.price("pro")
    await new_price(shop, "pro", 6000)
    shop.double.world.upgrade(subscription, offered)
    await shop.deliver()
    assert await shop.plan() == "pro"


async def test_a_restart_with_other_settings_keeps_the_page(shop: Shop) -> None:
    first = await shop.visit("creator")
    again = restarted(shop, stripe_promotion_codes=True)
    assert await again.visit("creator") is first
    await again.deps.payments.close()


async def test_a_restart_between_the_row_and_the_page_makes_the_page(shop: Shop) -> None:
    """The process died after Stripe made the page, before its id was stored."""
    lost = await shop.visit("creator")
    await run_sql(shop.deps, "update checkouts set stripe_id = null")
    assert await shop.visit("creator") is lost
    await run_sql(shop.deps, "update checkouts set stripe_id = null")
    again = restarted(shop, stripe_promotion_codes=True)
    found = await again.visit("creator")
    assert (found is lost, found["status"]) == (False, "open")
    await again.deps.payments.close()


async def test_a_page_that_was_paid_is_not_offered_again(shop: Shop) -> None:
    """The webhook is late, and the member presses the button once more."""
    shop.double.world.pay(await shop.visit("creator"))
    with pytest.raises(Conflict, match="have this plan already"):
        await shop.visit("creator")
    url = await checkout.start(shop.deps, user_id=shop.user_id, plan="pro")
    assert "/portal/" in url
    assert len(subscriptions(shop, "active")) == 1


async def test_going_on_to_another_plan_closes_the_page_of_the_first(shop: Shop) -> None:
    creator = await shop.visit("creator")
    pro = await shop.visit("pro")
    assert (creator["status"], pro["status"]) == ("expired", "open")
    again = await shop.visit("creator")
    assert again is not creator
    assert (again["status"], pro["status"]) == ("open", "expired")


async def test_a_plan_and_a_pack_are_bought_side_by_side(shop: Shop) -> None:
    shop.double.world.make("price", id="price_of_the_pack", unit_amount=900, product="prod_1")
    selling = restarted(shop, **PACK)
    plan, pack = await selling.visit("creator"), await selling.visit("pack")
    assert await selling.visit("creator") is plan
    for page in (plan, pack):
        shop.double.world.pay(page)
    await shop.deliver()  # by a process that knows nothing of packs
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 200 + 50)
    await selling.deps.payments.close()


async def test_a_pack_has_as_many_credits_as_were_offered(shop: Shop) -> None:
    shop.double.world.make("price", id="price_of_the_pack", unit_amount=900, product="prod_1")
    selling = restarted(shop, **PACK)
    shop.double.world.pay(await selling.visit("pack"))
    smaller = restarted(shop, **PACK | {"credit_pack_credits": 10})
    [invoice] = shop.double.world.listed("invoice")
    await entitlement.sync_invoice(smaller.deps, invoice["id"])
    assert await shop.credits() == FREE + 50
    for each in (selling, smaller):
        await each.deps.payments.close()


async def test_an_account_that_goes_takes_its_payment_page_along(shop: Shop) -> None:
    page = await shop.visit("creator")
    await delete_account(shop)
    await work(shop, closing.KIND)
    assert page["status"] == "expired"
    assert shop.double.world.listed("customer") == []


async def test_an_account_that_goes_before_its_payment_is_known_is_not_billed(shop: Shop) -> None:
    """Paid, and deleted before the webhook came: we know of no subscription to end."""
    shop.double.world.pay(await shop.visit("creator"))
    await delete_account(shop)
    await work(shop, closing.KIND)
    assert (subscriptions(shop, "active"), len(subscriptions(shop, "canceled"))) == ([], 1)


async def test_the_last_events_of_an_account_that_went_wait_for_nobody(shop: Shop) -> None:
    """They made the installation look unwell for three days."""
    await shop.buy("creator")
    await delete_account(shop)
    await work(shop, closing.KIND)
    await shop.deliver()
    assert await shop.unhandled() == 0


class Meanwhile(StripePayments):
    """Lets something happen right after Stripe has made a customer or a page."""

    def __init__(self, url: str, call: str, act: Callable[[], Awaitable[None]]) -> None:
        super().__init__(SECRET_KEY, WEBHOOK_SECRET, api_base=url)
        self._call, self._act = call, act

    async def create_customer(self, **values: str) -> str:
        made = await super().create_customer(**values)
        if self._call == "customer":
            await self._act()
        return made

    async def checkout(self, **values: Any) -> CheckoutState:
        made = await super().checkout(**values)
        if self._call == "checkout":
            await self._act()
        return made


@pytest.mark.parametrize("call", ["customer", "checkout"])
async def test_an_account_that_goes_while_its_page_is_made_leaves_none(
    shop: Shop, call: str
) -> None:
    payments = Meanwhile(shop.double.url, call, lambda: delete_account(shop))
    buying = replace(shop, deps=replace(shop.deps, payments=payments))
    with pytest.raises(NotFound):
        await buying.visit("creator")
    if call == "checkout":
        await work(shop, closing.KIND)
    world = shop.double.world
    assert world.listed("customer") == []
    assert [page["status"] for page in world.listed("checkout.session")] in ([], ["expired"])
    await payments.close()


async def test_a_subscription_that_an_earlier_release_was_to_end_is_ended(shop: Shop) -> None:
    subscription = await shop.buy("creator")
    await run_sql(
        shop.deps,
        """insert into job_queue (id, kind, payload, flow, state, turn, run_at, needs)
        values (gen_random_uuid(), 'end_subscription', jsonb_build_object('subscription_id',
            cast(:id as text)), '/0', 'queued', 1, now(), 'payments')""",
        id=subscription["id"],
    )
    await work(shop, "end_subscription")
    assert subscription["status"] == "canceled"


async def test_no_price_is_ever_forgotten(shop: Shop) -> None:
    """Nor by the erasure of all who paid by it."""
    subscription = await shop.buy("creator")
    for cents in (2100, 2200):
        await new_price(shop, "creator", cents)
    async with shop.deps.transaction() as session:
        await session.execute(text("delete from subscriptions"))
    shop.double.world.end_period(subscription)
    await shop.deliver()
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 400)
