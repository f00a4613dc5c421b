"""How one process takes jobs out of the line: where it looks, and on which connection."""

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
GRACE = 0.5  # seconds from a job's enqueue to its commit in which no claim may pass by its place


class Claimer:
    """Claims from where claims stood a moment ago, since all before that is dead rows.

    An old snapshot (a backup, say) may keep those for hours, and a look through them would take
    longer with every job. What a slow transaction put there all the same, `expect` finds.
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
        self._kept = KeptSession(transaction)
        self._owner = owner
        self._kinds = list(kinds)
        self._lease = lease
        self._offers = offers
        self._due_since: timedelta | None = None
        self._from_front = True
        self._start = self._mark = queue.FRONT
        self._marked_at = 0.0

    def expect(self, *, everything: bool = False) -> None:
        """The next claim first puts into the line what just came due.

        everything: also what came due long ago, and the claim looks at the whole line.
        """
        self._due_since = EVER if everything else self._due_since or RECENT
        self._from_front = self._from_front or everything

    async def claim(self, slots: int) -> Sequence[Row[Any]]:
        """Leases at most `slots` jobs. Raises what the database raised; ask again later."""
        due_since, self._due_since = self._due_since, None
        from_front, self._from_front = self._from_front, False
        start = queue.FRONT if from_front else self._start
        try:
            rows = await self._kept.run(partial(self._claim, slots, start, due_since))
        except BaseException:
            self._start = self._mark = queue.FRONT  # the clock of a server that crashed may go back
            self.expect(everything=True)
            raise
        if rows:
            self._move_on(queue.Place(rows[0].turn, rows[0].run_at))
        return rows

    async def close(self) -> None:
        """Gives the connection back."""
        await self._kept.close()

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
        if first.turn < self._start.turn:  # others may stand beside what was passed by
            self._start = self._mark = first
        elif now - self._marked_at > GRACE:
            self._start, self._mark, self._marked_at = self._mark, first, now
