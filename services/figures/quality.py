"""How good the work was in the last 30 days: times, likeness, what was given back, failures.

Over all members together, from measures that name nobody: also of images that were erased since,
so that who deletes the worst makes nothing look better.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.figures import measures, reports

NAME = "quality"
DAYS = 30
FEW = 20  # figures of fewer pictures say little, and perhaps whose they are: not shown to visitors

_SINCE = f"measure.day > (now() at time zone 'utc')::date - {DAYS}"
_RECENT = f"from work_measures measure where {_SINCE}"
_TIMES = text(f"""
    select operation, engine, method, count(*) as works,
        percentile_cont(0.5) within group (order by total) as total,
        percentile_cont(0.5) within group (order by run) as run
    {_RECENT} and status = 'succeeded' and total is not null
    group by operation, engine, method
    order by operation = '{measures.TRAIN}' desc, operation, engine, method""")
_LIKENESS = text(f"""
    select method, style, count(likeness) as images,
        percentile_cont(0.5) within group (order by likeness) as median,
        percentile_cont(0.1) within group (order by likeness) as tenth,
        count(judged) as judged_images,
        percentile_cont(0.5) within group (order by judged) as judged
    from (
        select measure.method, measure.style, number.likeness, number.judged
        from work_measures measure
            cross join lateral unnest(measure.likeness, measure.judged) number (likeness, judged)
        where {_SINCE} and operation <> '{measures.TRAIN}') image
    group by grouping sets ((method), (method, style))
    having count(likeness) > 0
    order by method, grouping(style) desc, images desc, style""")  # noqa: S608  # constants
_ENDED = text(f"""
    select count(*) filter (where status <> 'canceled') as ended,
        count(*) filter (where status = 'failed') as failed,
        coalesce(sum(charged) filter (where status <> 'canceled'), 0) as charged,
        coalesce(sum(given_back) filter (where status <> 'canceled'), 0) as given_back
    {_RECENT}""")
_FAILED = text(f"""
    select reason, count(*) as works {_RECENT} and status = 'failed'
    group by reason order by works desc, reason""")


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds in the middle: from the click to the end, and of work alone."""

    operation: str
    engine: str
    method: str
    works: int
    total: float
    run: float | None


@dataclass(frozen=True, slots=True)
class Alike:
    """Likeness of images of one method, in one style; style None: in all. 0-100.

    judged: the median by the operator's own network, of judged_images; None where there are none.
    """

    method: str
    style: str | None
    images: int
    median: float
    tenth: float
    judged_images: int = 0
    judged: float | None = None

    def of_many(self) -> "Alike":
        """Without what the network said of few images."""
        return self if self.judged_images >= FEW else replace(self, judged_images=0, judged=None)


@dataclass(frozen=True, slots=True)
class Quality:
    """The last 30 days. ended: without what members canceled. failed: {reason: works}.

    charged, given_back: credits of what ended.
    """

    times: list[Time]
    alike: list[Alike]
    ended: int
    failed: dict[str, int]
    charged: int
    given_back: int
    at: datetime

    def of_many(self) -> "Quality":
        """Without the rows of few works or images; nothing is said of few works in all."""
        times = [row for row in self.times if row.works >= FEW]
        alike = [row.of_many() for row in self.alike if row.images >= FEW]
        if self.ended < FEW:
            return Quality(times, alike, 0, {}, 0, 0, self.at)
        return replace(self, times=times, alike=alike)


async def refresh(session: AsyncSession) -> Quality:
    """Reads every measure of the time, and keeps what was found."""
    ended = (await session.execute(_ENDED)).one()
    value = {
        "times": await _rows(session, _TIMES),
        "alike": await _rows(session, _LIKENESS),
        "failed": dict((await session.execute(_FAILED)).all()),
        "ended": ended.ended,
        "charged": ended.charged,
        "given_back": ended.given_back,
    }
    report = await reports.keep(session, name=NAME, value=value)
    return _view(report)


async def kept(session: AsyncSession) -> Quality:
    """As it was last found; the first time, anew."""
    report = await reports.find(session, name=NAME)
    return _view(report) if report else await refresh(session)


async def _rows(session: AsyncSession, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in (await session.execute(query)).mappings()]


def _view(report: reports.Report) -> Quality:
    value = dict(report.value)
    times = [Time(**row) for row in value.pop("times")]
    alike = [Alike(**row) for row in value.pop("alike")]
    return Quality(times=times, alike=alike, at=report.made_at, **value)
