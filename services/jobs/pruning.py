"""The hourly tick that prunes jobs which ended long ago."""

from datetime import timedelta

from sqlalchemy import text

from db.states import JobState
from services.deps import Deps

EVERY = timedelta(hours=1)
RETENTION = {
    JobState.DONE: timedelta(days=7),
    JobState.CANCELED: timedelta(days=7),
    JobState.FAILED: timedelta(days=30),
    "dead": timedelta(days=30),
}
BATCH = 1000
PRUNE = text("""
    delete from job_queue where id = any(array(
        select id from job_queue
        where state = :state and finished_at < now() - :keep limit :limit))""")


async def tick(deps: Deps) -> None:
    """Delete jobs that ended longer ago than RETENTION, one batch per transaction."""
    for state, keep in RETENTION.items():
        deleted = BATCH
        while deleted == BATCH:
            async with deps.transaction() as session:
                values = {"state": state, "keep": keep, "limit": BATCH}
                result = await session.execute(PRUNE, values)
                deleted = result.rowcount  # type: ignore[attr-defined]
