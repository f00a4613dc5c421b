"""The hourly tick that deletes expired sessions, links, limits, answers and addresses."""

from datetime import timedelta

from services.accounts import one_time_links, past_members, rate_limits, sessions
from services.deps import Deps, Session
from services.kit import idempotency
from services.limits import calls
from services.training import phone_links
from services.workers import claims

EVERY = timedelta(hours=1)


async def _prune_calls(session: Session, deps: Deps) -> None:
    await calls.prune(session, now=deps.now())


PRUNES = (
    sessions.prune,
    one_time_links.prune,
    rate_limits.prune,
    idempotency.prune,
    past_members.prune,
    claims.prune,
    phone_links.prune,
    _prune_calls,
)


async def tick(deps: Deps) -> None:
    """Prune each table in a transaction of its own, so that none waits for another."""
    for prune in PRUNES:
        async with deps.transaction() as session:
            await prune(session, deps)
