"""A process that dies at any point of a run: nothing is charged twice, nothing stays open.

Every transaction, engine call and stored file is a point; the test dies at each in turn, before
and after it, and lets another process go on.
"""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from services import jobs
from services.app.bootstrap import KINDS
from services.deps import Deps
from services.engines.base import (
    GenerateRequest,
    Method,
    RemoteState,
    RemoteStatus,
    ResultFile,
    TrainRequest,
)
from services.engines.registry import Registry
from services.jobs import Kind, Worker
from services.storage.local import LocalStorage
from tests.doubles.engine import ScriptedEngine, picture
from tests.services.training.test_trainings import weights
from tests.studio import Studio


class Killed(BaseException):
    """The process is gone."""


class Fuse:
    """Dies at the point number `at`, counted from 0; never again afterwards."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.points = 0

    def point(self) -> None:
        here, self.points = self.points, self.points + 1
        if self.at is not None and here >= self.at:
            raise Killed


class Provider(ScriptedEngine):
    """Takes work, charges for each submit it sees, and puts the results where it was told."""

    def __init__(self, fuse: Fuse, storage: LocalStorage) -> None:
        super().__init__()
        self._fuse, self._storage = fuse, storage
        self.is_(methods=(Method.TRAINED,))

    async def submit_training(self, request: TrainRequest) -> RemoteStatus:
        self._fuse.point()
        self.trainings.append(request)
        await self._storage.put(
            request.weights.key, weights(), content_type="application/octet-stream"
        )
        self._fuse.point()
        return RemoteStatus("t", RemoteState.PENDING)

    async def submit_generation(self, request: GenerateRequest) -> RemoteStatus:
        self._fuse.point()
        self.submitted.append(request)
        results = tuple(ResultFile(i, data=picture()) for i in range(len(request.seeds)))
        self._fuse.point()
        return RemoteStatus("", RemoteState.SUCCEEDED, progress=1.0, results=results)

    async def poll(self, remote_id: str) -> RemoteStatus:
        self._fuse.point()
        return RemoteStatus(remote_id, RemoteState.SUCCEEDED, progress=1.0)


class Scene:
    """One member, a process that will die, and one that goes on."""

    def __init__(self, deps: Deps) -> None:
        self.fuse = Fuse()
        assert isinstance(deps.storage, LocalStorage)
        self.engine = Provider(self.fuse, deps.storage)
        self.deps = dataclasses.replace(deps, engines=Registry.of(self.engine))
        self.studio = Studio(self.deps)
        mortal = dataclasses.replace(self.deps, transaction=self._transaction)
        self._mortal = mortal
        self._died = False

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        self.fuse.point()
        async with self.deps.transaction() as session:
            yield session
            self.fuse.point()
        self.fuse.point()

    async def work_until_death(self, at: int) -> bool:
        """Handlers see the fuse, the queue itself does not; True if it died."""
        await self.studio.close()  # so that nobody else takes the job
        self.fuse.at, self.fuse.points, self._died = at, 0, False
        worker = Worker(
            self.deps, kinds={name: self._wrapped(kind) for name, kind in KINDS.items()}
        )

        async def over() -> bool:
            states = await self.studio.run_states()
            return self._died or states[-1] in {"succeeded", "failed", "expired", "unknown"}

        self.studio.worker = worker
        await self.studio.until(over)
        self.fuse.at = None
        await worker.drain(timedelta(seconds=1))
        self.studio.worker = Worker(self.deps, kinds=KINDS)
        await self.studio.execute("update job_queue set lease_until = now() where state = 'leased'")
        await self.studio.worker.sweep()
        return self._died

    def _wrapped(self, kind: Kind) -> Kind:
        async def run(_deps: Deps, job: jobs.Job) -> jobs.Outcome:
            try:
                return await kind.run(self._mortal, job)
            except Killed:
                self._died = True
                raise

        return dataclasses.replace(kind, run=run)

    async def lose_patience(self) -> None:
        """Lets the deadlines of what may have been lost pass."""
        await self.studio.execute(
            "update remote_jobs set deadline_at = now() - interval '1 s' where state = 'unknown'"
        )


@pytest.fixture
async def scene(live_deps: Deps) -> AsyncIterator[Scene]:
    scene = Scene(live_deps)
    yield scene
    await scene.studio.close()


async def ended(scene: Scene, view: Any) -> Any:
    async def over() -> bool:
        await scene.lose_patience()
        return not (await view()).active

    await scene.studio.until(over)
    return await view()


@pytest.mark.timeout(300)
async def test_a_generation_that_is_killed_anywhere(scene: Scene) -> None:
    studio, died, at = scene.studio, True, 0
    while died:
        await studio.open(plan="free", status="ready", lora_key="u/l.safetensors", photos=1)
        scene.engine.submitted.clear()
        asked = await studio.generate(count=2)
        died = await scene.work_until_death(at)
        done = await ended(scene, partial(studio.generation, asked.id))
        assert done.status == "succeeded", (at, done.status_reason)
        assert len(scene.engine.submitted) <= 2, at
        assert [image.seed for image in done.images] == [asked.seed, asked.seed + 1], at
        assert ((await studio.balance()).available, await studio.open_holds()) == (1, []), at
        at += 1
    assert at > 12


@pytest.mark.timeout(300)
async def test_a_training_that_is_killed_anywhere(scene: Scene) -> None:
    studio, died, at, states = scene.studio, True, 0, set()
    await studio.execute("update plans set training_credits = 2 where name = 'free'")
    while died:
        await studio.open(plan="free", photos=10)
        scene.engine.trainings.clear()
        await studio.train()
        died = await scene.work_until_death(at)
        model = await ended(scene, studio.model)
        assert len(scene.engine.trainings) <= 1, at
        paid = 3 - ((await studio.balance()).available or 0)
        assert (model.status, paid) in {("ready", 2), ("failed", 0)}, at
        assert len(scene.engine.trainings) == 1 or model.status == "failed", at
        assert await studio.open_holds() == [], at
        states.add(model.status)
        at += 1
    assert states == {"ready", "failed"}  # a submit that may not have been sent is not repeated
    assert at > 12
