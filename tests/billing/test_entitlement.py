"""What members get for their money, whatever order Stripe tells it in."""

import dataclasses
from itertools import permutations

import pytest

from services.billing import checkout, entitlement, events, revenue
from services.credits import plans
from services.errors import Conflict, Invalid
from services.payments.base import BadSignature, ClockSkew
from tests.billing.conftest import Shop
from tests.doubles.stripe.world import MONTH, Object

FREE = 3  # credits that every new member has


async def test_a_paid_invoice_grants_the_plan_and_its_images(shop: Shop) -> None:
    assert (await shop.plan(), await shop.credits()) == ("free", FREE)
    await shop.buy("creator")
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 200)
    found = await shop.subscription()
    assert found
    assert (found.plan, found.status, found.cancel_at_period_end) == ("creator", "active", False)


async def test_the_visit_alone_grants_nothing(shop: Shop) -> None:
    session = await shop.visit("creator")
    shop.double.world.pay(session)
    assert (await shop.plan(), await shop.credits()) == ("free", FREE)


async def test_a_double_click_leads_to_one_page(shop: Shop) -> None:
    one, two = await shop.visit("pro"), await shop.visit("pro")
    assert one is two
    assert len(shop.double.world.listed("customer")) == 1


async def test_a_visit_after_an_expired_one_is_new(shop: Shop) -> None:
    first = await shop.visit("pro")
    shop.double.world.expire(first)
    await shop.deliver()
    assert await shop.visit("pro") is not first


async def test_every_order_of_events_ends_in_the_same_state(shop: Shop) -> None:
    """B1: created, updated, paid and deleted, each twice, in every order."""
    session = await shop.visit("creator")
    world = shop.double.world
    world.pay(session)
    subscription = world.objects[session["subscription"]]
    world.happened("customer.subscription.updated", subscription)
    world.end(subscription)
    wanted = (
        "subscription.created",
        "subscription.updated",
        "invoice.paid",
        "subscription.deleted",
    )
    told = [next(e for e in world.events if e["type"].endswith(name)) for name in wanted]
    for order in permutations(told):
        for event in (*order, *order):
            await replay(shop, event)
        assert (await shop.plan(), await shop.credits()) == ("free", FREE + 200)
        assert await shop.subscription() is None


async def replay(shop: Shop, event: Object) -> None:
    """The event is handled once more, as after a restart of everything."""
    sync = events.sync_for(event["type"])
    assert sync
    await sync(shop.deps, event["data"]["object"]["id"])


async def test_the_same_event_at_two_containers_grants_once(shop: Shop) -> None:
    """B4."""
    await shop.buy("creator")
    paid = next(e for e in shop.double.world.events if e["type"] == "invoice.paid")
    await shop.deliver(paid, paid, paid)
    await replay(shop, paid)
    assert await shop.credits() == FREE + 200


async def test_an_event_before_our_own_row_waits_for_it(shop: Shop) -> None:
    session = await shop.visit("creator")
    world = shop.double.world
    world.pay(session)
    stranger = world.make("customer")
    subscription = world.objects[session["subscription"]]
    subscription["customer"], ours = stranger["id"], subscription["customer"]
    created = next(e for e in world.events if e["type"].endswith("created"))
    body, headers = shop.double.signed(created)
    signature = headers["Stripe-Signature"]
    await events.receive(shop.deps, payload=body, signature=signature)
    await shop.worker.poll()
    assert await shop.unhandled() == 1
    subscription["customer"] = ours
    await replay(shop, created)
    assert await shop.plan() == "creator"


async def test_what_was_answered_is_handled_after_a_crash(shop: Shop) -> None:
    """B2: the event and its job are one commit; any later worker finds it."""
    session = await shop.visit("creator")
    shop.double.world.pay(session)
    for event in shop.double.world.events:
        body, headers = shop.double.signed(event)
        signature = headers["Stripe-Signature"]
        await events.receive(shop.deps, payload=body, signature=signature)
    assert await shop.credits() == FREE  # nobody has worked yet: the process died here
    await shop.handled()
    assert await shop.credits() == FREE + 200


async def test_an_upgrade_is_at_once_and_grants_the_difference(shop: Shop) -> None:
    """B6: half of the month is left, so half of the 300 images between the plans are granted."""
    subscription = await shop.buy("creator")
    shop.double.world.offset += MONTH // 2
    url = await checkout.start(shop.deps, user_id=shop.user_id, plan="pro")
    assert "/portal/" in url
    shop.double.world.upgrade(subscription, await shop.price("pro"))
    await shop.deliver()
    assert await shop.plan() == "pro"
    assert await shop.credits() in (FREE + 200 + 150, FREE + 200 + 151)


async def test_a_downgrade_waits_for_the_period_to_end(shop: Shop) -> None:
    subscription = await shop.buy("pro")
    shop.double.world.downgrade(subscription, await shop.price("creator"))
    await shop.deliver()
    found = await shop.subscription()
    assert found
    assert (await shop.plan(), found.next_plan) == ("pro", "creator")
    assert await shop.credits() == FREE + 500
    shop.double.world.end_period(subscription)
    await shop.deliver()
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 500 + 200)


async def test_a_cancellation_lasts_until_the_period_ends(shop: Shop) -> None:
    subscription = await shop.buy("creator")
    shop.double.world.cancel(subscription)
    await shop.deliver()
    found = await shop.subscription()
    assert found
    assert found.cancel_at_period_end
    assert await shop.plan() == "creator"
    shop.double.world.end_period(subscription)
    await shop.deliver()
    assert (await shop.plan(), await shop.credits()) == ("free", FREE + 200)


async def test_a_failed_payment_has_grace_and_grants_nothing(shop: Shop) -> None:
    subscription = await shop.buy("creator")
    shop.double.world.card_works = False
    shop.double.world.end_period(subscription)
    await shop.deliver()
    found = await shop.subscription()
    assert found
    assert found.past_due_since
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 200)
    await shop.after_grace()
    assert await shop.plan() == "free"
    shop.double.world.pay_late(shop.double.world.listed("invoice")[0])
    await shop.deliver()
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 400)


@pytest.mark.parametrize("prefix", ["re", "pyr"])
async def test_a_refund_takes_its_share_of_the_credits_back(shop: Shop, prefix: str) -> None:
    """B6: half of the money, half of the images; a repeat takes nothing more."""
    await shop.buy("creator")
    invoice = shop.double.world.listed("invoice")[0]
    shop.double.world.refund(invoice, invoice["amount_paid"] // 2, prefix=prefix)
    await shop.deliver()
    await shop.deliver(shop.double.world.events[-1])
    assert await shop.credits() == FREE + 100


async def test_spent_credits_that_are_refunded_are_owed(shop: Shop) -> None:
    await shop.buy("creator")
    await shop.spend(203)
    invoice = shop.double.world.listed("invoice")[0]
    shop.double.world.refund(invoice, invoice["amount_paid"])
    await shop.deliver()
    assert (await shop.credits(), await shop.owed()) == (0, 200)


@pytest.mark.parametrize(("decision", "credits"), [("won", FREE + 200), ("lost", FREE)])
async def test_a_dispute_takes_credits_until_it_is_won(
    shop: Shop, decision: str, credits: int
) -> None:
    await shop.buy("creator")
    dispute = shop.double.world.dispute(shop.double.world.listed("invoice")[0])
    await shop.deliver()
    assert await shop.credits() == FREE
    shop.double.world.decide(dispute, decision)
    await shop.deliver()
    assert await shop.credits() == credits


async def test_missed_events_are_fetched(shop: Shop) -> None:
    """B3: nothing was delivered for days; the daily tick repairs it."""
    session = await shop.visit("creator")
    shop.double.world.pay(session)
    await shop.backfill()
    await shop.handled()
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 200)


async def test_only_what_stripe_signed_is_stored(shop: Shop) -> None:
    """B5: tampered, unsigned, old, and from the future."""
    session = await shop.visit("creator")
    shop.double.world.pay(session)
    event = shop.double.world.events[0]
    body, headers = shop.double.signed(event)
    good = headers["Stripe-Signature"]
    now = int(good.split(",")[0][2:])
    late = shop.double.signed(event, at=now - 400)[1]["Stripe-Signature"]
    early = shop.double.signed(event, at=now + 400)[1]["Stripe-Signature"]
    for payload, signature, error in (
        (body + b" ", good, BadSignature),
        (body, None, BadSignature),
        (body, "t=1,v1=00", BadSignature),
        (body, late, ClockSkew),
        (body, early, ClockSkew),
    ):
        with pytest.raises(error):
            await events.receive(shop.deps, payload=payload, signature=signature)
    assert await shop.unhandled() == 0
    async with shop.deps.transaction() as session_:
        assert abs(await events.clock_skew(session_) or 0) == 400


async def test_what_is_not_sold_cannot_be_bought(shop: Shop) -> None:
    """B7: a plan's name is all that a page can say, and only a plan with a price is sold."""
    for plan in ("free", "pack"):
        with pytest.raises(Invalid):
            await checkout.start(shop.deps, user_id=shop.user_id, plan=plan)
    await shop.buy("creator")
    with pytest.raises(Conflict):
        await checkout.start(shop.deps, user_id=shop.user_id, plan="creator")


async def test_setting_up_twice_makes_nothing_twice(shop: Shop) -> None:
    before = len(shop.double.world.objects)
    await shop.set_up()
    assert len(shop.double.world.objects) == before


async def edit(shop: Shop, plan: str, **changes: object) -> None:
    """The operator edits a plan."""
    async with shop.deps.transaction() as session:
        await plans.edit(session, name=plan, changes=changes)


async def test_a_new_price_takes_nothing_from_those_who_pay_the_old_one(shop: Shop) -> None:
    """Prices at Stripe can't be changed: another price is another id."""
    subscription = await shop.buy("creator")
    await edit(shop, "creator", stripe_price_id="price_from_next_year_on")
    shop.double.world.end_period(subscription)
    await shop.deliver()
    assert (await shop.plan(), await shop.credits()) == ("creator", FREE + 400)


async def test_a_refund_takes_what_was_granted_whatever_the_plan_gives_now(shop: Shop) -> None:
    await shop.buy("creator")
    await edit(shop, "creator", credits_monthly=500)
    invoice = shop.double.world.listed("invoice")[0]
    shop.double.world.refund(invoice, invoice["amount_paid"])
    await shop.deliver()
    assert (await shop.credits(), await shop.owed()) == (FREE, 0)


async def test_refunds_in_parts_take_no_more_than_was_granted(shop: Shop) -> None:
    await edit(shop, "creator", credits_monthly=201)
    await shop.buy("creator")
    invoice = shop.double.world.listed("invoice")[0]
    for _ in range(2):
        shop.double.world.refund(invoice, invoice["amount_paid"] // 2)
        await shop.deliver()
    assert (await shop.credits(), await shop.owed()) == (FREE, 0)
    dispute = shop.double.world.dispute(invoice)
    await shop.deliver()
    assert (await shop.credits(), await shop.owed()) == (FREE, 0)
    shop.double.world.decide(dispute, "won")
    await shop.deliver()
    assert await shop.credits() == FREE


async def test_a_refund_that_is_told_twice_is_counted_once(shop: Shop) -> None:
    """Also where the plan grants no credits, so that the ledger has nothing to say of it."""
    await shop.buy("enterprise")
    invoice = shop.double.world.listed("invoice")[0]
    refund = shop.double.world.refund(invoice, invoice["amount_paid"])
    shop.double.world.happened("refund.updated", refund)
    await shop.deliver()
    async with shop.deps.transaction() as session:
        (plan,) = (await revenue.money(session, shop.deps)).plans
    assert (plan.paid, plan.returned) == (invoice["amount_paid"], invoice["amount_paid"])


async def test_a_line_without_a_price_is_no_pack_of_credits(shop: Shop) -> None:
    settings = shop.deps.settings.model_copy(update={"credit_pack_credits": 50})
    selling = dataclasses.replace(shop.deps, settings=settings)
    await shop.buy("creator")
    invoice = shop.double.world.listed("invoice")[0]
    invoice["lines"]["data"].append(invoice["lines"]["data"][0] | {"id": "il_2", "pricing": None})
    await entitlement.sync_invoice(selling, invoice["id"])
    assert await shop.credits() == FREE + 200
