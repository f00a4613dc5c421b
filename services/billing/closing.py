"""Ending what a member pays for when their account goes: nobody is billed for nothing."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Subscription
from services import jobs
from services.billing.entitlement import LIVE
from services.deps import PAYMENTS, Deps
from services.jobs import Done, Job, Outcome

KIND = "end_subscription"


async def end_subscriptions(session: AsyncSession, *, user_id: UUID) -> None:
    """Queues the end of all that is still running; it outlives the member's rows."""
    running = select(Subscription.stripe_id).where(
        Subscription.user_id == user_id, Subscription.status.in_(LIVE)
    )
    for subscription_id in (await session.scalars(running)).all():
        payload = {"subscription_id": subscription_id}
        await jobs.enqueue(
            session, kind=KIND, payload=payload, dedupe_key=subscription_id, needs=PAYMENTS
        )


async def handle(deps: Deps, job: Job) -> Outcome:
    """Job: ends one at the provider; one that has ended already is fine."""
    await deps.payments.cancel_now(job.payload["subscription_id"])
    return Done()
