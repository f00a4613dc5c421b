"""A connection that is kept, for moves of one statement that have to be quick."""

import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.deps import Transaction
from services.jobs import queue

T = TypeVar("T")


class KeptSession:
    """One autocommit session, kept open from move to move; one move at a time.

    To take one from the pool and ask whether it still answers costs as much as a claim does.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._stack = AsyncExitStack()
        self._session: AsyncSession | None = None

    async def run(self, move: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """What `move` returns; it is run again if the kept connection turns out to be lost.

        Raises what it raised, or what the database did; the next move then opens a new one.
        """
        kept = self._session is not None
        try:
            return await self._run(move)
        except DBAPIError as error:
            if not (kept and error.connection_invalidated):
                raise
            return await self._run(move)

    async def close(self) -> None:
        """Gives the connection back to the pool, which sees whether it is still good."""
        self._session = None
        with contextlib.suppress(SQLAlchemyError):
            await self._stack.aclose()

    async def _run(self, move: Callable[[AsyncSession], Awaitable[T]]) -> T:
        try:
            if self._session is None:
                opening = queue.autocommit(self._transaction)
                self._session = await self._stack.enter_async_context(opening)
            return await move(self._session)
        except BaseException:
            await self.close()
            raise
