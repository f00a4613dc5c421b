"""The line at which GPU workers ask for work, for the engine and for those who serve workers."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from db.models.workers import WorkerJobState
from services.deps import Deps, Transaction
from services.engines.base import Refused
from services.engines.pull import NAME
from services.engines.pull.engine import PullEngine
from services.engines.pull.line import Standing
from services.errors import Conflict, Unavailable
from services.kit import notify
from services.workers import claims, presence

STATUS = {
    WorkerJobState.QUEUED: "pending",
    WorkerJobState.LEASED: "running",
    WorkerJobState.DONE: "done",
    WorkerJobState.FAILED: "failed",
    WorkerJobState.CANCELED: "canceled",
}


class WorkerLine:
    """Over the table `worker_jobs`; each call is a transaction of its own."""

    def __init__(self, transaction: Transaction) -> None:
        """The same line is asked by every process."""
        self.bell = Bell()
        self._transaction = transaction
        self._offers: frozenset[str] = frozenset()

    @property
    def offers(self) -> frozenset[str]:
        """What the workers that are there can do, as of the last `refresh`."""
        return self._offers

    async def refresh(self) -> None:
        """Reads anew which workers are there."""
        async with self._transaction() as session:
            self._offers = await presence.offered(session)

    async def submit(
        self, id: UUID, *, kind: str, needs: Sequence[str], payload: Mapping[str, Any], digest: str
    ) -> None:
        """Puts a job into the line; safe to repeat. Raises Refused."""
        try:
            async with self._transaction() as session:
                await claims.submit(
                    session, id=id, kind=kind, needs=needs, payload=payload, digest=digest
                )
        except Conflict as error:
            raise Refused(str(error), retryable=False) from error
        except IntegrityError as error:
            raise Refused("Nobody waits for this any more.", retryable=False) from error

    async def look(self, id: UUID) -> Standing | None:
        """Where a job stands; a job whose worker vanished waits again."""
        async with self._transaction() as session:
            row = await claims.look(session, id=id)
        if row is None:
            return None
        state = WorkerJobState.QUEUED if row.lapsed else WorkerJobState(row.state)
        return Standing(STATUS[state], row.progress, row.result)

    async def cancel(self, id: UUID) -> bool:
        """Ends a job for good; False where it has ended."""
        async with self._transaction() as session:
            return await claims.cancel(session, id=id)

    async def counts(self) -> tuple[int, int]:
        """How many jobs run and wait."""
        async with self._transaction() as session:
            return await claims.counts(session)

    def heard(self, topic: str, _id: UUID, _user_id: UUID | None) -> None:
        """Subscriber of the notices: something came into the line, or notices were missed."""
        if topic in {claims.TOPIC, notify.RECONNECTED}:
            self.bell.ring()


class Bell:
    """Wakes everybody who waits for the line."""

    def __init__(self) -> None:
        self._next: asyncio.Future[None] | None = None
        self.closed = False

    def ring(self) -> None:
        """Wakes those who wait now."""
        rung, self._next = self._next, None
        if rung and not rung.done():
            rung.set_result(None)

    def close(self) -> None:
        """Wakes everybody for good: this process stops."""
        self.closed = True
        self.ring()

    def next(self) -> asyncio.Future[None]:
        """The next ring; take it before the line is looked at, or a ring may be missed."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        return self._next


async def rung(ring: asyncio.Future[None], *, within: float) -> None:
    """Waits for a ring, at most so many seconds."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(ring), within)


def of(deps: Deps) -> WorkerLine:
    """The line of this process. Raises Unavailable where it has none."""
    engine = deps.engines.find(NAME)
    if isinstance(engine, PullEngine) and isinstance(engine.line, WorkerLine):
        return engine.line
    raise Unavailable("This process gives no work to GPU workers.")
