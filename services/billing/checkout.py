"""The way to the payment page and to the portal. Prices come from our plans, never from a page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Checkout, Invoice, PlanRow, Subscription
from services.billing.customers import customer_of
from services.billing.entitlement import LIVE
from services.credits import plans
from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound, Unavailable
from services.payments.base import PaymentsError

PACK = "pack"  # what a checkout of credits alone has in place of a plan


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A member's subscription. grace_until: when spending stops if the payment still fails."""

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


async def subscription(session: AsyncSession, *, user_id: UUID) -> SubscriptionView | None:
    """The member's newest subscription that has not ended."""
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
    """The member's invoices, newest first."""
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
    """Whether a visit to the payment page still waits for the provider's word."""
    query = select(Checkout.status).where(Checkout.id == checkout_id, Checkout.user_id == user_id)
    return await session.scalar(query) == "open"


async def start(deps: Deps, *, user_id: UUID, plan: str) -> str:
    """The URL of the page on which the member pays for a plan, or for a pack of credits.

    A member with a subscription is led to the portal, to confirm the change of it.
    Raises Invalid for what is not sold, Conflict for the plan they have, Unavailable.
    """
    async with deps.transaction() as session:
        price_id = await _price(session, deps, plan)
        current = await _live(session, user_id)
        if current and current.plan == plan:
            raise Conflict("You have this plan already.")
        subscription_id = current.stripe_id if current else None
        checkout_id = await _checkout_id(session, deps, user_id, plan)
    try:
        customer_id = await customer_of(deps, user_id=user_id)
        if subscription_id and plan != PACK:
            return await deps.payments.portal(
                customer_id=customer_id,
                return_url=f"{deps.settings.base_url}/billing",
                change=(subscription_id, price_id),
            )
        url = await _visit(deps, checkout_id, customer_id, price_id, monthly=plan != PACK)
    except PaymentsError as error:
        raise Unavailable("The payment page cannot be reached. Try again in a minute.") from error
    # An answer without a page: the earlier visit with this key is over, so begin a new one.
    return url or await start(deps, user_id=user_id, plan=plan)


async def portal(deps: Deps, *, user_id: UUID, cancel: bool = False) -> str:
    """The URL of the portal: card, invoices, change; `cancel` leads straight to the end."""
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


async def _price(session: AsyncSession, deps: Deps, plan: str) -> str:
    if not deps.payments.enabled:
        raise Invalid("Nothing is sold here: every member has the operator's plan.")
    if plan == PACK:
        if deps.settings.credit_pack_credits and deps.settings.stripe_price_pack:
            return deps.settings.stripe_price_pack
        raise Invalid("Credits are not sold one by one here.")
    found = await plans.get(session, name=plan)
    if found.hidden or not found.stripe_price_id:
        raise Invalid(f"The plan {found.title} is not for sale.")
    return found.stripe_price_id


async def _checkout_id(session: AsyncSession, deps: Deps, user_id: UUID, plan: str) -> UUID:
    """A visit of this member to this page that is still open, else a new one.

    One that is open gives the same idempotency key, so a double click pays once.
    """
    await session.execute(select(PlanRow.name).where(PlanRow.name == plan).with_for_update())
    query = select(Checkout).where(
        Checkout.user_id == user_id, Checkout.plan == plan, Checkout.status == "open"
    )
    known = await session.scalar(query.order_by(Checkout.created_at.desc()).limit(1))
    if known is None:
        known = Checkout(id=deps.new_id(), user_id=user_id, plan=plan)
        session.add(known)
        await session.flush()
    return known.id


async def _visit(
    deps: Deps, checkout_id: UUID, customer_id: str, price_id: str, *, monthly: bool
) -> str | None:
    """The page's URL; None when this visit was paid or has expired."""
    base = deps.settings.base_url
    visit = await deps.payments.checkout(
        reference=str(checkout_id),
        customer_id=customer_id,
        price_id=price_id,
        monthly=monthly,
        return_url=f"{base}/billing?checkout={checkout_id}",
        cancel_url=f"{base}/billing",
    )
    async with deps.transaction() as session:
        row = await session.get_one(Checkout, checkout_id)
        row.stripe_id, row.status = visit.id, visit.status
    return visit.url if visit.status == "open" else None
