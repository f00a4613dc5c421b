"""Group commit: jobs that end at about the same time are marked done in one transaction."""

import asyncio
from functools import partial

from services.deps import Transaction
from services.jobs import queue
from services.jobs.base import Job, LeaseLost
from services.jobs.persistent_session import KeptSession


class Finisher:
    """A writer that marks jobs done in batches: all that ended while the last batch was written."""

    def __init__(self, transaction: Transaction) -> None:
        self._session = KeptSession(transaction)
        self._coming: list[tuple[Job, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def done(self, job: Job) -> None:
        """Wait until the job is marked done. Raises LeaseLost, or the database's error."""
        written = asyncio.get_running_loop().create_future()
        self._coming.append((job, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await written

    async def close(self) -> None:
        """Write all that is left, then return the connection to the pool."""
        if self._writing:
            await asyncio.wait([self._writing])
        await self._session.close()

    async def _write_all(self) -> None:
        while self._coming:
            batch, self._coming = self._coming, []
            leases = [(job.id, job.token) for job, _ in batch]
            failure: Exception | None = None
            try:
                finished = await self._session.run(partial(queue.finish, leases=leases))
            except Exception as error:
                failure, finished = error, set()
            for job, written in batch:
                if written.done():  # the job's task was canceled meanwhile
                    continue
                if job.id in finished:
                    written.set_result(None)
                else:
                    written.set_exception(failure or LeaseLost(f"{job.kind} {job.id}"))
