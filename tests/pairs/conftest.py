"""One database for all pairs, emptied before each: a copy of its own would take longer."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.deps import Deps
from services.settings import Settings
from tests.conftest import SECRET
from tests.doubles.engine import ScriptedEngine
from tests.pairs.house import Disk, House


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
