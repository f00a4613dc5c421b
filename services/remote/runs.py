"""Runs: their rows, how runs start, move and end, and how long they took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Float, Row, Select, func, not_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Generation, RunRow
from db.models.remote import MEASURED
from db.states import RUN_OPEN, RunState
from services import jobs
from services.deps import Deps, engine_of
from services.engines.base import EngineInfo, FileRef, Operation

Kind = Literal["training", "generation"]
URL_EXPIRY = timedelta(hours=24)  # of the URLs that workers get; S3 allows 7 days


class LostRace(Exception):
    """An error for a run that another process moved first, for example by a cancel."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits of each phase; past one, the run ends as expired, with nothing charged."""

    accept: timedelta  # until an engine accepts the run
    wait: timedelta  # in the engine's own queue
    run: timedelta  # while the engine works
    orphan: timedelta  # for the results of a submit whose answer was lost
    poll: tuple[float, float]  # shortest and longest seconds between polls


@dataclass(frozen=True, slots=True)
class Run:
    """A row of `remote_jobs` as read; `overdue` and `age` (seconds) use the database's clock.

    first, units: which of the generation's images this run makes. again: a second time.
    """

    id: UUID
    user_id: UUID
    kind: str
    user_model_id: UUID | None
    generation_id: UUID | None
    job_id: UUID | None
    state: RunState
    engine: str
    attempt: int
    misses: int
    first: int
    units: int
    again: bool
    credits: int
    remote_id: str | None
    overdue: bool
    age: float


async def start(
    session: AsyncSession,
    deps: Deps,
    *,
    kind: Kind,
    engine: EngineInfo,
    user_id: UUID,
    limits: Limits,
    user_model_id: UUID | None = None,
    generation_id: UUID | None = None,
    first: int = 0,
    units: int = 1,
    again: bool = False,
    credits: int = 0,
) -> UUID:
    """Queue one run at an engine, and the job that drives it, in the caller's transaction."""
    id = deps.new_id()
    job_id = await enqueue(session, run_id=id, kind=kind, user_id=user_id, engine=engine.name)
    row = RunRow(
        id=id,
        user_id=user_id,
        kind=kind,
        user_model_id=user_model_id,
        generation_id=generation_id,
        job_id=job_id,
        engine=engine.name,
        first=first,
        units=units,
        again=again,
        credits=credits,
        image_cost_usd=engine.cost_per_image_usd,
        deadline_at=func.now() + patience(engine, limits),
    )
    session.add(row)
    await session.flush()
    return id


async def enqueue(
    session: AsyncSession, *, run_id: UUID, kind: str, user_id: UUID, engine: str
) -> UUID:
    """Enqueue the job that drives a run, at a process with its engine; return the job's id."""
    return await jobs.enqueue(
        session,
        kind=kind,
        payload={"run_id": str(run_id)},
        user_id=user_id,
        dedupe_key=f"remote:{run_id}",
        needs=engine_of(engine),
    )


def patience(engine: EngineInfo, limits: Limits) -> timedelta:
    """Return how long a run may be queued.

    An in-process engine has no queue but our own, so the limit `wait` applies to that queue.
    """
    return limits.wait if engine.in_process else limits.accept


def readable(deps: Deps, key: str) -> FileRef:
    """Return a reference to a file that an engine may fetch."""
    return FileRef(key, deps.storage.url(key, expires=URL_EXPIRY, external=True))


def writable(deps: Deps, key: str, *, content_type: str, limit: int) -> FileRef:
    """Return a reference where an engine may put one file of at most `limit` bytes."""
    url = deps.storage.url(
        key,
        method="PUT",
        expires=URL_EXPIRY,
        content_type=content_type,
        max_bytes=limit,
        external=True,
    )
    return FileRef(key, url)


async def now(session: AsyncSession) -> datetime:
    """Return the time of the database's clock."""
    return (await session.execute(select(func.now()))).scalar_one()


async def typical_seconds(
    session: AsyncSession,
    engine: EngineInfo,
    *,
    kind: Kind,
    operation: Operation = Operation.GENERATE,
    method: str | None = None,
) -> float | None:
    """Return the seconds of work for one unit, an image or a training, at this engine.

    This is the median of the last 50 runs (by this method) that succeeded at the first attempt,
    from the start of work to the end, without any wait here or at the engine. Without measured
    runs, return the engine's own figure, or None if it has none.
    """
    seconds = func.extract("epoch", RunRow.finished_at - RunRow.running_at)
    query = select((seconds / RunRow.units).label("each")).where(
        RunRow.kind == kind, RunRow.engine == engine.name, MEASURED
    )
    if kind == "generation":
        query = query.join(Generation, Generation.id == RunRow.generation_id)
        query = query.where(Generation.operation == operation)
    if method is not None:
        query = query.where(Generation.method == method)
    recent = query.order_by(RunRow.finished_at.desc()).limit(50).subquery()
    median = await session.scalar(select(func.percentile_cont(0.5).within_group(recent.c.each)))
    if median is not None:
        return float(median)
    if operation is not Operation.GENERATE:
        return None
    return engine.training_seconds if kind == "training" else engine.image_seconds


_COLUMNS: Sequence[Any] = (
    RunRow.id,
    RunRow.user_id,
    RunRow.kind,
    RunRow.user_model_id,
    RunRow.generation_id,
    RunRow.job_id,
    RunRow.state,
    RunRow.engine,
    RunRow.attempt,
    RunRow.misses,
    RunRow.first,
    RunRow.units,
    RunRow.again,
    RunRow.credits,
    RunRow.remote_id,
    (RunRow.deadline_at < func.now()).label("overdue"),
    func.extract("epoch", func.now() - func.coalesce(RunRow.submitted_at, RunRow.created_at))
    .cast(Float)
    .label("age"),
)


def query() -> Select[Any]:
    """Return a SELECT of the columns of a `Run`; the caller adds the conditions."""
    return select(*_COLUMNS)


def run_of(row: Row[Any]) -> Run:
    """Return the Run of one row of `query`."""
    return Run(**{**row._mapping, "state": RunState(row.state)})


async def load(deps: Deps, id: UUID) -> Run | None:
    """Return the run as it is now, or None when its owner or its target was deleted."""
    async with deps.transaction() as session:
        row = (await session.execute(query().where(RunRow.id == id))).one_or_none()
    return row and run_of(row)


async def move(session: AsyncSession, run: Run, to: RunState, **values: Any) -> Run:
    """Move the run to a state. Raises LostRace if the run has changed since it was read."""
    moved = await session.execute(
        update(RunRow)
        .where(RunRow.id == run.id, RunRow.state == run.state, RunRow.attempt == run.attempt)
        .values(state=to, **values)
        .returning(*_COLUMNS)
    )
    row = moved.one_or_none()
    if row is None:
        raise LostRace
    return run_of(row)


async def made(session: AsyncSession, *, generation_id: UUID) -> set[int]:
    """Return the positions of the images that the generation's runs have made, erased ones too."""
    positions = select(func.unnest(RunRow.made)).where(RunRow.generation_id == generation_id)
    return set(await session.scalars(positions))


async def made_by(session: AsyncSession, run: Run) -> set[int]:
    """Return the positions of the images that this run must skip.

    A run that makes images a second time (`again`) skips only its own.
    """
    if not run.again:
        return await made(session, generation_id=run.generation_id or run.id)
    positions = select(func.unnest(RunRow.made)).where(RunRow.id == run.id)
    return set(await session.scalars(positions))


async def record_made(session: AsyncSession, run: Run, *, position: int) -> bool:
    """Record that the run has made an image; the caller stores the image in the same transaction.

    Return False if the run has changed since it was read, or has made this image before.
    """
    recorded = await session.scalar(
        update(RunRow)
        .where(
            RunRow.id == run.id,
            RunRow.attempt == run.attempt,
            RunRow.state == run.state,
            not_(RunRow.made.contains([position])),
        )
        .values(made=func.array_append(RunRow.made, position))
        .returning(RunRow.id)
    )
    return recorded is not None


async def others_open(session: AsyncSession, run: Run) -> bool:
    """Return whether other runs of the same generation are open. The caller holds its row lock."""
    others = select(RunRow.id).where(
        RunRow.generation_id == run.generation_id,
        RunRow.id != run.id,
        RunRow.state.in_(RUN_OPEN),
    )
    return await session.scalar(others.limit(1)) is not None
