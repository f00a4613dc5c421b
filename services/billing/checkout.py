"""The payment page and the portal. Prices come from our plans, never from a page.

A member has one open page for a plan. A member who chooses another plan, or comes back after the
price was changed, gets a new page, and the earlier page is closed, so that nobody pays twice.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Checkout, Invoice, Subscription
from services.billing.customers import customer_of
from services.billing.entitlement import LIVE, PACK, lock_member, sync_checkout
from services.credits import plans
from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound, Unavailable
from services.payments.base import PaymentsError


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A member's subscription. past_due_since: when its failed payment was first seen."""

    plan: str | None
    status: str
    period_end: datetime
    cancel_at_period_end: bool
    next_plan: str | None
    past_due_since: datetime | None


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """One invoice; amounts in cents of the currency, url: the receipt at the provider."""

    number: str | None
    at: datetime
    status: str
    currency: str
    amount: int
    amount_reversed: int
    url: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """An item for sale: a plan by the month, or a pack of `credits`."""

    plan: str
    price_id: str
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A payment page that was open when it was last read; no stripe_id: not created yet."""

    id: UUID
    stripe_id: str | None
    plan: str
    price_id: str | None

    def offers(self, offer: Offer) -> bool:
        """Return whether this is the page for this offer."""
        return (self.plan, self.price_id) == (offer.plan, offer.price_id)

    def excludes(self, offer: Offer) -> bool:
        """Return whether the member must not pay on both pages: two plans, or the pack twice."""
        return self.plan == offer.plan or PACK not in {self.plan, offer.plan}


async def subscription(session: AsyncSession, *, user_id: UUID) -> SubscriptionView | None:
    """Return the member's newest subscription that has not ended."""
    row = await _live(session, user_id)
    if row is None:
        return None
    return SubscriptionView(
        row.plan,
        row.status,
        row.period_end,
        row.cancel_at_period_end,
        row.next_plan,
        row.past_due_since,
    )


async def invoices(session: AsyncSession, *, user_id: UUID, limit: int = 24) -> list[InvoiceView]:
    """Return the member's invoices, newest first."""
    query = select(Invoice).where(Invoice.user_id == user_id)
    rows = await session.scalars(query.order_by(Invoice.created_at.desc()).limit(limit))
    return [
        InvoiceView(
            row.number,
            row.created_at,
            row.status,
            row.currency,
            row.amount_paid or row.amount_due,
            row.amount_reversed,
            row.hosted_url,
        )
        for row in rows
    ]


async def is_open(session: AsyncSession, *, user_id: UUID, checkout_id: UUID) -> bool:
    """Return whether a visit to the payment page still waits for the provider's result."""
    query = select(Checkout.status).where(Checkout.id == checkout_id, Checkout.user_id == user_id)
    return await session.scalar(query) == "open"


async def start(deps: Deps, *, user_id: UUID, plan: str) -> str:
    """Return the URL of the page on which the member pays for a plan, or for a pack of credits.

    A member with a subscription is sent to the portal, to confirm the change of plan.
    Raises Invalid for an item that is not sold, Conflict for the plan they have, Unavailable.
    """
    async with deps.transaction() as session:
        offer = await _offer(session, deps, plan)
        current = await _live(session, user_id)
        if current and current.plan == plan:
            raise Conflict("You have this plan already.")
        subscription_id = current.stripe_id if current else None
    try:
        customer_id = await customer_of(deps, user_id=user_id)
        if subscription_id and plan != PACK:
            return await deps.payments.portal(
                customer_id=customer_id,
                return_url=f"{deps.settings.base_url}/billing",
                change=(subscription_id, offer.price_id),
            )
        url = await _open_page_url(deps, user_id, customer_id, offer)
    except PaymentsError as error:
        raise Unavailable("The payment page cannot be reached. Try again in a minute.") from error
    # No page: an earlier one was paid or has expired, and its result is stored by now.
    return url or await start(deps, user_id=user_id, plan=plan)


async def portal(deps: Deps, *, user_id: UUID, cancel: bool = False) -> str:
    """Return the URL of the portal: card, invoices, change; `cancel` opens the cancellation.

    Raises NotFound where there is no subscription to cancel, Unavailable.
    """
    async with deps.transaction() as session:
        current = await _live(session, user_id)
    if cancel and current is None:
        raise NotFound("There is no subscription to cancel.")
    try:
        return await deps.payments.portal(
            customer_id=await customer_of(deps, user_id=user_id),
            return_url=f"{deps.settings.base_url}/billing",
            cancel=current.stripe_id if cancel and current else None,
        )
    except PaymentsError as error:
        raise Unavailable("The portal cannot be reached. Try again in a minute.") from error


async def _live(session: AsyncSession, user_id: UUID) -> Subscription | None:
    query = select(Subscription).where(
        Subscription.user_id == user_id, Subscription.status.in_(LIVE)
    )
    found: Subscription | None = await session.scalar(
        query.order_by(Subscription.created_at.desc()).limit(1)
    )
    return found


async def _offer(session: AsyncSession, deps: Deps, plan: str) -> Offer:
    if not deps.payments.enabled:
        raise Invalid("Nothing is sold here: every member has the operator's plan.")
    if plan == PACK:
        credits, price_id = deps.settings.credit_pack_credits, deps.settings.stripe_price_pack
        if credits and price_id:
            return Offer(PACK, price_id, credits)
        raise Invalid("Credits are not sold one by one here.")
    found = await plans.get(session, name=plan)
    if found.hidden or not found.stripe_price_id:
        raise Invalid(f"The plan {found.title} is not for sale.")
    return Offer(plan, found.stripe_price_id)


async def _open_page_url(deps: Deps, user_id: UUID, customer_id: str, offer: Offer) -> str | None:
    """Return the URL of an open page for this offer; None if an earlier page is already over."""
    async with deps.transaction() as session:
        await lock_member(session, user_id)
        visits = await _open_visits(session, user_id)
        ours = next((visit for visit in visits if visit.offers(offer)), None)
        if ours is None:
            ours = await _create_visit(session, deps, user_id, offer)
    for visit in visits:
        if visit is not ours and visit.excludes(offer) and not await _close_page(deps, visit):
            return None
    if ours.stripe_id:
        visit_now = await deps.payments.get_checkout(ours.stripe_id)
        if visit_now.status != "open":
            await sync_checkout(deps, ours.stripe_id)
        return visit_now.url if visit_now.status == "open" else None
    return await _create_page(deps, ours.id, customer_id, offer)


async def _open_visits(session: AsyncSession, user_id: UUID) -> list[Visit]:
    query = select(Checkout).where(Checkout.user_id == user_id, Checkout.status == "open")
    rows = await session.scalars(query.order_by(Checkout.created_at.desc()))
    return [Visit(row.id, row.stripe_id, row.plan, row.price_id) for row in rows]


async def _create_visit(session: AsyncSession, deps: Deps, user_id: UUID, offer: Offer) -> Visit:
    """Create the visit's row before its page; a double click finds the row and gets one page."""
    row = Checkout(
        id=deps.new_id(),
        user_id=user_id,
        plan=offer.plan,
        price_id=offer.price_id,
        credits=offer.credits,
    )
    session.add(row)
    await session.flush()
    return Visit(row.id, None, row.plan, row.price_id)


async def _close_page(deps: Deps, visit: Visit) -> bool:
    """Close a page that another page replaces; return False if it was already paid."""
    if visit.stripe_id is None:  # the page was never created, or never shown
        async with deps.transaction() as session:
            unmade = update(Checkout).where(Checkout.id == visit.id, Checkout.stripe_id.is_(None))
            await session.execute(unmade.values(status="expired"))
        return True
    state = await deps.payments.expire_checkout(visit.stripe_id)
    await sync_checkout(deps, visit.stripe_id)
    return state.status != "complete"


async def _create_page(deps: Deps, checkout_id: UUID, customer_id: str, offer: Offer) -> str | None:
    """Create the page and return its URL. Raises NotFound if the account was deleted meanwhile."""
    base = deps.settings.base_url
    visit = await deps.payments.checkout(
        reference=str(checkout_id),
        customer_id=customer_id,
        price_id=offer.price_id,
        monthly=offer.plan != PACK,
        return_url=f"{base}/billing?checkout={checkout_id}",
        cancel_url=f"{base}/billing",
    )
    async with deps.transaction() as session:
        kept = update(Checkout).where(Checkout.id == checkout_id)
        values = {"stripe_id": visit.id, "status": visit.status}
        row = await session.scalar(kept.values(values).returning(Checkout.id))
    if row is None:
        await deps.payments.expire_checkout(visit.id)
        raise NotFound("There is no such member.")
    return visit.url if visit.status == "open" else None
