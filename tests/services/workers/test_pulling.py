"""A worker in pull mode against the real app: it works, and whatever breaks, nothing is lost."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from nicegui import core
from sqlalchemy import func, select, update

from db.models import WorkerJob
from services.deps import Deps
from services.engines.base import RemoteState
from services.engines.pull.engine import PullEngine
from services.trainer import pulling
from services.trainer.app_client import AppClient, Revoked
from services.trainer.config import WorkerConfig
from services.trainer.pulling import MODEL, Puller
from services.trainer.spec import GeneratePayload, TrainPayload, digest, to_wire
from services.workers import asking, keys, line
from tests.doubles import pulling_worker
from tests.doubles.worker_line import KLEIN, box_config, make_key, make_run, with_line
from tests.serving import listening, serving
from tests.trainer.bucket import Bucket
from tests.waiting import eventually

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks again soon: here nothing listens for notices."""
    monkeypatch.setattr(asking, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(pulling, "REPORT_EVERY", 0.1)
    monkeypatch.setattr(pulling, "PAUSES", (0.05, 0.1))


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with Bucket() as bucket:
        yield bucket


@pytest.fixture
def house(live_deps: Deps) -> Deps:
    return with_line(live_deps)


@pytest.fixture
async def app(house: Deps) -> AsyncIterator[None]:
    """The application, without a network."""
    async with serving(house):
        yield


class Cable(httpx.AsyncBaseTransport):
    """The line between a worker and the app, which can be cut."""

    def __init__(self) -> None:
        self._inner = httpx.ASGITransport(core.app, client=("192.0.2.9", 40000))
        self.cut = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut:
            raise httpx.ConnectError("the line is cut", request=request)
        answer = await self._inner.handle_async_request(request)
        if self.cut:  # the app has heard it, and its answer is lost
            raise httpx.ReadError("the line is cut", request=request)
        return answer


@dataclass
class Box:
    """A machine with a worker on it."""

    config: WorkerConfig
    key: str
    cable: Cable = field(default_factory=Cable)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[tuple[Puller, asyncio.Task[None]]]:
        """A worker on it, which is stopped in good order at the end."""
        client = AppClient("http://test", self.key, transport=self.cable)
        puller = Puller(self.config, pulling_worker.CPU, client, pulling_worker.COMMAND)
        async with pulling_worker.at_work(puller) as task:
            yield puller, task

    def go(self) -> None:
        """What was to go slowly ends."""
        (self.config.work_dir / pulling_worker.GO).touch()


@pytest.fixture
def new_box(house: Deps, tmp_path: Path) -> Callable[..., Any]:
    async def make(name: str = "box") -> Box:
        config = box_config(tmp_path, name)
        return Box(config, (await make_key(house, name))[1])

    return make


@dataclass
class Jobs:
    """What comes into the line, and what became of it."""

    house: Deps
    bucket: Bucket

    async def put(self, prompt: str = "at sea", *, train: bool = False) -> UUID:
        async with self.house.transaction() as session:
            id = await make_run(session)
        payload: TrainPayload | GeneratePayload
        if train:
            payload = TrainPayload(
                client_job_id=str(id),
                dataset_url=self.bucket.url("/photos.zip"),
                weights_put_url=self.bucket.url(f"/{id}.safetensors"),
                captions=(prompt,),
            )
        else:
            payload = GeneratePayload(
                client_job_id=str(id),
                prompt=prompt,
                seeds=(7,),
                width=64,
                height=64,
                output_put_urls=(self.bucket.url(f"/{id}.jpg"),),
            )
        needs = [f"{'train' if train else 'fast'}:{KLEIN}"]
        work: dict[str, Any] = {"kind": payload.kind, "needs": needs, "payload": to_wire(payload)}
        work["digest"] = digest(payload.model_dump(mode="json"))
        await line.of(self.house).submit(id, **work)
        return id

    async def state(self, id: UUID) -> RemoteState:
        engine = self.house.engines.find("pull")
        assert isinstance(engine, PullEngine)
        return (await engine.poll(str(id))).state

    async def reaches(self, id: UUID, state: RemoteState) -> None:
        async def there() -> bool:
            return await self.state(id) is state

        await eventually(there, timeout=60)

    async def lapse(self, id: UUID) -> None:
        """Its worker is not heard of for longer than its lease."""
        async with self.house.transaction() as session:
            past = func.now() - func.make_interval(0, 0, 0, 0, 1)
            held = WorkerJob.id == id, WorkerJob.state == "leased"
            await session.execute(update(WorkerJob).where(*held).values(lease_until=past))

    async def attempts(self, id: UUID) -> int:
        async with self.house.transaction() as session:
            found = await session.scalar(select(WorkerJob.attempts).where(WorkerJob.id == id))
        return found or 0


@pytest.fixture
def jobs(house: Deps, bucket: Bucket) -> Jobs:
    return Jobs(house, bucket)


@pytest.mark.usefixtures("app")
async def test_an_image_passes_by_a_training_that_is_under_way(new_box: Any, jobs: Jobs) -> None:
    box = await new_box()
    training = await jobs.put("slowly", train=True)
    async with box.working():
        await jobs.reaches(training, RemoteState.RUNNING)
        image = await jobs.put()
        await jobs.reaches(image, RemoteState.SUCCEEDED)
        assert await jobs.state(training) is RemoteState.RUNNING
        box.go()
        await jobs.reaches(training, RemoteState.SUCCEEDED)
    assert jobs.bucket.objects[f"/{training}.safetensors"] == b"weights"
    assert jobs.bucket.objects[f"/{image}.jpg"].startswith(b"\xff\xd8")


@pytest.mark.usefixtures("app")
async def test_what_is_canceled_stops_and_what_a_worker_cannot_do_fails(
    new_box: Any, jobs: Jobs
) -> None:
    box = await new_box()
    async with box.working() as (puller, _):
        id = await jobs.put("slowly")
        await jobs.reaches(id, RemoteState.RUNNING)
        assert await line.of(jobs.house).cancel(id)
        await eventually(lambda: [job.status for job in puller.queue.of(MODEL)] == ["canceled"])
        async with jobs.house.transaction() as session:
            strange = await make_run(session)
        await line.of(jobs.house).submit(
            strange, kind="generate", needs=[], payload={"job": {"kind": "sing"}}, digest="d"
        )
        await jobs.reaches(strange, RemoteState.FAILED)


@pytest.mark.usefixtures("app")
async def test_who_stops_gives_back_and_goes_on_when_it_comes_again(
    new_box: Any, jobs: Jobs
) -> None:
    box = await new_box()
    id = await jobs.put("slowly")
    async with box.working():
        await jobs.reaches(id, RemoteState.RUNNING)
    assert await jobs.state(id) is RemoteState.PENDING
    assert await jobs.attempts(id) == 0
    box.go()
    async with box.working():
        await jobs.reaches(id, RemoteState.SUCCEEDED)


@pytest.mark.usefixtures("app")
async def test_a_worker_that_was_cut_off_lets_go_of_what_another_has_done(
    new_box: Any, jobs: Jobs
) -> None:
    lost, other = await new_box("lost"), await new_box("other")
    id = await jobs.put("slowly")
    async with lost.working() as (puller, _):
        await jobs.reaches(id, RemoteState.RUNNING)
        lost.cable.cut = True
        await jobs.lapse(id)
        other.go()
        async with other.working():
            await jobs.reaches(id, RemoteState.SUCCEEDED)
        lost.cable.cut = False
        await eventually(lambda: [job.status for job in puller.queue.of(MODEL)] == ["parked"])
    assert await jobs.state(id) is RemoteState.SUCCEEDED


@pytest.mark.usefixtures("app")
async def test_what_was_done_while_the_app_was_away_is_brought_once_it_is_back(
    new_box: Any, jobs: Jobs
) -> None:
    box = await new_box()
    id = await jobs.put("slowly")
    async with box.working() as (puller, _):
        await jobs.reaches(id, RemoteState.RUNNING)
        box.cable.cut = True
        box.go()
        await eventually(lambda: [job.status for job in puller.queue.of(MODEL)] == ["done"])
        assert await jobs.state(id) is RemoteState.RUNNING
        await jobs.lapse(id)  # nobody else came for it
        box.cable.cut = False
        await jobs.reaches(id, RemoteState.SUCCEEDED)
    assert await jobs.attempts(id) == 1


@pytest.mark.usefixtures("app")
async def test_a_revoked_worker_ends_with_nothing_left_on_its_disk(
    new_box: Any, jobs: Jobs, house: Deps
) -> None:
    box = await new_box()
    id = await jobs.put("slowly")
    async with box.working() as (puller, task):
        await jobs.reaches(id, RemoteState.RUNNING)
        async with house.transaction() as session:
            (view,) = await keys.list_(session)
            await keys.revoke(session, house, key_id=view.id, actor_id=uuid4())
        with pytest.raises(Revoked):
            await task
        assert puller.queue.of(MODEL) == []
    assert list(box.config.work_dir.glob("jobs/*/job.json")) == []
    assert await jobs.state(id) is RemoteState.PENDING


async def test_a_worker_killed_at_work_goes_on_when_it_is_started_again(
    house: Deps, new_box: Any, jobs: Jobs
) -> None:
    box = await new_box()
    async with listening(house) as address:
        id = await jobs.put("slowly")
        process = _start(box, address)
        await jobs.reaches(id, RemoteState.RUNNING)
        await asyncio.to_thread(_kill, process)
        box.go()
        process = _start(box, address)
        try:
            await jobs.reaches(id, RemoteState.SUCCEEDED)
        finally:
            await asyncio.to_thread(_kill, process)


def _start(box: Box, address: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **box.config.environment()}
    command = [sys.executable, "-m", "tests.doubles.pulling_worker", address, box.key]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(30)
