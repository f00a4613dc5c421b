"""The job that ends a deleted member's subscriptions, so that nobody is billed for nothing."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Customer
from services import jobs
from services.deps import PAYMENTS, Deps
from services.jobs import Done, Job, Outcome

KIND = "close_customer"


async def close_customer(session: AsyncSession, *, user_id: UUID) -> None:
    """Enqueue the end of all that the member pays for; the job outlives the member's rows.

    The job closes the customer instead of our stored subscriptions: one may just have been paid,
    and its event may not have arrived yet.
    """
    if customer := await session.get(Customer, user_id):
        payload = {"customer_id": customer.stripe_id}
        await jobs.enqueue(session, kind=KIND, payload=payload, needs=PAYMENTS)


async def handle(deps: Deps, job: Job) -> Outcome:
    """Close the customer at the provider; a customer who is already closed is no error."""
    if subscription_id := job.payload.get("subscription_id"):  # enqueued by release 1.0.0
        await deps.payments.cancel_now(subscription_id)
    else:
        await deps.payments.close_customer(job.payload["customer_id"])
    return Done()
