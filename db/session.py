"""The engine and the one way to open a transaction."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)


def make_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine over psycopg for a `postgresql://` URL; times are UTC, waits are bounded."""
    return create_async_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_timeout=10,
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


def make_transaction(
    engine: AsyncEngine,
) -> Callable[[], AbstractAsyncContextManager[AsyncSession]]:
    """Opens a session that commits when the block ends and rolls back when it raises."""
    return async_sessionmaker(engine, expire_on_commit=False).begin
