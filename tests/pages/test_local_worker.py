"""/admin, Engines: the worker of this machine, its hardware and its weights."""

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from nicegui.testing import User as Visitor
from sqlalchemy import update

from db.models import User
from services.accounts.users import UserView
from services.deps import Deps
from services.engines.local import machine
from services.engines.local.engine import LocalEngine, make_engine
from services.engines.registry import Entry, Registry
from tests.doubles.local_worker import FETCHING, GO, MODULE
from tests.pages.conftest import ANNA
from tests.serving import serving
from tests.waiting import eventually


@pytest.fixture
async def worker(
    live_deps: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LocalEngine]:
    """A GPU, as far as the app looks."""
    monkeypatch.setattr(machine, "DEVICES", [str(tmp_path)])
    monkeypatch.setenv("TRAINER_DEVICE", "cpu")
    own = {"local_gpu_python": Path(sys.executable)}
    engine = make_engine(
        live_deps.settings.model_copy(update=own), live_deps.storage, MODULE, FETCHING
    )
    yield engine
    await engine.close()


@pytest.fixture
async def house(live_deps: Deps, worker: LocalEngine) -> Deps:
    booth = live_deps.engine
    entries = {e.info.name: Entry(e.info, e) for e in (worker, booth)}
    return replace(live_deps, engines=Registry(entries, default="local"))


@pytest.fixture
async def visitor(house: Deps) -> AsyncIterator[Visitor]:
    async with serving(house) as visitor:
        await visitor.http_client.post("/register", data=ANNA)
        yield visitor


async def seen(visitor: Visitor, *words: str) -> None:
    async def there() -> bool:
        for each in words:
            await visitor.should_see(each)
        return True

    await eventually(there, timeout=40)


async def test_weights_are_fetched_on_a_click_with_size_licence_progress_and_a_stop(
    visitor: Visitor, house: Deps, worker: LocalEngine, anna: UserView
) -> None:
    async with house.transaction() as session:
        await session.execute(update(User).where(User.id == anna.id).values(role="admin"))
    await visitor.open("/admin")
    await seen(visitor, "The worker is starting.", "Not here yet", "Its weights are not here yet")
    house.engines.start()
    await seen(visitor, "The worker runs.")
    visitor.find(marker="look").click()
    said = "Licence apache-2.0, 8.0 GB, 8.0 GB to fetch"
    await seen(visitor, said, "0 bytes of 16 GB are here.", "Fetch the weights")
    visitor.find(marker="fetch").click()
    await seen(visitor, "8.0 GB of 16 GB are here.", "Stop the download")
    visitor.find(marker="hold").click()
    await eventually(lambda: not worker.state.fetch.fetching, timeout=40)
    assert worker.state.fetch.trouble is None
    assert house.engine.info.name == "preview"
    await seen(visitor, "Fetch the weights")
    visitor.find(marker="fetch").click()
    await seen(visitor, "Licence apache-2.0, 8.0 GB, 4.0 GB to fetch")  # it goes on
    (worker.config.work_dir / GO).touch()
    await seen(visitor, "Here", "In use")
    assert house.engine is worker
