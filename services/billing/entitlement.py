"""What a member may use, from the provider's state now: never from an event, a page or a URL.

Subscriptions decide the plan; only paid invoice lines grant credits, each line once; refunds
and disputes take credits back. Each fetched state carries the database's time from before the
request, so that an answer older than a stored one changes nothing.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Checkout, Invoice, PlanPrice, PlanRow, Subscription, User
from services.billing.customers import member_of
from services.credits import ledger, plan_changes
from services.deps import Deps
from services.kit import notify
from services.payments.base import InvoiceLine, InvoiceState, Reversal, SubscriptionState

log = logging.getLogger(__name__)

PACK = "pack"  # the plan's name in a checkout of credits alone
ENTITLED = ("trialing", "active")
LIVE = (*ENTITLED, "past_due", "incomplete", "unpaid", "paused")
ENDED = ("canceled", "incomplete_expired")


async def database_time(deps: Deps) -> datetime:
    """Return the time of the database, the one clock that all containers share."""
    async with deps.transaction() as session:
        now: datetime = (await session.scalars(select(func.clock_timestamp()))).one()
    return now


async def sync_checkout(deps: Deps, checkout_id: str) -> None:
    """Close our row of a visit to the payment page, and fetch the visit's subscription."""
    visit = await deps.payments.get_checkout(checkout_id)
    if visit.subscription_id:
        await sync_subscription(deps, visit.subscription_id)
    async with deps.transaction() as session:
        if visit.status in ("complete", "expired"):
            own = update(Checkout).where(Checkout.stripe_id == checkout_id)
            closed = own.values(status=visit.status).returning(Checkout.user_id)
            if user_id := await session.scalar(closed):
                await notify.publish(session, topic="subscription", id=user_id, user_id=user_id)


async def sync_subscription(deps: Deps, subscription_id: str) -> SubscriptionState:
    """Store a subscription as it is now, and give its member the plan that it pays for."""
    asked_at = await database_time(deps)
    state = await deps.payments.get_subscription(subscription_id)
    async with deps.transaction() as session:
        user_id = await member_of(session, customer_id=state.customer_id)
        await lock_member(session, user_id)
        await _store_subscription(session, deps, user_id, state, asked_at)
        await settle_plan(session, deps, user_id=user_id)
    return state


async def settle_plan(session: AsyncSession, deps: Deps, *, user_id: UUID) -> None:
    """Give a member the best plan that their subscriptions pay for, or the default."""
    grace = timedelta(days=deps.settings.past_due_grace_days)
    entitled = Subscription.status.in_(ENTITLED) | (
        (Subscription.status == "past_due") & (Subscription.past_due_since > func.now() - grace)
    )
    plan = await session.scalar(
        select(Subscription.plan)
        .join(PlanRow, PlanRow.name == Subscription.plan)
        .where(Subscription.user_id == user_id, entitled)
        .order_by(PlanRow.position.desc())
        .limit(1)
    )
    await plan_changes.set_paid_plan(session, user_id=user_id, plan=plan)
    await notify.publish(session, topic="subscription", id=user_id, user_id=user_id)


async def sync_invoice(deps: Deps, invoice_id: str) -> None:
    """Store an invoice as it is now; when it is paid, each of its lines grants credits once."""
    asked_at = await database_time(deps)
    state = await deps.payments.get_invoice(invoice_id)
    period = None
    if state.subscription_id:
        subscription = await sync_subscription(deps, state.subscription_id)
        period = subscription.period_end - subscription.period_start
    async with deps.transaction() as session:
        user_id = await member_of(session, customer_id=state.customer_id)
        await lock_member(session, user_id)
        by_price = await _plans_by_price(session)
        if state.status == "paid":
            await _grant(session, deps, user_id, state, by_price, period)
        granted = await ledger.granted(session, references=[_reference(li) for li in state.lines])
        await _store_invoice(session, user_id, state, by_price, granted, asked_at)
        await notify.publish(session, topic="subscription", id=user_id, user_id=user_id)


async def sync_refund(deps: Deps, refund_id: str) -> None:
    """Take credits back for a refund; return them if the refund fails."""
    await _sync_reversal(deps, await deps.payments.get_refund(refund_id))


async def sync_dispute(deps: Deps, dispute_id: str) -> None:
    """Take credits back for a dispute; return them if the dispute is won."""
    await _sync_reversal(deps, await deps.payments.get_dispute(dispute_id))


async def _sync_reversal(deps: Deps, state: Reversal) -> None:
    """Take back or return the invoice's credits, in the share of the payment that went back."""
    if state.invoice_id is None or state.status == "pending" or not state.total:
        return
    await sync_invoice(deps, state.invoice_id)
    async with deps.transaction() as session:
        invoice = await session.get_one(Invoice, state.invoice_id, with_for_update=True)
        await _reverse(session, invoice, state)


def credits_of(
    line: InvoiceLine,
    lines: Sequence[InvoiceLine],
    by_price: Mapping[str, PlanRow],
    period: timedelta | None,
) -> int:
    """Return the credits of one paid line: a month's, or after an upgrade the rest of a month's.

    A proration line grants the difference between the new plan and the plan that its negative
    twin credits, for the share of the month that is left, rounded up.
    """
    plan = by_price.get(line.price_id or "")
    if plan is None or line.amount < 0 or plan.unlimited:
        return 0
    if not line.proration:
        return plan.credits_monthly * line.quantity
    credited = [by_price.get(other.price_id or "") for other in lines if other.amount < 0]
    before = max((old.credits_monthly for old in credited if old), default=0)
    share = min(1.0, (line.period_end - line.period_start) / period) if period else 1.0
    return max(0, math.ceil((plan.credits_monthly - before) * share))


async def lock_member(session: AsyncSession, user_id: UUID) -> None:
    """Lock the member's row, so that their money changes once at a time."""
    await session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


async def _plans_by_price(session: AsyncSession) -> dict[str, PlanRow]:
    """Return the plan of each price: prices on offer, and earlier ones that members still pay."""
    query = select(PlanPrice.price_id, PlanRow).join(PlanRow, PlanRow.name == PlanPrice.plan)
    return dict((await session.execute(query)).all())


async def _pack_credits(session: AsyncSession, deps: Deps, user_id: UUID) -> dict[str, int]:
    """Return a pack's credits by its price: as offered to the member, else as sold now."""
    query = select(Checkout.price_id, Checkout.credits).where(
        Checkout.user_id == user_id, Checkout.plan == PACK, Checkout.credits.is_not(None)
    )
    offered = await session.execute(query.order_by(Checkout.created_at))
    sold = {deps.settings.stripe_price_pack: deps.settings.credit_pack_credits}
    known = [*sold.items(), *offered.all()]
    return {price: credits for price, credits in known if price and credits}


async def _store_subscription(
    session: AsyncSession, deps: Deps, user_id: UUID, state: SubscriptionState, asked_at: datetime
) -> None:
    by_price = await _plans_by_price(session)
    plan, later = by_price.get(state.price_id), by_price.get(state.next_price_id or "")
    values = {
        "user_id": user_id,
        "status": state.status,
        "price_id": state.price_id,
        "plan": plan and plan.name,
        "next_plan": later and later.name,
        "period_start": state.period_start,
        "period_end": state.period_end,
        "cancel_at_period_end": state.cancel_at_period_end,
        "past_due_since": asked_at if state.status == "past_due" else None,
        "ended_at": asked_at if state.status in ENDED else None,
        "fetched_at": asked_at,
    }
    row = insert(Subscription).values(id=deps.new_id(), stripe_id=state.id, **values)
    kept = ("past_due_since", "ended_at")  # the first value stays
    fresh: dict[str, Any] = {name: row.excluded[name] for name in values if name not in kept}
    for name in kept:
        old, new = getattr(Subscription, name), row.excluded[name]
        fresh[name] = case((new.is_(None), None), else_=func.coalesce(old, new))
    newer = Subscription.fetched_at < row.excluded.fetched_at
    await session.execute(
        row.on_conflict_do_update(index_elements=["stripe_id"], set_=fresh, where=newer)
    )


async def _grant(
    session: AsyncSession,
    deps: Deps,
    user_id: UUID,
    state: InvoiceState,
    by_price: Mapping[str, PlanRow],
    period: timedelta | None,
) -> None:
    """Grant the credits of every line, once."""
    packs = await _pack_credits(session, deps, user_id)
    for line in state.lines:
        plan = by_price.get(line.price_id or "")
        if line.price_id in packs and line.amount >= 0:
            credits, reason = packs[line.price_id] * line.quantity, "Credit pack"
        else:
            credits = credits_of(line, state.lines, by_price, period)
            reason = f"{plan.title} plan" if plan else ""
        if plan is None and line.amount > 0 and line.price_id not in packs:
            log.error("invoice %s: no plan is sold by the price %s", state.id, line.price_id)
        if credits:
            await ledger.grant(
                session,
                user_id=user_id,
                credits=credits,
                reference=_reference(line),
                reason=reason,
            )


def _reference(line: InvoiceLine) -> str:
    """Return the ledger reference of a line's grant."""
    return f"invoice_line:{line.id}"


async def _store_invoice(
    session: AsyncSession,
    user_id: UUID,
    state: InvoiceState,
    by_price: Mapping[str, PlanRow],
    granted: int,
    asked_at: datetime,
) -> None:
    found = (by_price.get(line.price_id or "") for line in state.lines)
    bought = sorted((plan for plan in found if plan), key=lambda plan: plan.position)
    values = {
        "user_id": user_id,
        "plan": bought[-1].name if bought else None,
        "status": state.status,
        "currency": state.currency,
        "amount_due": state.amount_due,
        "amount_paid": state.amount_paid,
        "number": state.number,
        "hosted_url": state.hosted_url,
        "credits": granted,
        "created_at": state.created,
        "failed_at": asked_at if state.status == "open" else None,
        "fetched_at": asked_at,
    }
    row = insert(Invoice).values(stripe_id=state.id, **values)
    fresh: dict[str, Any] = {name: row.excluded[name] for name in values}
    newer = Invoice.fetched_at < row.excluded.fetched_at
    await session.execute(
        row.on_conflict_do_update(index_elements=["stripe_id"], set_=fresh, where=newer)
    )


async def _reverse(session: AsyncSession, invoice: Invoice, state: Reversal) -> None:
    """Take or return the credits of one refund or dispute, once each."""
    reference, back = f"reversal:{state.id}", f"reversal:{state.id}:returned"
    user_id, amounts = invoice.user_id, dict(invoice.reversals)
    taken = await ledger.taken_back(session, reference=reference)
    known = bool(taken) or state.id in amounts
    if state.status == "taken" and not known:
        reason = "Refund" if state.kind == "refund" else "Disputed payment"
        before = invoice.amount_reversed
        credits = _share(invoice, state, before + state.amount) - _share(invoice, state, before)
        await ledger.debit(
            session, user_id=user_id, credits=credits, reference=reference, reason=reason
        )
        amounts[state.id] = state.amount
    elif state.status == "void" and known:
        reason = "Payment returned to us"
        await ledger.grant(session, user_id=user_id, credits=taken, reference=back, reason=reason)
        amounts.pop(state.id, None)
    invoice.reversals, invoice.amount_reversed = amounts, sum(amounts.values())


def _share(invoice: Invoice, state: Reversal, amount: int) -> int:
    """Return the credits that `amount` of the payment bought, rounded up; the whole bought all."""
    return math.ceil(invoice.credits * min(amount, state.total) / state.total)


async def past_due_members(session: AsyncSession) -> list[UUID]:
    """Return the members with a payment that has failed."""
    late = select(Subscription.user_id).where(Subscription.status == "past_due").distinct()
    return list(await session.scalars(late))
