"""Ending what a member pays for when their account goes: nobody is billed for nothing."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Customer
from services import jobs
from services.deps import PAYMENTS, Deps
from services.jobs import Done, Job, Outcome

KIND = "close_customer"


async def close_customer(session: AsyncSession, *, user_id: UUID) -> None:
    """Queues the end of all that the member pays for; the job outlives the member's rows.

    By the customer, not by our subscriptions: one may just have been paid, and we not told yet.
    """
    if customer := await session.get(Customer, user_id):
        payload = {"customer_id": customer.stripe_id}
        await jobs.enqueue(session, kind=KIND, payload=payload, needs=PAYMENTS)


async def handle(deps: Deps, job: Job) -> Outcome:
    """Job: closes the customer at the provider; one that is closed already is fine."""
    if subscription_id := job.payload.get("subscription_id"):  # queued by release 1.0.0
        await deps.payments.cancel_now(subscription_id)
    else:
        await deps.payments.close_customer(job.payload["customer_id"])
    return Done()
