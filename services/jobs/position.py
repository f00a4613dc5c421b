"""A waiting job's position in the queue: how many jobs are ahead of it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Started: the job has been leased once, whether it holds a slot now or waits for something remote.
AHEAD = text("""
    select id, case when started_at is null then
        case state when 'queued' then (
            select count(*) from job_queue ahead where ahead.state = 'queued'
                and (ahead.needs is null or ahead.needs = job.needs)
                and (ahead.turn, ahead.run_at) < (job.turn, job.run_at)) else 0 end end as ahead
    from job_queue job where id = any(:ids) and state in ('waiting', 'queued', 'leased')""")


async def ahead(session: AsyncSession, *, job_ids: Collection[UUID]) -> dict[UUID, int | None]:
    """Return how many jobs are ahead of each of these open jobs; None for a started job."""
    rows = await session.execute(AHEAD, {"ids": list(job_ids)})
    return {row.id: row.ahead for row in rows}
