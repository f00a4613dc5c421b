"""What `/readyz` costs and says."""

import asyncio
import dataclasses

from services.app.health import Health
from services.app.scheduler import Scheduler
from services.deps import Deps
from services.kit.notify import Listener
from services.storage.base import StorageError
from services.storage.local import LocalStorage


class Counting(LocalStorage):
    """A storage that counts how often it is tried, and fails when told to."""

    tried, broken = 0, False

    async def check(self) -> None:
        """Count, and fail when told to."""
        self.tried += 1
        if self.broken:
            raise StorageError("full")


async def test_a_crowd_that_asks_is_one_look(live_deps: Deps, database_url: str) -> None:
    """Anybody may ask, and a look writes to the storage."""
    folder = live_deps.settings.data_dir
    storage = Counting(folder, secret=b"s" * 32, base_url="http://test")
    deps = dataclasses.replace(live_deps, storage=storage)
    health = Health(deps, Listener(database_url), Scheduler({}))
    answers = await asyncio.gather(*(health.parts() for _ in range(50)))
    assert storage.tried == 1
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["database"]
    assert answers[0]["storage"]
    storage.broken = True
    assert not (await health.parts())["storage"]
