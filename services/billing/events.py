"""Webhooks: verified, stored once, answered at once, and then handled as a job.

The job fetches the object's present state from the provider, so order, duplicates and replays
change nothing. `backfill` fetches undelivered events once a day.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AuditEntry, StripeEvent
from services import jobs
from services.billing import entitlement
from services.billing.customers import NotYetKnown
from services.deps import PAYMENTS, Deps
from services.jobs import Again, Done, Job, Outcome
from services.payments.base import ClockSkew, Event

KIND = "stripe_event"
STALE = timedelta(minutes=10)
WAIT = timedelta(seconds=15)  # wait for our own row, when the event came first
GIVE_UP = timedelta(days=3)  # as long as the provider itself would have tried again

log = logging.getLogger(__name__)

_SYNC: dict[str, Callable[[Deps, str], Awaitable[object]]] = {
    "checkout.session.": entitlement.sync_checkout,
    "customer.subscription.": entitlement.sync_subscription,
    "invoice.": entitlement.sync_invoice,
    "refund.": entitlement.sync_refund,
    "charge.dispute.": entitlement.sync_dispute,
}


def sync_for(type_: str) -> Callable[[Deps, str], Awaitable[object]] | None:
    """Return the function that fetches an event's object; None for events that are not used."""
    return next((sync for start, sync in _SYNC.items() if type_.startswith(start)), None)


async def receive(deps: Deps, *, payload: bytes, signature: str | None) -> None:
    """Store an event that the provider signed, if the event is used here.

    A repeat changes nothing. Raises BadSignature, BadEvent, ClockSkew.
    """
    try:
        event = deps.payments.verify(payload, signature)
    except ClockSkew as error:
        await _report_clock(deps, error)
        raise
    if event.object_id and sync_for(event.type):
        async with deps.transaction() as session:
            await store(session, event)


async def store(session: AsyncSession, event: Event) -> bool:
    """Store an event and enqueue its job, both once; return False if the event was known."""
    row = insert(StripeEvent).values(
        id=event.id, type=event.type, object_id=event.object_id, created_at=event.created
    )
    new = await session.scalar(row.on_conflict_do_nothing().returning(StripeEvent.id))
    if new is None:
        return False
    payload = {"event_id": event.id}
    await jobs.enqueue(session, kind=KIND, payload=payload, dedupe_key=event.id, needs=PAYMENTS)
    return True


async def handle(deps: Deps, job: Job) -> Outcome:
    """Fetch the object that an event is about, as it is now."""
    async with deps.transaction() as session:
        event = await session.get(StripeEvent, job.payload["event_id"])
        if event is None or event.handled_at is not None:
            return Done()
        too_old = await session.scalar(select(func.now() - event.received_at > GIVE_UP))
    note = {}
    if sync := sync_for(event.type):
        try:
            await sync(deps, event.object_id)
        except NotYetKnown as error:
            # A deleted account leaves a closed customer, whose last events are ignored.
            if not too_old and not await deps.payments.is_closed(error.customer_id):
                return Again(after=WAIT)
            note = {"ignored": str(error)}
    async with job.transaction(deps) as session:
        done = update(StripeEvent).where(StripeEvent.id == event.id)
        await session.execute(done.values(handled_at=func.now(), details=note))
    return Done()


async def unhandled(session: AsyncSession) -> int:
    """Return how many events have not been handled yet."""
    left = select(func.count()).select_from(StripeEvent).where(StripeEvent.handled_at.is_(None))
    return await session.scalar(left) or 0


async def stale(session: AsyncSession) -> int:
    """Return how many events have waited for over ten minutes: for readiness, metrics, /admin."""
    old = StripeEvent.handled_at.is_(None) & (StripeEvent.received_at < func.now() - STALE)
    return await session.scalar(select(func.count()).select_from(StripeEvent).where(old)) or 0


async def clock_skew(session: AsyncSession) -> int | None:
    """Return by how many seconds this server's clock was off at a webhook of the last day.

    None if it was not.
    """
    recent = AuditEntry.at > func.now() - timedelta(days=1)
    query = select(AuditEntry.details).where(AuditEntry.action == "payments.clock", recent)
    details = await session.scalar(query.order_by(AuditEntry.at.desc()).limit(1))
    return int(details["seconds"]) if details else None


async def _report_clock(deps: Deps, error: ClockSkew) -> None:
    """Log and record that the clock is wrong; webhooks are refused until it is set right."""
    log.error("webhook refused: %s; set this server's clock (NTP)", error)
    async with deps.transaction() as session:
        details = {"seconds": error.seconds}
        session.add(AuditEntry(action="payments.clock", target="server", details=details))
