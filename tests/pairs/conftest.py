"""One database for all pairs, emptied before each: a copy of its own would take longer."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import sql

from db.base import Base
from db.embedded.server import EmbeddedPostgres
from services.deps import Deps
from services.settings import Settings
from tests.conftest import SECRET, database_of_its_own
from tests.doubles.engine import ScriptedEngine
from tests.pairs.house import Disk, House

KEPT = {"plans"}
PLANS = "create table plans_as_migrated as table plans"
NEW = "delete from plans; insert into plans select * from plans_as_migrated"


@pytest.fixture(scope="session")
def pairs_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The database of all pairs."""
    with database_of_its_own(postgres) as url:
        with psycopg.connect(url) as connection:
            connection.execute(PLANS)
        yield url


@pytest.fixture
def database_url(pairs_url: str) -> str:
    """The same database, as it was after the migrations."""
    tables = [t.name for t in Base.metadata.sorted_tables if t.name not in KEPT]
    names = sql.SQL(",").join(map(sql.Identifier, tables))
    with psycopg.connect(pairs_url) as connection:
        connection.execute(sql.SQL("truncate {}").format(names))
        connection.execute(NEW)
    return pairs_url


@pytest.fixture
def storage(settings: Settings, now: Callable[[], datetime]) -> Disk:
    """A folder of this test alone, in which things may happen meanwhile."""
    files = settings.data_dir / "files"
    return Disk(files, secret=SECRET, base_url=settings.base_url, now=now)


@pytest.fixture
def engine() -> ScriptedEngine:
    """An engine that does what the test says."""
    return ScriptedEngine()


@pytest.fixture
async def house(live_deps: Deps, engine: ScriptedEngine, database_url: str) -> AsyncIterator[House]:
    """An installation. Whatever happened in it, its books and its files are in order at the end."""
    # the machine's clock, as what happens at once is dated by the database's, too
    deps = replace(live_deps, now=lambda: datetime.now(UTC))
    house = House(deps, engine, database_url)
    yield house
    await house.close()
    await house.settle()
    await house.inspect()
