"""How one process claims jobs from the queue: from which place, and on which connection."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.deps import Transaction
from services.jobs import queue
from services.jobs.persistent_session import KeptSession

RECENT = timedelta(minutes=1)
EVER = timedelta(days=36500)
GRACE = 0.5  # seconds that a job has from enqueue to commit before claims skip its place


class Claimer:
    """A claimer that starts each claim at a recent place, since all rows before it are dead.

    An old snapshot (of a backup, say) may keep dead rows for hours, and scanning them would make
    every claim slower. `expect` finds the jobs that a slow transaction commits before that place.
    """

    def __init__(
        self,
        transaction: Transaction,
        *,
        owner: str,
        kinds: Collection[str],
        lease: timedelta,
        offers: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._session = KeptSession(transaction)
        self._owner = owner
        self._kinds = list(kinds)
        self._lease = lease
        self._offers = offers
        self._due_since: timedelta | None = None
        self._from_front = True
        self._start = self._mark = queue.FRONT
        self._marked_at = 0.0

    def expect(self, *, everything: bool = False) -> None:
        """Make the next claim first move jobs that just came due from waiting to queued.

        everything: also move jobs that came due long ago, and claim from the front of the queue.
        """
        self._due_since = EVER if everything else self._due_since or RECENT
        self._from_front = self._from_front or everything

    async def claim(self, slots: int) -> Sequence[Row[Any]]:
        """Lease at most `slots` jobs. Raises the database's error; the caller may retry later."""
        due_since, self._due_since = self._due_since, None
        from_front, self._from_front = self._from_front, False
        start = queue.FRONT if from_front else self._start
        try:
            rows = await self._session.run(partial(self._claim, slots, start, due_since))
        except BaseException:
            self._start = self._mark = queue.FRONT  # the clock of a server that crashed may go back
            self.expect(everything=True)
            raise
        if rows:
            self._move_on(queue.Place(rows[0].turn, rows[0].run_at))
        return rows

    async def close(self) -> None:
        """Return the connection to the pool."""
        await self._session.close()

    async def _claim(
        self, slots: int, start: queue.Place, due_since: timedelta | None, session: AsyncSession
    ) -> Sequence[Row[Any]]:
        if due_since:
            await queue.promote(session, since=due_since)
        return await queue.claim(
            session,
            owner=self._owner,
            kinds=self._kinds,
            slots=slots,
            lease=self._lease,
            offers=self._offers(),
            start=start,
        )

    def _move_on(self, first: queue.Place) -> None:
        now = asyncio.get_running_loop().time()
        if first.turn < self._start.turn:  # other jobs may have been enqueued at the skipped places
            self._start = self._mark = first
        elif now - self._marked_at > GRACE:
            self._start, self._mark, self._marked_at = self._mark, first, now
