"""Webhooks: verified, stored once, answered at once, and then handled as a job.

Handling asks the provider what the object is now, so order, duplicates and replays change
nothing. What nobody delivered to us, `backfill` fetches once a day.
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
WAIT = timedelta(seconds=15)  # for our own row, when the event came first
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
    """What brings us up to date with the object of an event; None for what we do not follow."""
    return next((sync for start, sync in _SYNC.items() if type_.startswith(start)), None)


async def receive(deps: Deps, *, payload: bytes, signature: str | None) -> None:
    """Stores an event that the provider signed, if it is one that we follow.

    A repeat changes nothing. Raises BadSignature, BadEvent.
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
    """Keeps an event and queues its handling, both once; False: it was here already."""
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
    """Job: brings us up to date with the object that an event was about."""
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
            # A deleted account leaves a closed customer, whose last events concern nobody.
            if not too_old and not await deps.payments.is_closed(error.customer_id):
                return Again(after=WAIT)
            note = {"ignored": str(error)}
    async with job.transaction(deps) as session:
        done = update(StripeEvent).where(StripeEvent.id == event.id)
        await session.execute(done.values(handled_at=func.now(), details=note))
    return Done()


async def unhandled(session: AsyncSession) -> int:
    """How many events have not been handled yet."""
    left = select(func.count()).select_from(StripeEvent).where(StripeEvent.handled_at.is_(None))
    return await session.scalar(left) or 0


async def stale(session: AsyncSession) -> int:
    """How many events have waited for more than ten minutes: for readiness, metrics, /admin."""
    old = StripeEvent.handled_at.is_(None) & (StripeEvent.received_at < func.now() - STALE)
    return await session.scalar(select(func.count()).select_from(StripeEvent).where(old)) or 0


async def clock_skew(session: AsyncSession) -> int | None:
    """Seconds by which this server's clock was off at a webhook of the last day, if any."""
    recent = AuditEntry.at > func.now() - timedelta(days=1)
    query = select(AuditEntry.details).where(AuditEntry.action == "payments.clock", recent)
    details = await session.scalar(query.order_by(AuditEntry.at.desc()).limit(1))
    return int(details["seconds"]) if details else None


async def _report_clock(deps: Deps, error: ClockSkew) -> None:
    """Says that the clock is wrong; webhooks are refused until it is set right."""
    log.error("webhook refused: %s; set this server's clock (NTP)", error)
    async with deps.transaction() as session:
        details = {"seconds": error.seconds}
        session.add(AuditEntry(action="payments.clock", target="server", details=details))
