"""What a job is, how one kind of it is worked, and how a handler says what came of it."""

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
    """A head start in the queue: each step is worth eight turns, so nothing waits for ever."""

    BACKGROUND = -1
    NORMAL = 0
    URGENT = 1


class Permanent(Exception):
    """Trying again would not help; `str(error)` is the reason that is kept."""


class LeaseLost(Exception):
    """The job is no longer ours (canceled, or its lease ran out): nothing may be written."""


@dataclass(frozen=True, slots=True)
class Done:
    """The job is finished."""


@dataclass(frozen=True, slots=True)
class Again:
    """Nothing to do before `after` has passed: gives the slot back and uses no attempt.

    needs: what the job needs from now on, one of a process's `offers`; None: as before.
    """

    after: timedelta
    needs: str | None = None


Outcome = Done | Again


@dataclass(slots=True)
class Job:
    """One claimed job. attempt: 1 for the first. token: fences off former owners."""

    id: UUID
    kind: str
    payload: dict[str, Any]
    user_id: UUID | None
    attempt: int
    token: int
    finished: bool = field(default=False, compare=False)

    @asynccontextmanager
    async def transaction(self, deps: Deps) -> AsyncIterator[AsyncSession]:
        """A transaction in which the job is surely ours until it commits. Raises LeaseLost."""
        async with deps.transaction() as session:
            if not await queue.lock_lease(session, job_id=self.id, token=self.token):
                raise LeaseLost(f"{self.kind} {self.id}")
            yield session

    async def finish(self, session: AsyncSession) -> None:
        """Marks the job done in the transaction of its effects, so that they happen once."""
        if not await queue.finish(session, leases=[(self.id, self.token)]):
            raise LeaseLost(f"{self.kind} {self.id}")
        self.finished = True


Handler = Callable[[Deps, Job], Awaitable[Outcome]]
Tick = Callable[[Deps], Awaitable[None]]
Abandoned = Callable[[AsyncSession, Job, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of job is worked.

    run: safe to run twice; any exception but Permanent is tried again, `max_attempts` in all.
    abandoned: called with the reason in the transaction that ends the job failed or dead.
    timeout: for one attempt.
    slots: how many of this kind one process works at a time, beside all others; None: they share
    the worker's slots.
    apart: the same for those of this kind that need what is named here, as {need: slots}; then
    every kind that may need it has to say so.
    """

    run: Handler
    abandoned: Abandoned | None = None
    max_attempts: int = 5
    timeout: timedelta = timedelta(minutes=10)
    slots: int | None = None
    apart: Mapping[str, int] = field(default_factory=dict)
