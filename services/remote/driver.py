"""The machine that drives every run: submit once, poll, fetch, and always end.

    queued -> submitting -> submitted -> running -> fetching -> succeeded
                  |             |           |           |
                  +-- unknown --+-----------+-----------+---> failed | canceled | expired

`submitting` is committed before the one POST, so that a crash leaves a trace: what is found in
it again *may* have been accepted, so it is unknown. An unknown submit is repeated only where
that can't charge twice, and once for images, with the same seeds. Every move is
`UPDATE ... WHERE state AND attempt`; who changes no row has lost the race and gives up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import RunRow
from db.states import RUN_OPEN, RunState
from services import jobs
from services.deps import Deps, engine_of
from services.engines.base import (
    Engine,
    EngineError,
    Refused,
    RemoteState,
    RemoteStatus,
    Unknown,
)
from services.engines.resident import place_of
from services.remote import cancellation, runs
from services.remote.results import BadResult
from services.remote.runs import Limits, Run

log = logging.getLogger(__name__)

MAX_MISSES = 4  # where a repeat is free; in a row without a result, where it works in process
GLANCE = 0.05  # seconds between two looks at a run in this process
ENDED = {RemoteState.SUCCEEDED, RemoteState.FAILED}
ELSEWHERE = timedelta(seconds=30)  # until a process with the run's engine may take the job
CHECKING = RemoteStatus("", RemoteState.PENDING, stage="checking")


Fail = Callable[[AsyncSession, Run, str], Awaitable[None]]


class Work(Protocol):
    """What differs between training and generating. Methods with a session run inside the move.

    prepare: what will be sent, made before the run is `submitting`; raises BadResult when it
    can't be. send: the one submit, and nothing else. progress: what the engine reports.
    collect: results into our own storage and rows, safe to repeat, with partial results too;
    says whether any was new; raises BadResult when nothing usable can come. find: results of a
    lost submit that lie in our storage, or None.
    """

    @property
    def limits(self) -> Limits: ...  # noqa: D102

    async def prepare(self, run: Run) -> Any: ...  # noqa: D102

    async def send(self, engine: Engine, request: Any) -> RemoteStatus: ...  # noqa: D102

    async def progress(  # noqa: D102
        self, session: AsyncSession, run: Run, status: RemoteStatus
    ) -> None: ...

    async def collect(self, run: Run, status: RemoteStatus) -> bool: ...  # noqa: D102

    async def find(self, run: Run) -> RemoteStatus | None: ...  # noqa: D102

    async def succeed(  # noqa: D102
        self, session: AsyncSession, run: Run, status: RemoteStatus, /
    ) -> None: ...

    async def fail(self, session: AsyncSession, run: Run, reason: str) -> None: ...  # noqa: D102


async def drive(deps: Deps, job: jobs.Job, work: Work) -> jobs.Outcome:
    """One step of a run; safe to repeat after a crash at any point.

    All of its steps, where the engine works in this process: the job's lease then says which
    process that is, and a run costs a try exactly if the process dies that was at it.
    """
    run = await runs.load(deps, UUID(job.payload["run_id"]))
    if run is None:
        return jobs.Done()
    engine = deps.engines.find(run.engine)  # whichever is usual by now
    if engine is None:  # the settings that this process was started with do not have it
        return jobs.Again(after=ELSEWHERE)
    here = engine_of(run.engine, place_of(run.remote_id))
    if here not in deps.offers:  # a worker in another container has it, or ours is starting again
        return jobs.Again(after=timedelta(), needs=here)
    driver = _Driver(deps, job, work, engine)
    if not engine.info.in_process:
        return await _step(driver, run)
    try:
        outcome = await _step(driver, run)
        while isinstance(outcome, jobs.Again):
            await _ended(engine, str(run.id), within=outcome.after)
            outcome = await _step(driver, await runs.load(deps, run.id))
        return outcome
    finally:  # whatever ended it: others may be given the run now
        await engine.cancel(str(run.id))


async def _ended(engine: Engine, remote_id: str, *, within: timedelta) -> None:
    """Wait, but no longer than the run takes: to ask here costs nothing, unlike a whole step."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within.total_seconds()
    while (left := until - loop.time()) > 0:
        if (await engine.poll(remote_id)).state in ENDED:
            return
        await asyncio.sleep(min(left, GLANCE))


async def _step(driver: "_Driver", run: Run | None) -> jobs.Outcome:
    if run is None or run.state not in RUN_OPEN:
        return jobs.Done()
    try:
        return await driver.step(run)
    except runs.LostRace:
        return jobs.Done()


async def abandon(session: AsyncSession, job: jobs.Job, fail: Fail, reason: str) -> None:
    """Ends the run of a job that the queue has given up, in that same transaction."""
    query = runs.query().where(RunRow.id == UUID(job.payload["run_id"]))
    row = (await session.execute(query)).one_or_none()
    if row is None or row.state not in RUN_OPEN:
        return
    run = runs.run_of(row)
    await cancellation.request(session, run)
    log.error("run %s was given up: %s", run.id, reason)
    plain = "It failed several times for a reason on our side."
    run = await runs.move(session, run, RunState.FAILED, reason=reason, finished_at=func.now())
    await fail(session, run, plain)


@dataclass(frozen=True, slots=True)
class _Driver:
    deps: Deps
    job: jobs.Job
    work: Work
    engine: Engine

    async def step(self, run: Run) -> jobs.Outcome:
        if run.overdue:
            return await self._expire(run)
        if run.state == RunState.QUEUED:
            return await self._submit(run)
        if run.state == RunState.SUBMITTING:
            return await self._miss(run)
        if run.state == RunState.UNKNOWN:
            return await self._search(run)
        return await self._poll(run)

    async def _submit(self, run: Run) -> jobs.Outcome:
        """The one POST, between a committed `submitting` and what came of it."""
        try:
            request = await self.work.prepare(run)
        except BadResult as bad:
            return await self._fail(run, str(bad))
        run = await self._move(
            run, RunState.SUBMITTING, attempt=run.attempt + 1, submitting_at=func.now()
        )
        try:
            status = await self.work.send(self.engine, request)
        except Refused as refused:
            return await self._refused(run, refused)
        except Unknown as unknown:
            log.warning("run %s: the answer to a submit never came: %s", run.id, unknown)
            return await self._miss(run)
        answered = status.state is RemoteState.SUCCEEDED  # the submit was the work
        began = {"running_at": RunRow.submitting_at} if answered else {}
        try:
            run = await self._move(
                run,
                RunState.SUBMITTED,
                remote_id=status.remote_id,
                submitted_at=func.now(),
                deadline_at=func.now() + self.work.limits.wait,
                **began,
            )
        except runs.LostRace:
            await self._disown(run, status.remote_id)
            raise
        return await self._advance(run, status)

    async def _disown(self, run: Run, remote_id: str) -> None:
        """Stops what was accepted after its run had been ended."""
        now = await runs.load(self.deps, run.id)
        if remote_id and (now is None or now.state not in RUN_OPEN):
            await self.engine.cancel(remote_id)

    async def _refused(self, run: Run, refused: Refused) -> jobs.Outcome:
        if not refused.retryable:
            return await self._fail(run, str(refused))
        await self._move(run, RunState.QUEUED, reason=str(refused))
        wait = refused.retry_after or min(60.0, 2.0 ** min(run.attempt, 6))
        return jobs.Again(after=timedelta(seconds=wait))

    async def _miss(self, run: Run) -> jobs.Outcome:
        """A submit whose fate is not known has been found out; the member reads that, too."""
        deadline = func.now() + self.work.limits.orphan
        async with self.job.transaction(self.deps) as session:
            run = await runs.move(
                session, run, RunState.UNKNOWN, misses=run.misses + 1, deadline_at=deadline
            )
            await self.work.progress(session, run, CHECKING)
        return await self._search(run)

    async def _search(self, run: Run) -> jobs.Outcome:
        """It may have been accepted: look for its results, or repeat it where that is allowed."""
        if found := await self.work.find(run):
            return await self._finish(run, found)
        if self._may_repeat(run):
            patience = runs.patience(self.engine.info, self.work.limits)
            await self._move(run, RunState.QUEUED, deadline_at=func.now() + patience)
            return jobs.Again(after=timedelta())
        if self.engine.info.in_process:  # nobody is left who could still bring something
            return await self._fail(run, "It was interrupted too often, so we stopped trying.")
        return jobs.Again(after=timedelta(seconds=15))

    def _may_repeat(self, run: Run) -> bool:
        if self.engine.info.resubmit_safe:
            return run.misses <= MAX_MISSES
        return run.kind == "generation" and run.misses <= 1

    async def _poll(self, run: Run) -> jobs.Outcome:
        if not run.remote_id:  # the answer was the result, and a crash lost it
            return await self._miss(run)
        try:
            status = await self.engine.poll(run.remote_id)
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
        if status.state is RemoteState.CANCELED and self.engine.info.in_process:
            return await self._miss(run)  # by us, when we were interrupted
        if status.state is RemoteState.CANCELED:
            return await self._fail(run, "The engine’s operator stopped this work.")
        return await self._watch(run, status)

    async def _watch(self, run: Run, status: RemoteStatus) -> jobs.Outcome:
        came = bool(status.results or status.samples) and await self.work.collect(run, status)
        values: dict[str, Any] = {"seconds_left": status.seconds_left}
        if came and self.engine.info.in_process:
            values["misses"] = 0
        async with self.job.transaction(self.deps) as session:
            if run.state == RunState.SUBMITTED and status.state is RemoteState.RUNNING:
                deadline = func.now() + self.work.limits.run
                values |= {"running_at": func.now(), "deadline_at": deadline}
                run = await runs.move(session, run, RunState.RUNNING, **values)
            else:
                run = await runs.move(session, run, run.state, **values)
            await self.work.progress(session, run, status)
        shortest, longest = self.work.limits.poll
        return jobs.Again(after=timedelta(seconds=min(longest, max(shortest, run.age / 20))))

    async def _forgotten(self, run: Run) -> jobs.Outcome:
        """The engine does not know it. Before the deadline that proves nothing."""
        if self.engine.info.resubmit_safe:
            return await self._miss(run)
        return jobs.Again(after=timedelta(seconds=15))

    async def _failed(self, run: Run, status: RemoteStatus) -> jobs.Outcome:
        if status.retryable and run.misses == 0:
            await self._move(run, RunState.QUEUED, misses=1, remote_id=None, reason=status.reason)
            return jobs.Again(after=timedelta(seconds=5))
        return await self._fail(run, status.reason or "The engine gave no reason.")

    async def _finish(self, run: Run, status: RemoteStatus) -> jobs.Outcome:
        """Bytes first: success is only said of what lies in our own storage."""
        if run.state != "fetching":
            run = await self._move(run, RunState.FETCHING, seconds_left=None)
        try:
            await self.work.collect(run, status)
        except BadResult as bad:
            return await self._fail(run, str(bad))
        async with self.job.transaction(self.deps) as session:
            run = await runs.move(session, run, RunState.SUCCEEDED, finished_at=func.now())
            await self.work.succeed(session, run, status)
        return jobs.Done()

    async def _fail(self, run: Run, reason: str) -> jobs.Outcome:
        async with self.job.transaction(self.deps) as session:
            run = await runs.move(
                session, run, RunState.FAILED, reason=reason, finished_at=func.now()
            )
            await self.work.fail(session, run, reason)
        return jobs.Done()

    async def _expire(self, run: Run) -> jobs.Outcome:
        reason = (
            "No engine took it in time."
            if run.state == RunState.QUEUED
            else "The engine did not finish in time, so we stopped waiting."
        )
        async with self.job.transaction(self.deps) as session:
            await cancellation.request(session, run)
            run = await runs.move(
                session, run, RunState.EXPIRED, reason=reason, finished_at=func.now()
            )
            await self.work.fail(session, run, reason)
        return jobs.Done()

    async def _move(self, run: Run, to: RunState, **values: Any) -> Run:
        async with self.job.transaction(self.deps) as session:
            return await runs.move(session, run, to, **values)
