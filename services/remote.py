"""The machine that drives every engine: submit once, poll, fetch, and always end.

    queued -> submitting -> submitted -> running -> fetching -> succeeded
                  |             |           |           |
                  +-- unknown --+-----------+-----------+---> failed | canceled | expired

`submitting` is committed before the one POST, so that a crash leaves a trace: what is found in
it again *may* have been accepted, so it is unknown. An unknown submit is repeated only where
that can't charge twice, and once for images, with the same seeds. Every move is
`UPDATE ... WHERE state AND attempt`; who changes no row has lost the race and gives up.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from uuid import UUID

from sqlalchemy import Float, Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import RemoteJob
from db.models.remote import OPEN
from services import jobs
from services.deps import Deps
from services.engines.base import (
    EngineError,
    FileRef,
    Refused,
    RemoteState,
    RemoteStatus,
    Unknown,
)
from services.results import BadResult

log = logging.getLogger(__name__)

Kind = Literal["training", "generation"]
CANCEL = "cancel_remote"
URL_EXPIRY = timedelta(hours=24)  # of the URLs that workers are given; S3 allows 7 days
MAX_MISSES = 4  # where a repeat is free


class LostRace(Exception):
    """Somebody else moved the run first, for example a cancellation."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each part may take before the run ends as expired, with nothing charged."""

    accept: timedelta  # until an engine takes it
    wait: timedelta  # in the engine's own queue
    run: timedelta  # at work
    orphan: timedelta  # for the results of a submit whose answer was lost
    poll: tuple[float, float]  # shortest and longest seconds between polls


@dataclass(frozen=True, slots=True)
class Run:
    """A row of `remote_jobs` as read; `overdue`, `age` (seconds) by the database's clock.

    first, units: of the generation's images, those that this run makes.
    """

    id: UUID
    user_id: UUID
    kind: str
    user_model_id: UUID | None
    generation_id: UUID | None
    job_id: UUID | None
    state: str
    attempt: int
    misses: int
    first: int
    units: int
    credits: int
    remote_id: str | None
    overdue: bool
    age: float


class Work(Protocol):
    """What differs between training and generating. Methods with a session run inside the move.

    send: the one submit. progress: what the engine reports. collect: results into our own
    storage and rows, safe to repeat, with partial results too; raises BadResult when nothing
    usable can come. find: results of a lost submit that lie in our storage, or None.
    """

    limits: Limits

    async def send(self, run: Run) -> RemoteStatus: ...  # noqa: D102

    async def progress(self, session: AsyncSession, run: Run, status: RemoteStatus) -> None: ...  # noqa: D102

    async def collect(self, run: Run, status: RemoteStatus) -> None: ...  # noqa: D102

    async def find(self, run: Run) -> RemoteStatus | None: ...  # noqa: D102

    async def succeed(self, session: AsyncSession, run: Run, status: RemoteStatus) -> None: ...  # noqa: D102

    async def fail(self, session: AsyncSession, run: Run, reason: str) -> None: ...  # noqa: D102


async def start(
    session: AsyncSession,
    deps: Deps,
    *,
    kind: Kind,
    user_id: UUID,
    limits: Limits,
    user_model_id: UUID | None = None,
    generation_id: UUID | None = None,
    first: int = 0,
    units: int = 1,
    credits: int = 0,
) -> UUID:
    """Queues one run in the caller's transaction, and the job that drives it."""
    id = deps.new_id()
    job_id = await jobs.enqueue(
        session,
        kind=kind,
        payload={"run_id": str(id)},
        user_id=user_id,
        dedupe_key=f"remote:{id}",
    )
    row = RemoteJob(
        id=id,
        user_id=user_id,
        kind=kind,
        user_model_id=user_model_id,
        generation_id=generation_id,
        job_id=job_id,
        engine=deps.engine.info.name,
        first=first,
        units=units,
        credits=credits,
        deadline_at=func.now() + limits.accept,
    )
    session.add(row)
    await session.flush()
    return id


async def cancel(
    session: AsyncSession, *, user_model_id: UUID | None = None, generation_id: UUID | None = None
) -> list[Run]:
    """Ends the open runs of one target at once; what they still bring is discarded.

    The engine is told by a job of its own, so that this answers at once and survives a crash.
    Returns the runs as they were. Locks in the order of a handler: job, run, then its target.
    """
    target = (
        RemoteJob.user_model_id == user_model_id
        if user_model_id
        else RemoteJob.generation_id == generation_id
    )
    canceled: list[Run] = []
    while rows := (await session.execute(_query().where(target, RemoteJob.state.in_(OPEN)))).all():
        for run in map(_run, rows):
            if run.job_id and run.state != "submitting":  # a POST under way is seen to its end
                await jobs.cancel(session, job_id=run.job_id)
            with suppress(LostRace):  # then it is looked at again
                await _move(session, run, "canceled", finished_at=func.now())
                await tell(session, run)
                canceled.append(run)
    return canceled


async def tell(session: AsyncSession, run: Run) -> None:
    """Have the engine stop a run that we have ended, if it knows of it."""
    if run.remote_id:
        await jobs.enqueue(
            session,
            kind=CANCEL,
            payload={"remote_id": run.remote_id},
            user_id=run.user_id,
            dedupe_key=f"cancel:{run.id}",
            priority=jobs.Priority.URGENT,
        )


async def handle_cancel(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """The job behind `tell`. An engine that can't stop it brings a result nobody looks at."""
    stopped = await deps.engine.cancel(job.payload["remote_id"])
    log.info("remote job %s %s", job.payload["remote_id"], "stopped" if stopped else "discarded")
    return jobs.Done()


def readable(deps: Deps, key: str) -> FileRef:
    """A file that an engine may fetch."""
    return FileRef(key, deps.storage.url(key, expires=URL_EXPIRY, external=True))


def writable(deps: Deps, key: str, *, content_type: str, limit: int) -> FileRef:
    """A place where an engine may put one file of at most `limit` bytes."""
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
    """The database's clock."""
    return (await session.execute(select(func.now()))).scalar_one()


async def typical_seconds(session: AsyncSession, deps: Deps, *, kind: Kind) -> float | None:
    """Median seconds of one unit over the last 50 runs at the present engine, None without any."""
    seconds = func.extract("epoch", RemoteJob.finished_at - RemoteJob.submitted_at)
    recent = (
        select((seconds / RemoteJob.units).label("each"))
        .where(
            RemoteJob.kind == kind,
            RemoteJob.engine == deps.engine.info.name,
            RemoteJob.state == "succeeded",
        )
        .order_by(RemoteJob.finished_at.desc())
        .limit(50)
        .subquery()
    )
    median = await session.scalar(select(func.percentile_cont(0.5).within_group(recent.c.each)))
    return None if median is None else float(median)


async def drive(deps: Deps, job: jobs.Job, work: Work) -> jobs.Outcome:
    """One step of a run; safe to repeat after a crash at any point."""
    run = await _load(deps, UUID(job.payload["run_id"]))
    if run is None or run.state not in OPEN:
        return jobs.Done()
    try:
        return await _Driver(deps, job, work).step(run)
    except LostRace:
        return jobs.Done()


async def abandon(session: AsyncSession, job: jobs.Job, work: Work, reason: str) -> None:
    """Ends the run of a job that the queue has given up, in that same transaction."""
    query = _query().where(RemoteJob.id == UUID(job.payload["run_id"]))
    row = (await session.execute(query)).one_or_none()
    if row is None or row.state not in OPEN:
        return
    run = _run(row)
    await tell(session, run)
    log.error("run %s was given up: %s", run.id, reason)
    plain = "It failed several times for a reason on our side."
    run = await _move(session, run, "failed", reason=reason, finished_at=func.now())
    await work.fail(session, run, plain)


@dataclass(frozen=True, slots=True)
class _Driver:
    deps: Deps
    job: jobs.Job
    work: Work

    async def step(self, run: Run) -> jobs.Outcome:
        if run.overdue:
            return await self._expire(run)
        if run.state == "queued":
            return await self._submit(run)
        if run.state == "submitting":
            return await self._miss(run)
        if run.state == "unknown":
            return await self._search(run)
        return await self._poll(run)

    async def _submit(self, run: Run) -> jobs.Outcome:
        """The one POST, between a committed `submitting` and what came of it."""
        run = await self._move(run, "submitting", attempt=run.attempt + 1, submitting_at=func.now())
        try:
            status = await self.work.send(run)
        except Refused as refused:
            return await self._refused(run, refused)
        except Unknown as unknown:
            log.warning("run %s: the answer to a submit never came: %s", run.id, unknown)
            return await self._miss(run)
        try:
            run = await self._move(
                run,
                "submitted",
                remote_id=status.remote_id,
                submitted_at=func.now(),
                deadline_at=func.now() + self.work.limits.wait,
            )
        except LostRace:
            await self._disown(run, status.remote_id)
            raise
        return await self._advance(run, status)

    async def _disown(self, run: Run, remote_id: str) -> None:
        """Stops what was accepted after its run had been ended."""
        now = await _load(self.deps, run.id)
        if remote_id and (now is None or now.state not in OPEN):
            await self.deps.engine.cancel(remote_id)

    async def _refused(self, run: Run, refused: Refused) -> jobs.Outcome:
        if not refused.retryable:
            return await self._fail(run, str(refused))
        await self._move(run, "queued", reason=str(refused))
        wait = refused.retry_after or min(60.0, 2.0 ** min(run.attempt, 6))
        return jobs.Again(after=timedelta(seconds=wait))

    async def _miss(self, run: Run) -> jobs.Outcome:
        """A submit whose fate is not known has been found out."""
        deadline = func.now() + self.work.limits.orphan
        return await self._search(
            await self._move(run, "unknown", misses=run.misses + 1, deadline_at=deadline)
        )

    async def _search(self, run: Run) -> jobs.Outcome:
        """It may have been accepted: look for its results, or repeat it where that is allowed."""
        if found := await self.work.find(run):
            return await self._finish(run, found)
        if self._may_repeat(run):
            await self._move(run, "queued", deadline_at=func.now() + self.work.limits.accept)
            return jobs.Again(after=timedelta())
        return jobs.Again(after=timedelta(seconds=15))

    def _may_repeat(self, run: Run) -> bool:
        if self.deps.engine.info.resubmit_safe:
            return run.misses <= MAX_MISSES
        return run.kind == "generation" and run.misses <= 1

    async def _poll(self, run: Run) -> jobs.Outcome:
        if not run.remote_id:  # the answer was the result, and a crash lost it
            return await self._miss(run)
        try:
            status = await self.deps.engine.poll(run.remote_id)
        except EngineError as error:
            log.warning("run %s: the engine can’t be asked: %s", run.id, error)
            return jobs.Again(after=timedelta(seconds=10))
        return await self._advance(run, status)

    async def _advance(self, run: Run, status: RemoteStatus) -> jobs.Outcome:
        """What the engine says, acted on."""
        if status.state is RemoteState.SUCCEEDED:
            return await self._finish(run, status)
        if status.state is RemoteState.LOST:
            return await self._forgotten(run)
        if status.state is RemoteState.FAILED:
            return await self._failed(run, status)
        if status.state is RemoteState.CANCELED:
            return await self._fail(run, "The engine’s operator stopped this work.")
        return await self._watch(run, status)

    async def _watch(self, run: Run, status: RemoteStatus) -> jobs.Outcome:
        if status.results or status.samples:
            await self.work.collect(run, status)
        async with self.job.transaction(self.deps) as session:
            if run.state == "submitted" and status.state is RemoteState.RUNNING:
                deadline = func.now() + self.work.limits.run
                run = await _move(
                    session, run, "running", running_at=func.now(), deadline_at=deadline
                )
            else:
                run = await _move(session, run, run.state)
            await self.work.progress(session, run, status)
        shortest, longest = self.work.limits.poll
        return jobs.Again(after=timedelta(seconds=min(longest, max(shortest, run.age / 20))))

    async def _forgotten(self, run: Run) -> jobs.Outcome:
        """The engine does not know it. Before the deadline that proves nothing."""
        if self.deps.engine.info.resubmit_safe:
            return await self._miss(run)
        return jobs.Again(after=timedelta(seconds=15))

    async def _failed(self, run: Run, status: RemoteStatus) -> jobs.Outcome:
        if status.retryable and run.misses == 0:
            await self._move(run, "queued", misses=1, remote_id=None, reason=status.reason)
            return jobs.Again(after=timedelta(seconds=5))
        return await self._fail(run, status.reason or "The engine gave no reason.")

    async def _finish(self, run: Run, status: RemoteStatus) -> jobs.Outcome:
        """Bytes first: success is only said of what lies in our own storage."""
        if run.state != "fetching":
            run = await self._move(run, "fetching")
        try:
            await self.work.collect(run, status)
        except BadResult as bad:
            return await self._fail(run, str(bad))
        async with self.job.transaction(self.deps) as session:
            run = await _move(session, run, "succeeded", finished_at=func.now())
            await self.work.succeed(session, run, status)
        return jobs.Done()

    async def _fail(self, run: Run, reason: str) -> jobs.Outcome:
        async with self.job.transaction(self.deps) as session:
            run = await _move(session, run, "failed", reason=reason, finished_at=func.now())
            await self.work.fail(session, run, reason)
        return jobs.Done()

    async def _expire(self, run: Run) -> jobs.Outcome:
        reason = (
            "No engine took it in time."
            if run.state == "queued"
            else "The engine did not finish in time, so we stopped waiting."
        )
        async with self.job.transaction(self.deps) as session:
            await tell(session, run)
            run = await _move(session, run, "expired", reason=reason, finished_at=func.now())
            await self.work.fail(session, run, reason)
        return jobs.Done()

    async def _move(self, run: Run, to: str, **values: Any) -> Run:
        async with self.job.transaction(self.deps) as session:
            return await _move(session, run, to, **values)


_COLUMNS: Sequence[Any] = (
    RemoteJob.id,
    RemoteJob.user_id,
    RemoteJob.kind,
    RemoteJob.user_model_id,
    RemoteJob.generation_id,
    RemoteJob.job_id,
    RemoteJob.state,
    RemoteJob.attempt,
    RemoteJob.misses,
    RemoteJob.first,
    RemoteJob.units,
    RemoteJob.credits,
    RemoteJob.remote_id,
    (RemoteJob.deadline_at < func.now()).label("overdue"),
    func.extract("epoch", func.now() - func.coalesce(RemoteJob.submitted_at, RemoteJob.created_at))
    .cast(Float)
    .label("age"),
)


def _query() -> Select[Any]:
    return select(*_COLUMNS)


def _run(row: Row[Any]) -> Run:
    return Run(**row._mapping)


async def _load(deps: Deps, id: UUID) -> Run | None:
    async with deps.transaction() as session:
        row = (await session.execute(_query().where(RemoteJob.id == id))).one_or_none()
    return row and _run(row)


async def _move(session: AsyncSession, run: Run, to: str, **values: Any) -> Run:
    """The guarded move. Raises LostRace when the run is no longer as it was read."""
    moved = await session.execute(
        update(RemoteJob)
        .where(
            RemoteJob.id == run.id, RemoteJob.state == run.state, RemoteJob.attempt == run.attempt
        )
        .values(state=to, **values)
        .returning(*_COLUMNS)
    )
    row = moved.one_or_none()
    if row is None:
        raise LostRace
    return _run(row)


async def others_open(session: AsyncSession, run: Run) -> bool:
    """Whether other runs of the same generation are still at work. The caller holds its row."""
    query = select(RemoteJob.id).where(
        RemoteJob.generation_id == run.generation_id,
        RemoteJob.id != run.id,
        RemoteJob.state.in_(OPEN),
    )
    return await session.scalar(query.limit(1)) is not None
