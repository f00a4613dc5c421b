"""The line as those see it who wait in it: the place, and when it should be over."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

SAMPLE = 50  # finished jobs of a kind that its usual duration is measured from

# Started: under way, whether it holds a slot now or waits for something remote.
STANDINGS = text("""
    select id, kind, state, started_at is not null as started,
        coalesce(extract(epoch from clock_timestamp() - started_at), 0)::float as elapsed,
        case state when 'queued' then (
            select count(*) from job_queue ahead where ahead.state = 'queued'
                and (ahead.needs is null or ahead.needs = job.needs)
                and (ahead.turn, ahead.run_at) < (job.turn, job.run_at)) else 0 end as ahead
    from job_queue job where id = any(:ids) and state in ('waiting', 'queued', 'leased')""")

USUAL = text("""
    select known.kind, last.seconds::float, (
        select count(*) filter (where kind = known.kind and started_at is not null) from (
            select kind, started_at from job_queue where state = 'waiting'
            union all select kind, started_at from job_queue where state = 'leased'
        ) now) as under_way
    from unnest(cast(:kinds as text[])) known (kind), lateral (
        select percentile_cont(0.5) within group (
            order by extract(epoch from finished_at - started_at)) as seconds
        from (select started_at, finished_at from job_queue
            where state = 'done' and kind = known.kind and finished_at is not null
            order by finished_at desc limit :sample) finished) last""")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an open job stands. ahead: jobs in the line before it; None once it has started.

    seconds_left: until it should be done, from measured durations; None while none is known,
    and 0 when it takes longer than usual.
    """

    ahead: int | None
    seconds_left: float | None


async def standings(session: AsyncSession, *, job_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Where these jobs stand, by id; ended ones are left out."""
    rows = (await session.execute(STANDINGS, {"ids": list(job_ids)})).all()
    kinds = sorted({row.kind for row in rows})
    usual = {
        row.kind: row for row in await session.execute(USUAL, {"kinds": kinds, "sample": SAMPLE})
    }
    return {row.id: _standing(row, usual[row.kind]) for row in rows}


def _standing(row: Row[Any], usual: Row[Any]) -> Standing:
    seconds: float | None = None
    if usual.seconds is not None:
        before = 0.0 if row.started else row.ahead * usual.seconds / max(1, usual.under_way)
        seconds = max(0.0, before + usual.seconds - row.elapsed)
    return Standing(None if row.started else row.ahead, seconds)
