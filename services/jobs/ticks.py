"""Periodic jobs: each is enqueued once an interval, however many processes check."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.jobs.base import Priority
from services.jobs.queue import enqueue

KNOW = text("""
    insert into job_ticks (name, due_at) select unnest(cast(:names as text[])), now()
    on conflict do nothing""")
FIRE = text("""
    update job_ticks tick set due_at = now() + every
    from unnest(cast(:names as text[]), cast(:every as interval[])) known (name, every)
    where tick.name = known.name and tick.name = any(array(
        select name from job_ticks where due_at <= now() for update skip locked))
    returning tick.name""")


async def fire(session: AsyncSession, ticks: Mapping[str, timedelta]) -> list[str]:
    """Enqueue a job for every tick that is due and return their names; a new tick is due at once.

    A tick whose last job is still open is not enqueued again.
    """
    values = {"names": list(ticks), "every": list(ticks.values())}
    await session.execute(KNOW, values)
    due = list(await session.scalars(FIRE, values))
    for name in due:
        await enqueue(
            session, kind=name, payload={}, dedupe_key="tick", priority=Priority.BACKGROUND
        )
    return due
