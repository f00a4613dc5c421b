"""Sums of all that was ever measured: counters and histograms that only grow.

A measure is read where it lies until the tick moves it into `measure_totals`. One statement does
either, so a scrape sees each measure once, whatever runs beside it, and all processes say the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.deps import Deps

EVERY = timedelta(minutes=5)
KEPT = timedelta(days=90)  # how long single measures stay, for what needs medians
BATCH = 10_000

# Upper bounds of the buckets, in seconds and in points of likeness.
SECONDS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600)
LIKENESS = (10, 20, 27, 30, 40, 50, 60, 65, 70, 75, 80, 85, 90, 95, 100)
HISTOGRAMS: dict[str, tuple[float, ...]] = {
    "wait": SECONDS,
    "run": SECONDS,
    "total": SECONDS,
    "likeness": LIKENESS,
}

# Each measure as the values that are summed; 0 in a counter is no value.
_VALUES = """
    select fact.name, measure.engine, measure.method, measure.operation, fact.detail, fact.value
    from {source} measure cross join lateral (
        values ('wait', '', measure.wait), ('run', '', measure.run),
            ('total', '', measure.total), ('ended', measure.status, 1),
            ('failed', measure.reason, case when measure.reason is not null then 1 end),
            ('images', '', nullif(measure.made, 0)), ('charged', '', nullif(measure.charged, 0)),
            ('given_back', '', nullif(measure.given_back, 0)),
            ('cost', '', nullif(measure.cost_usd, 0))
        union all select 'likeness', '', unnest(measure.likeness)
    ) fact (name, detail, value) where fact.value is not null"""
_BOUNDS = ", ".join(f"('{n}', array[{', '.join(map(str, b))}])" for n, b in HISTOGRAMS.items())
_SUMMED = f"""
    select value.name, value.engine, value.method, value.operation, value.detail,
        coalesce((select count(*) from unnest(bounds.upper) bound where bound < value.value), 0)
            as bucket,
        count(*) as count, sum(value.value) as total
    from ({_VALUES}) value left join (
        values {_BOUNDS}
    ) bounds (name, upper) on bounds.name = value.name
    group by 1, 2, 3, 4, 5, 6"""  # noqa: S608  # constants of this module
_FOLD = text(f"""
    with taken as (
        update work_measures set counted = true where id in (
            select id from work_measures where not counted order by id limit {BATCH}
            for update skip locked)
        returning *),
    known as (
        insert into measure_totals as known
            (name, engine, method, operation, detail, bucket, count, total)
        {_SUMMED.format(source="taken")} order by 1, 2, 3, 4, 5, 6
        on conflict (name, engine, method, operation, detail, bucket) do update
            set count = known.count + excluded.count, total = known.total + excluded.total)
    select count(*) from taken""")  # noqa: S608
_READ = text(f"""
    select name, engine, method, operation, detail, bucket,
        sum(count)::bigint as count, sum(total)::float as total
    from (
        select name, engine, method, operation, detail, bucket, count, total from measure_totals
        union all
        {_SUMMED.format(source="(select * from work_measures where not counted)")}
    ) known group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6""")  # noqa: S608
_PRUNE = text("delete from work_measures where counted and day < current_date - :days")


@dataclass(frozen=True, slots=True)
class Sum:
    """count values, `total` together, of one name and its labels, in one bucket."""

    name: str
    engine: str
    method: str
    operation: str
    detail: str
    bucket: int
    count: int
    total: float


async def read(session: AsyncSession) -> Sequence[Sum]:
    """Everything that was ever measured, in one snapshot."""
    return [Sum(**row._mapping) for row in await session.execute(_READ)]


async def tick(deps: Deps) -> None:
    """Moves what is new into the totals, and forgets single measures that are old."""
    while True:
        async with deps.transaction() as session:
            if not await session.scalar(_FOLD):
                await session.execute(_PRUNE, {"days": KEPT.days})
                return
