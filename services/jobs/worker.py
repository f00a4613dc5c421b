"""The worker of one process: claims jobs for its free slots and writes the outcome of each."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from db.states import JobState
from services.deps import Deps
from services.jobs import queue
from services.jobs.base import Again, Done, Job, Kind, LeaseLost, Outcome, Permanent, Tick
from services.jobs.claimer import RECENT, Claimer
from services.jobs.finisher import Finisher
from services.jobs.modules import ticking
from services.jobs.ticks import fire
from services.kit import notify
from services.kit.database_errors import log_failure

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
POLL = timedelta(seconds=1)
BEAT = timedelta(seconds=2)  # also how soon the handler of a canceled job is interrupted
SWEEP = timedelta(seconds=5)
ANNOUNCE = timedelta(seconds=10)
TICK = timedelta(seconds=5)
FULL_LOOK = 10  # every so many polls, a claim reads all waiting and queued jobs
FIRST_RETRY = timedelta(seconds=2)
LAST_RETRY = timedelta(minutes=10)
JITTER = 0.5


@dataclass(slots=True)
class Lane:
    """Slots of this process, and the claimer that fills the slots with jobs of its kinds."""

    claimer: Claimer
    slots: int
    busy: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """The outcome of an attempt that raised; final: `failed` or `dead`, None to retry."""

    reason: str
    final: str | None = None


class Worker:
    """The worker of one process; the workers of several processes share the queue.

    The scheduler calls the worker's `duties`; the listener passes notices to `heard`.
    ticks: periodic jobs, as {name: (interval, work)}; the name is also the kind.
    slots: how many handlers run at a time, apart from kinds with slots of their own.
    lease: how long a silent worker keeps its jobs.
    """

    def __init__(
        self,
        deps: Deps,
        *,
        kinds: Mapping[str, Kind],
        ticks: Mapping[str, tuple[timedelta, Tick]] | None = None,
        slots: int = 8,
        lease: timedelta = LEASE,
    ) -> None:
        self._deps = deps
        ticks = ticks or {}
        self._ticks = {name: every for name, (every, _) in ticks.items()}
        self._kinds = {name: ticking(tick) for name, (_, tick) in ticks.items()} | dict(kinds)
        self._lease = lease
        self._running: dict[queue.Lease, asyncio.Task[None]] = {}
        self._lanes = self._make_lanes(slots)
        self._finisher = Finisher(deps.transaction)
        self._claiming: asyncio.Task[None] | None = None
        self._wanted = False
        self._draining = False
        self._polls = 0
        self._renewed_at = 0.0

    def _make_lanes(self, slots: int) -> list[Lane]:
        """Make the lanes; each claim reads the process's offers anew, since they may change."""
        kinds, deps = self._kinds.items(), self._deps
        apart = {need for _, kind in kinds for need in kind.apart}
        shared = [name for name, kind in kinds if kind.slots is None]
        return [
            self._lane(shared, slots, lambda: deps.offers - apart),
            *(
                self._lane([name], kind.slots, lambda: deps.offers)
                for name, kind in kinds
                if kind.slots
            ),
            *(
                self._lane([name], of_their_own, partial(self._offer_only, need))
                for name, kind in kinds
                for need, of_their_own in kind.apart.items()
            ),
        ]

    def _offer_only(self, need: str) -> frozenset[str]:
        """Return only this need, if the process offers it now."""
        return self._deps.offers & {need}

    def _lane(
        self, kinds: Collection[str], slots: int, offers: Callable[[], Collection[str]]
    ) -> Lane:
        claimer = Claimer(
            self._deps.transaction,
            owner=f"{socket.gethostname()}:{os.getpid()}",
            kinds=kinds,
            lease=self._lease,
            offers=offers,
        )
        return Lane(claimer, slots)

    @property
    def duties(self) -> dict[str, tuple[timedelta, Callable[[], Awaitable[None]]]]:
        """Return what the scheduler has to call, and how often."""
        return {
            "jobs.poll": (POLL, self.poll),
            "jobs.beat": (BEAT, self.beat),
            "jobs.sweep": (SWEEP, self.sweep),
            "jobs.announce": (ANNOUNCE, self.announce),
            "jobs.tick": (TICK, self.tick),
        }

    def heard(self, topic: str, _id: UUID, _user_id: UUID | None) -> None:
        """Look for work if the notice says that a job came or that notices were missed."""
        if topic in {"job", notify.RECONNECTED}:
            self.wake()

    @property
    def busy(self) -> int:
        """Return how many handlers run now."""
        return len(self._running)

    def wake(self) -> None:
        """Look for work now; all calls during one look cause one more look."""
        self._wanted = True
        if self._claiming is None or self._claiming.done():
            self._claiming = asyncio.create_task(self._claim_while_wanted())

    async def poll(self) -> None:
        """Queue the jobs that came due and look for work, also where a notice was lost."""
        for lane in self._lanes:
            lane.claimer.expect(everything=self._polls % FULL_LOOK == 0)
        self._polls += 1
        self.wake()

    async def beat(self) -> None:
        """Renew the leases of the running jobs, and interrupt the jobs whose leases are lost."""
        leases = list(self._running)
        try:
            alive = await self._renew(leases)
        except SQLAlchemyError:
            if self._time() - self._renewed_at > self._lease.total_seconds():
                self._interrupt(leases)  # another worker may have leased them by now
            raise
        self._renewed_at = self._time()
        self._interrupt([lease for lease in leases if lease[0] not in alive])

    async def sweep(self) -> None:
        """Take back the jobs whose leases have expired, and retry or abandon them."""
        while await self._take_back_one():
            pass

    async def announce(self) -> None:
        """Record this process's offers, from which the operator learns which needs are unmet."""
        async with queue.autocommit(self._deps.transaction) as session:
            await queue.announce(session, offers=self._deps.offers)

    async def tick(self) -> None:
        """Enqueue the ticks that are due."""
        async with self._deps.transaction() as session:
            await fire(session, self._ticks)

    def retire(self) -> None:
        """Stop claiming; running handlers continue."""
        self._draining = True

    async def drain(self, grace: timedelta) -> None:
        """Stop claiming, let handlers end within `grace`, and give the unfinished jobs back."""
        self.retire()
        if self._claiming:
            await asyncio.wait([self._claiming])
        for lane in self._lanes:
            await lane.claimer.close()
        deadline = self._time() + grace.total_seconds()
        while self._running and (left := deadline - self._time()) > 0:
            await asyncio.wait(self._running.values(), timeout=min(left, BEAT.total_seconds()))
            await self.beat()
        unfinished = dict(self._running)
        self._interrupt(list(unfinished))
        await asyncio.gather(*unfinished.values(), return_exceptions=True)
        await self._finisher.close()
        async with self._deps.transaction() as session:
            for id, token in unfinished:
                await queue.wait(session, job_id=id, token=token, delay=timedelta(), refund=True)
        async with self._deps.transaction() as session:
            await queue.promote(session, since=RECENT)

    async def _claim_while_wanted(self) -> None:
        while self._wanted and not self._draining:
            self._wanted = False
            try:
                await self._claim()
            except SQLAlchemyError:
                log_failure(log, "jobs could not be claimed; the next poll tries again")

    async def _claim(self) -> None:
        for lane in self._lanes:
            if (free := lane.slots - lane.busy) > 0:
                for row in await lane.claimer.claim(free):
                    self._begin(_job(row), lane)

    def _begin(self, job: Job, lane: Lane) -> None:
        task = asyncio.create_task(self._work(job), name=f"job {job.kind} {job.id}")
        self._running[job.id, job.token] = task
        lane.busy += 1
        task.add_done_callback(lambda _: self._end(job, lane))

    def _end(self, job: Job, lane: Lane) -> None:
        del self._running[job.id, job.token]
        lane.busy -= 1
        self.wake()

    async def _work(self, job: Job) -> None:
        try:
            outcome = await self._attempt(job)
            if not job.finished:
                await self._settle(job, outcome)
        except LeaseLost:
            log.info("job %s %s was taken from this worker", job.kind, job.id)
        except Exception:
            log_failure(log, "the outcome of job %s %s could not be written", job.kind, job.id)

    async def _attempt(self, job: Job) -> Outcome | Failure:
        kind = self._kinds[job.kind]
        try:
            async with asyncio.timeout(kind.timeout.total_seconds()):
                return await kind.run(self._deps, job)
        except LeaseLost:
            raise
        except Permanent as error:
            return Failure(str(error), final=JobState.FAILED)
        except Exception as error:
            log_failure(log, "job %s %s failed, attempt %d", job.kind, job.id, job.attempt)
            last = job.attempt >= kind.max_attempts
            return Failure(f"{type(error).__name__}: {error}", final="dead" if last else None)

    async def _settle(self, job: Job, outcome: Outcome | Failure) -> None:
        match outcome:
            case Done():
                await self._finisher.done(job)
            case Again(after, needs):
                await self._wait(job, delay=after, refund=True, needs=needs)
            case Failure(reason, None):
                delay = min(FIRST_RETRY * 2 ** (job.attempt - 1), LAST_RETRY)
                await self._wait(job, delay=delay, jitter=JITTER, reason=reason)
            case Failure(reason, str(state)):
                async with job.transaction(self._deps) as session:
                    await self._abandon(session, job, state=state, reason=reason)

    async def _wait(self, job: Job, *, delay: timedelta, **how: Any) -> None:
        async with queue.autocommit(self._deps.transaction) as session:
            await queue.wait(session, job_id=job.id, token=job.token, delay=delay, **how)
        if delay < POLL:
            asyncio.get_running_loop().call_later(delay.total_seconds(), self._wake_for_due)

    def _wake_for_due(self) -> None:
        for lane in self._lanes:
            lane.claimer.expect()
        self.wake()

    async def _abandon(self, session: AsyncSession, job: Job, *, state: str, reason: str) -> None:
        if abandoned := self._kinds[job.kind].abandoned:
            await abandoned(session, job, reason)
        await queue.end(session, job_id=job.id, token=job.token, state=state, reason=reason)

    async def _take_back_one(self) -> bool:
        async with self._deps.transaction() as session:
            row = await queue.lock_expired(session, kinds=list(self._kinds))
            if row is None:
                return False
            job = _job(row)
            if job.attempt >= self._kinds[job.kind].max_attempts:
                reason = f"Its worker stopped answering, in attempt {job.attempt}."
                await self._abandon(session, job, state=JobState.DEAD, reason=reason)
            else:
                await queue.wait(
                    session,
                    job_id=job.id,
                    token=job.token,
                    delay=timedelta(),
                    reason="Its worker stopped answering.",
                )
        return True

    async def _renew(self, leases: list[queue.Lease]) -> set[UUID]:
        if not leases:
            return set()
        async with queue.autocommit(self._deps.transaction) as session:
            return await queue.renew(session, leases=leases, lease=self._lease)

    def _interrupt(self, leases: list[queue.Lease]) -> None:
        for lease in leases:
            if task := self._running.get(lease):
                task.cancel()

    def _time(self) -> float:
        return asyncio.get_running_loop().time()


def _job(row: Row[Any]) -> Job:
    return Job(row.id, row.kind, row.payload, row.user_id, row.attempts, row.lease_token)
