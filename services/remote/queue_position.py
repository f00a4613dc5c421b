"""What a member may expect: the position in the queue and, separately, the time of the work."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Generation, RunRow
from db.states import RUN_OPEN, RunState
from services import jobs
from services.deps import Deps
from services.engines.base import Operation
from services.remote import runs

AT_WORK = (RunState.RUNNING, RunState.FETCHING)


@dataclass(frozen=True, slots=True)
class Promise:
    """The queue position and remaining time of one user model or generation.

    place: 1 is next; None once any of its runs has left our queue. at_work: an engine works on it.
    seconds_left: seconds of work, without the wait; 0 when the work takes longer than usual, None
    if not known.
    """

    place: int | None
    at_work: bool
    seconds_left: float | None


async def promises(session: AsyncSession, deps: Deps, *, user_id: UUID) -> dict[UUID, Promise]:
    """Return a Promise per user model or generation with open runs, by its id."""
    elapsed = func.extract("epoch", func.clock_timestamp() - RunRow.running_at).cast(Float)
    rows = await session.execute(
        select(
            func.coalesce(RunRow.user_model_id, RunRow.generation_id).label("target"),
            RunRow.job_id,
            RunRow.kind,
            Generation.operation,
            RunRow.engine,
            RunRow.units,
            Generation.method,
            RunRow.state.in_(AT_WORK).label("at_work"),
            RunRow.seconds_left,
            elapsed.label("elapsed"),
        )
        .join_from(RunRow, Generation, Generation.id == RunRow.generation_id, isouter=True)
        .where(RunRow.user_id == user_id, RunRow.state.in_(RUN_OPEN), RunRow.job_id.is_not(None))
    )
    by_target: dict[UUID, list[Row[Any]]] = {}
    for row in rows:
        by_target.setdefault(row.target, []).append(row)
    open_runs = [row for each in by_target.values() for row in each]
    ahead = await jobs.ahead(session, job_ids=[row.job_id for row in open_runs])
    usual = {
        kind: await _usual(session, deps, row)
        for kind, row in {_kind(row): row for row in open_runs}.items()
    }
    return {
        target: _promise(
            [ahead.get(row.job_id) for row in each],
            [_left(row, usual[_kind(row)]) for row in each],
            at_work=any(row.at_work for row in each),
        )
        for target, each in by_target.items()
    }


def _kind(row: Row[Any]) -> tuple[Any, ...]:
    """Return what runs of the same typical duration have in common."""
    return row.engine, row.kind, row.method, row.operation


async def _usual(session: AsyncSession, deps: Deps, row: Row[Any]) -> float | None:
    """Return the typical seconds for one unit of such a run at its engine."""
    info = deps.engines.info(row.engine)
    if info is None:
        return None
    operation = Operation(row.operation or Operation.GENERATE)
    return await runs.typical_seconds(
        session, info, kind=row.kind, operation=operation, method=row.method
    )


def _left(row: Row[Any], each: float | None) -> float | None:
    """Return the engine's own estimate of a run, else the typical time minus the elapsed time."""
    if not row.at_work:
        return None if each is None else each * row.units
    if row.seconds_left is not None:
        return float(row.seconds_left)
    return None if each is None else max(0.0, each * row.units - (row.elapsed or 0.0))


def _promise(
    ahead: Sequence[int | None], left: Sequence[float | None], *, at_work: bool
) -> Promise:
    """Combine parallel runs: the first one to start counts, and the last one to end."""
    waiting = [count for count in ahead if count is not None]
    known = [seconds for seconds in left if seconds is not None]
    place = min(waiting) + 1 if len(waiting) == len(ahead) else None
    return Promise(place, at_work, max(known, default=None))
