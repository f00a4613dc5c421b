"""The hourly clean-up of what has had its day: sessions, links, throttles, remembered answers."""

from datetime import timedelta

from services import idempotency, links, sessions, throttle
from services.deps import Deps
from services.jobs import Done, Job, Outcome

INTERVAL = timedelta(hours=1)
PRUNES = (sessions.prune, links.prune, throttle.prune, idempotency.prune)


async def run(deps: Deps, job: Job) -> Outcome:
    """Tick: each table in a transaction of its own, so that none waits for another."""
    for prune in PRUNES:
        async with job.transaction(deps) as session:
            await prune(session, deps)
    return Done()
