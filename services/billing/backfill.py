"""The daily tick that fetches events which the provider could not deliver."""

import logging
from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import StripeEvent
from services.billing import entitlement, events
from services.deps import Deps

EVERY = timedelta(days=1)
LOOK_BACK = timedelta(days=29)  # events are kept for 30 days
KEPT = timedelta(days=90)

log = logging.getLogger(__name__)


async def tick(deps: Deps) -> None:
    """Store undelivered events, and delete those that were handled long ago."""
    now = await entitlement.database_time(deps)
    missed = await deps.payments.undelivered(now - LOOK_BACK)
    async with deps.transaction() as session:
        found = [event.id for event in missed if await events.store(session, event)]
        await _prune(session)
    if found:
        log.warning("fetched %d webhooks that had not been delivered", len(found))


async def _prune(session: AsyncSession) -> None:
    await session.execute(delete(StripeEvent).where(StripeEvent.handled_at < func.now() - KEPT))
