"""The engine and the two kinds of session: one for changes, one for reading only."""

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

UNTRIED = 1.0  # seconds that a connection may be idle in the pool before it is pinged


def make_engine(url: str, *, pool_size: int = 10, autocommit: bool = False) -> AsyncEngine:
    """Create an engine over psycopg for a `postgresql://` URL; times are UTC, waits are bounded.

    autocommit: each statement is a transaction of its own, for `make_reading`.
    """
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_reset_on_return=None if autocommit else "rollback",
        isolation_level="AUTOCOMMIT" if autocommit else None,
        hide_parameters=True,  # errors are logged, and parameters contain members' texts
        connect_args={
            "connect_timeout": 10,
            # A server that vanished is noticed within half a minute.
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
    """Return a factory of sessions that commit at the block's end and roll back if it raises."""
    return async_sessionmaker(engine, expire_on_commit=False).begin


def make_reading(engine: AsyncEngine) -> Callable[[], AbstractAsyncContextManager[AsyncSession]]:
    """Return a factory of sessions for reading: three round trips fewer, with nothing to commit.

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
    """Ping a pooled connection before its use if it was idle for long, or has unread data.

    A server that ends a connection writes so on it: reading that takes no round trip, unlike
    SQLAlchemy's own ping of each connection. The ping finds a server that vanished without a word.
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
    """Ping the server; raise InvalidatePoolError, so that the pool replaces older connections."""
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        if not dialect.is_disconnect(error, connection, None):
            raise
        raise InvalidatePoolError("The database has ended this connection.") from error
