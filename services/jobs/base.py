"""What a job is, how a worker runs one kind of job, and how a handler reports the outcome."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.deps import Deps
from services.jobs import queue


class Priority(IntEnum):
    """A head start in the queue: each step is a factor of eight in turns, so no job starves."""

    BACKGROUND = -1
    NORMAL = 0
    URGENT = 1


class Permanent(Exception):
    """A failure that a retry would not fix; the job keeps `str(error)` as its reason."""


class LeaseLost(Exception):
    """The worker lost the job (it was canceled, or its lease expired); it must write nothing."""


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a job that is finished."""


@dataclass(frozen=True, slots=True)
class Again:
    """The outcome of a job with nothing to do for the time `after`.

    The worker frees the job's slot and counts no attempt.
    needs: what the job needs from now on, one of a process's `offers`; None keeps the need it has.
    """

    after: timedelta
    needs: str | None = None


Outcome = Done | Again


@dataclass(slots=True)
class Job:
    """One claimed job. attempt: starts at 1. token: the lease's, which fences off former owners."""

    id: UUID
    kind: str
    payload: dict[str, Any]
    user_id: UUID | None
    attempt: int
    token: int
    finished: bool = field(default=False, compare=False)

    @asynccontextmanager
    async def transaction(self, deps: Deps) -> AsyncIterator[AsyncSession]:
        """Open a transaction that holds the job's lease until it commits. Raises LeaseLost."""
        async with deps.transaction() as session:
            if not await queue.lock_lease(session, job_id=self.id, token=self.token):
                raise LeaseLost(f"{self.kind} {self.id}")
            yield session

    async def finish(self, session: AsyncSession) -> None:
        """Mark the job done in the transaction of its effects, so that they happen once.

        Raises LeaseLost.
        """
        if not await queue.finish(session, leases=[(self.id, self.token)]):
            raise LeaseLost(f"{self.kind} {self.id}")
        self.finished = True


Handler = Callable[[Deps, Job], Awaitable[Outcome]]
Tick = Callable[[Deps], Awaitable[None]]
Abandoned = Callable[[AsyncSession, Job, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a worker runs one kind of job.

    run: safe to run twice; any exception but Permanent is retried, up to `max_attempts` in all.
    abandoned: called with the reason in the transaction that ends the job as failed or dead.
    timeout: for one attempt.
    slots: how many jobs of this kind one process runs at a time, beside all other kinds; None: the
    kind shares the worker's slots.
    apart: separate slots for the jobs of this kind that need something, as {need: slots}; if one
    kind sets a need apart, every kind that may have this need has to do the same.
    """

    run: Handler
    abandoned: Abandoned | None = None
    max_attempts: int = 5
    timeout: timedelta = timedelta(minutes=10)
    slots: int | None = None
    apart: Mapping[str, int] = field(default_factory=dict)
