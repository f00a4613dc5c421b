"""A database session that stays open, for single statements that have to be quick."""

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
    """One autocommit session that stays open between statements and runs one at a time.

    Taking a connection from the pool and checking it costs as much as a claim does.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._stack = AsyncExitStack()
        self._session: AsyncSession | None = None

    async def run(self, move: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run `move` and return its result; run it again if the open connection was lost.

        Raises the error of `move` or of the database; the next call then opens a new session.
        """
        kept = self._session is not None
        try:
            return await self._run(move)
        except DBAPIError as error:
            if not (kept and error.connection_invalidated):
                raise
            return await self._run(move)

    async def close(self) -> None:
        """Return the connection to the pool, which checks whether it still works."""
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
