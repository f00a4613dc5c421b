"""What the pool does when the database has ended connections that lie in it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from db import session as opening
from db.session import make_engine, make_reading, make_transaction

Opener = Callable[[], AbstractAsyncContextManager[AsyncSession]]


@pytest.fixture(params=[False, True], ids=["transaction", "reading"])
async def engine(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[AsyncEngine]:
    """Both kinds, with up to 4 connections."""
    engine = make_engine(database_url, pool_size=2, autocommit=request.param)
    yield engine
    await engine.dispose()


@pytest.fixture
def opener(engine: AsyncEngine) -> Opener:
    """How sessions of the engine are opened."""
    reading = engine.sync_engine.pool._reset_on_return is not None
    return make_transaction(engine) if reading else make_reading(engine)


async def backend(opener: Opener) -> int:
    """Which process of the server answers."""
    async with opener() as session:
        return int((await session.execute(text("select pg_backend_pid()"))).scalar_one())


def end_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


async def test_nobody_meets_a_connection_that_the_server_ended(
    opener: Opener, database_url: str
) -> None:
    async with opener() as one, opener() as two:  # so that two lie in the pool
        for session in (one, two):
            await session.execute(text("select 1"))
    before = await backend(opener)
    end_connections(database_url)
    assert await backend(opener) != before
    async with opener() as one, opener() as two:
        for session in (one, two):
            await session.execute(text("select 1"))


async def test_one_that_lay_for_long_is_asked_first(
    engine: AsyncEngine, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    ping = engine.dialect.do_ping

    def count(connection: object) -> bool:
        asked.append(connection)
        return ping(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(engine.dialect, "do_ping", count)
    before = await backend(opener)
    assert await backend(opener) == before
    assert not asked
    monkeypatch.setattr(opening, "UNTRIED", -1.0)
    assert await backend(opener) == before
    assert len(asked) == 1


async def test_looking_begins_and_commits_nothing(database_url: str) -> None:
    engine = make_engine(database_url, autocommit=True)
    async with make_reading(engine)() as session:
        await session.execute(text("create table kept (id int)"))
        raw = (await (await session.connection()).get_raw_connection()).driver_connection
        assert raw
        assert raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    async with make_reading(engine)() as session:
        assert (await session.execute(text("select count(*) from kept"))).scalar_one() == 0
    await engine.dispose()
