"""The engine of workers that ask, on the bench: the real app, line and worker, without torch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from nicegui import core

from db.models import RunRow
from services.deps import Deps
from services.engines.base import Operation, RemoteStatus
from services.engines.pull.engine import PullEngine
from services.storage.local import LocalStorage
from services.trainer.app_client import AppClient
from services.trainer.pulling import Puller
from services.workers import asking
from services.workers.line import WorkerLine
from tests.conformance.engine_bench import Bench
from tests.doubles import pulling_worker
from tests.doubles.worker_line import UPSCALER, box_config, make_key, make_run, with_line
from tests.serving import serving
from tests.waiting import eventually


class LineOfRuns(WorkerLine):
    """Makes the run that a job belongs to: the bench submits without one."""

    async def submit(self, id: UUID, **work: Any) -> None:
        async with self._transaction() as session:
            if await session.get(RunRow, id) is None:
                await make_run(session, id=id)
        await super().submit(id, **work)


@asynccontextmanager
async def pull_bench(
    deps: Deps, storage: LocalStorage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    """A worker looks for work when the bench lets it, by the bell alone."""
    monkeypatch.setattr(asking, "LOOK_EVERY", 1000.0)
    line = LineOfRuns(deps.transaction)
    settings = deps.settings.model_copy(update={"upscaler": UPSCALER})
    house = with_line(replace(deps, settings=settings), line)
    engine = house.engines.find("pull")
    assert isinstance(engine, PullEngine)

    async def work(_status: RemoteStatus) -> None:
        line.bell.ring()

    async def there() -> bool:
        await engine.refresh()
        return Operation.ENLARGE in engine.info.operations  # and all that it does with pictures

    async with serving(house):
        transport = httpx.ASGITransport(core.app, client=("192.0.2.9", 40000))
        app = AppClient("http://test", (await make_key(house))[1], transport=transport)
        config = box_config(folder)
        async with pulling_worker.at_work(
            Puller(config, pulling_worker.CPU, app, pulling_worker.COMMAND)
        ):
            await eventually(there)
            yield Bench(engine, storage, side=64, work=work, limit=60)
            line.bell.close()
