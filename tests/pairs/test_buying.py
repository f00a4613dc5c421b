"""A member pays while prices, plans and processes change around the payment page."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from services.billing import checkout, events, set_up
from services.credits import plan_changes
from services.payments.off import PaymentsOff
from services.privacy import rights
from tests.billing.conftest import Shop
from tests.billing.conftest import selling_deps as selling_deps
from tests.billing.conftest import shop as shop
from tests.doubles.stripe.world import Object
from tests.pairs.house import House
from tests.pairs.table import pair

FREE, CREATOR, PRO = 3, 200, 500


@dataclass
class Market:
    """A house that sells plans, and one member in front of it."""

    house: House
    shop: Shop

    @property
    def news(self) -> list[Object]:
        """What Stripe has to tell and nobody has heard."""
        world = self.shop.double.world
        return [event for event in world.events if event["id"] not in world.delivered]

    async def told(self, **parts: Any) -> None:
        """A container with these parts receives every event."""
        deps = replace(self.shop.deps, **parts)
        for event in self.news:
            body, headers = self.shop.double.signed(event)
            await events.receive(deps, payload=body, signature=headers["Stripe-Signature"])

    async def edit(self, plan: str, **changes: Any) -> None:
        """The operator changes a plan."""
        async with self.house.act() as session:
            await plan_changes.edit_plan(
                session, name=plan, changes=changes, actor_id=await self.house.admin()
            )

    async def has(self) -> tuple[str, int | None]:
        """The member's plan and credits."""
        return await self.shop.plan(), await self.shop.credits()

    def running(self) -> list[Object]:
        """Subscriptions that somebody is billed for."""
        found = self.shop.double.world.listed("subscription")
        return [each for each in found if each["status"] == "active"]


@pytest.fixture
async def market(shop: Shop, house: House) -> Market:
    house.deps = shop.deps
    return Market(house, shop)


@pair("buy", "restart")
async def test_what_was_paid_while_the_key_was_missing_is_granted_when_it_is_back(
    market: Market,
) -> None:
    """The webhooks found nobody; the day's look at Stripe finds them."""
    session = await market.shop.visit("creator")
    market.shop.double.world.pay(session)
    without = market.house.container(payments=PaymentsOff())
    await without.works()
    assert await market.has() == ("free", FREE)
    await market.shop.backfill()
    await market.shop.handled()
    assert await market.has() == ("creator", FREE + CREATOR)


@pair("buy", "plan")
async def test_the_operator_changes_what_a_plan_gives_while_it_is_paid(market: Market) -> None:
    """What is paid gives what the plan gives when the payment is known, and once."""
    session = await market.shop.visit("creator")
    await market.edit("creator", credits_monthly=50)
    market.shop.double.world.pay(session)
    await market.shop.deliver()
    await market.edit("creator", credits_monthly=900)
    await market.told()
    await market.shop.handled()
    assert await market.has() == ("creator", FREE + 50)


@pair("buy", "plan")
async def test_an_administrators_gift_of_a_plan_yields_to_what_is_paid(market: Market) -> None:
    assert await market.has() == ("free", FREE)
    session = await market.shop.visit("pro")
    async with market.house.act() as transaction:
        await plan_changes.set_plan(
            transaction,
            user_id=market.shop.user_id,
            plan="creator",
            actor_id=await market.house.admin(),
            reason="A gift",
        )
    market.shop.double.world.pay(session)
    await market.shop.deliver()
    assert await market.has() == ("pro", FREE + CREATOR + PRO)


@pair("buy", "price")
async def test_a_price_that_changes_while_the_payment_page_is_open(market: Market) -> None:
    """The member pays what the page said and has the plan; the next visitor sees the new price."""
    session = await market.shop.visit("creator")
    old = session["_price"]
    await market.edit("creator", price_cents=2_500, stripe_price_id=None)
    await set_up.run(market.shop.deps.transaction, market.shop.deps.settings)
    market.shop.double.world.pay(session)
    await market.shop.deliver()
    assert await market.has() == ("creator", FREE + CREATOR)
    assert (await market.shop.price("creator"))["id"] != old


@pair("buy", "price")
async def test_a_member_who_comes_back_after_a_price_change_pays_the_new_one(
    market: Market,
) -> None:
    first = await market.shop.visit("creator")
    await market.edit("creator", price_cents=2_500, stripe_price_id=None)
    await set_up.run(market.shop.deps.transaction, market.shop.deps.settings)
    again = await market.shop.visit("creator")
    assert (again["id"] != first["id"], again["_price"]) == (
        True,
        (await market.shop.price("creator"))["id"],
    )
    market.shop.double.world.pay(again)
    await market.shop.deliver()
    assert await market.has() == ("creator", FREE + CREATOR)


@pair("buy", "tab")
async def test_two_tabs_subscribe_at_once(market: Market) -> None:
    """Both lead to one page, so that one click in each pays once."""
    urls = await asyncio.gather(
        *(
            checkout.start(market.shop.deps, user_id=market.shop.user_id, plan="creator")
            for _ in range(3)
        )
    )
    world = market.shop.double.world
    assert (len(set(urls)), len(world.listed("customer"))) == (1, 1)
    world.pay(world.objects[urls[0].rsplit("/", 1)[1]])
    await market.shop.deliver()
    assert (len(market.running()), await market.has()) == (1, ("creator", FREE + CREATOR))


@pair("buy", "container")
async def test_two_containers_hear_and_handle_the_same_payment(market: Market) -> None:
    session = await market.shop.visit("creator")
    market.shop.double.world.pay(session)
    await asyncio.gather(market.told(), market.told())
    one, two = market.house.container(), market.house.container()

    async def handled() -> bool:
        return await market.shop.unhandled() == 0

    await asyncio.gather(one.until(handled), two.until(handled))
    assert await market.has() == ("creator", FREE + CREATOR)


@pair("leave", "tab")
async def test_who_pays_in_another_tab_while_leaving_is_not_billed(market: Market) -> None:
    """The payment page was open in a tab, and was paid before the end had reached Stripe."""
    session = await market.shop.visit("creator")
    await leave(market)
    market.shop.double.world.pay(session)
    await market.house.container().works()
    assert market.running() == []
    assert market.shop.double.world.listed("customer") == []


async def leave(market: Market) -> None:
    """The member deletes the account."""
    async with market.house.act() as transaction:
        who = market.shop.user_id
        await rights.delete_member(transaction, market.shop.deps, user_id=who, actor_id=who)
