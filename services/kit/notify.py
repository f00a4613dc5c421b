"""Change notices: `pg_notify` inside the transaction, so that they arrive with the commit."""

import asyncio
import contextlib
import json
import logging
import os
import random
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import LiteralString
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL: LiteralString = "likeness"
RECONNECTED = "reconnected"  # topic after a gap: anything may have changed, so read it again
NOBODY = UUID(int=0)
PING_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 5.0

Subscriber = Callable[[str, UUID, UUID | None], None]
Missed = Callable[[], Awaitable[Sequence[tuple[str, UUID, UUID | None]]]]
logger = logging.getLogger(__name__)


async def publish(session: AsyncSession, *, topic: str, id: UUID, user_id: UUID | None) -> None:
    """Tell every process that `topic` (user_model, generation, credits, session...) changed."""
    values = {"channel": CHANNEL, "notice": notice(topic, id, user_id)}
    await session.execute(text("select pg_notify(:channel, :notice)"), values)


def notice(topic: str, id: UUID, user_id: UUID | None) -> str:
    """Return the channel's message, for a statement that publishes its own change."""
    return json.dumps({"topic": topic, "id": str(id), "user_id": user_id and str(user_id)})


class Listener:
    """A listener for the notices of all processes, with its own connection and with subscribers.

    Subscribers are called in the event loop as `(topic, id, user_id)` and must not block. When a
    lost connection is back, they are called with `(RECONNECTED, NOBODY, None)`, and then with the
    notices that `missed` returns.
    """

    def __init__(
        self, url: str, *, missed: Missed | None = None, ping_seconds: float = PING_SECONDS
    ) -> None:
        self._url = url
        self._missed = missed
        self._ping_seconds = ping_seconds
        self._subscribers: list[Subscriber] = []
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` for every notice from now on."""
        self._subscribers.append(subscriber)

    async def start(self) -> None:
        """Start listening; wait for the first connection, but not forever."""
        self._task = asyncio.create_task(self._keep_listening(), name="listener")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.connected.wait(), LONGEST_WAIT_SECONDS)

    async def stop(self) -> None:
        """Close the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_listening(self) -> None:
        failures = 0
        while True:
            try:
                await self._listen(after_gap=failures > 0)
            except (psycopg.Error, OSError, TimeoutError) as error:
                failures = 1 if self.connected.is_set() else failures + 1
                self.connected.clear()
                logger.warning("Listening was interrupted: %s", error or type(error).__name__)
            await asyncio.sleep(self._backoff(failures))

    @staticmethod
    def _backoff(failures: int) -> float:
        """Return seconds: 0.1 doubling to the longest wait, less up to half to spread processes."""
        wait: float = min(LONGEST_WAIT_SECONDS, 0.1 * 2**failures)
        return wait * random.uniform(0.5, 1)  # noqa: S311  # jitter, not a secret

    async def _listen(self, *, after_gap: bool) -> None:
        async with asyncio.timeout(LONGEST_WAIT_SECONDS):
            connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        async with connection:
            await self._ask(connection, f"listen {CHANNEL}")
            self.connected.set()
            if after_gap:
                await self._catch_up()
            while True:
                async for notice in connection.notifies(timeout=self._ping_seconds):
                    self._pass_on(notice.payload)
                await self._ask(connection, "select 1")

    async def _catch_up(self) -> None:
        self._tell(RECONNECTED, NOBODY, None)
        try:
            for notice in await self._missed() if self._missed else ():
                self._tell(*notice)
        except Exception:
            logger.exception("What was missed could not be told")

    async def _ask(self, connection: psycopg.AsyncConnection, query: LiteralString) -> None:
        """Run a query; disconnect a server that does not answer in time, which raises.

        Cancelling would not help: psycopg then waits for the server to confirm it.
        """
        cut = asyncio.get_running_loop().call_later(self._ping_seconds, _cut_off, connection)
        try:
            await connection.execute(query)
        finally:
            cut.cancel()

    def _pass_on(self, payload: str) -> None:
        try:
            notice = json.loads(payload)
            user_id = notice["user_id"] and UUID(notice["user_id"])
            self._tell(notice["topic"], UUID(notice["id"]), user_id)
        except (ValueError, KeyError, TypeError):
            logger.warning("A notice on channel %s was not ours", CHANNEL)

    def _tell(self, topic: str, id: UUID, user_id: UUID | None) -> None:
        for subscriber in self._subscribers:
            try:
                subscriber(topic, id, user_id)
            except Exception:
                logger.exception("A subscriber failed on a notice of topic %s", topic)


def _cut_off(connection: psycopg.AsyncConnection) -> None:
    with socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)
