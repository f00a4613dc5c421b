"""The engine and the two ways to open a session: to change things, and only to look."""

import select
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

UNTRIED = 1.0  # seconds a connection may lie in the pool before it is asked whether it answers


def make_engine(url: str, *, pool_size: int = 10, autocommit: bool = False) -> AsyncEngine:
    """An engine over psycopg for a `postgresql://` URL; times are UTC, waits are bounded.

    autocommit: each statement is a transaction of its own, for `make_reading`.
    """
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_reset_on_return=None if autocommit else "rollback",
        isolation_level="AUTOCOMMIT" if autocommit else None,
        hide_parameters=True,  # errors are logged, and parameters are what members wrote
        connect_args={
            "connect_timeout": 10,
            # A server that vanished is noticed within half a minute, not waited for.
            "tcp_user_timeout": 20_000,  # ms
            "keepalives_idle": 10,  # s, as the next one
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=30000",
        },
    )
    _replace_lost_connections(engine)
    return engine


def make_transaction(
    engine: AsyncEngine,
) -> Callable[[], AbstractAsyncContextManager[AsyncSession]]:
    """Opens a session that commits when the block ends and rolls back when it raises."""
    return async_sessionmaker(engine, expire_on_commit=False).begin


def make_reading(engine: AsyncEngine) -> Callable[[], AbstractAsyncContextManager[AsyncSession]]:
    """Opens a session for looking: three round trips fewer, as there is nothing to commit.

    engine: one with autocommit. Each statement sees its own moment, as in a transaction.
    """
    open_session = async_sessionmaker(engine, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def reading() -> AsyncIterator[AsyncSession]:
        session = open_session()
        try:
            yield session
        finally:
            await session.close()

    return reading


def _replace_lost_connections(engine: AsyncEngine) -> None:
    """A pooled connection is tried before it is used if it lay for long, or has something to say.

    A server that ends a connection says so on it: to see that takes no round trip, unlike
    SQLAlchemy's own ping of each. One that vanished without a word is found by the ping.
    """
    dialect = engine.dialect

    def note(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["put_back"] = time.monotonic()

    def check(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        put_back = entry.info.get("put_back")
        if put_back is None:  # new
            return
        if time.monotonic() - put_back > UNTRIED or _has_something_to_say(connection):
            _ping(dialect, connection)

    event.listen(engine.sync_engine, "checkin", note)
    event.listen(engine.sync_engine, "checkout", check)


def _has_something_to_say(connection: Any) -> bool:
    poll = select.poll()
    poll.register(connection.driver_connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _ping(dialect: Dialect, connection: Any) -> None:
    """Raises InvalidatePoolError, which lets the pool replace all connections of before."""
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        if not dialect.is_disconnect(error, connection, None):
            raise
        raise InvalidatePoolError("The database has ended this connection.") from error
