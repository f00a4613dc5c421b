"""What every engine keeps: run against each implementation, files over real HTTP."""

import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from PIL import Image
from pydantic import SecretStr

from pages import files
from services.deps import Deps
from services.engines import configured
from services.engines.base import (
    Engine,
    Method,
    Operation,
    Person,
    Refused,
    RemoteState,
    RemoteStatus,
)
from services.engines.local import machine
from services.engines.local.engine import make_engine as make_local_engine
from services.engines.preview.engine import PreviewEngine
from services.engines.preview.process import Renderer
from services.settings import Settings
from services.storage.local import LocalStorage
from tests.conformance.engine_bench import Bench
from tests.conformance.pull_bench import pull_bench
from tests.conftest import ExplicitSettings
from tests.doubles import together
from tests.doubles.together import Together
from tests.servers import served
from tests.trainer.worker import KEY as WORKER_KEY
from tests.trainer.worker import build_bases, running_worker, trainer_python
from tests.waiting import eventually

TINY = {
    "steps": 20,
    "rank": 4,
    "alpha": 4,
    "learning_rate": 1e-2,
    "warmup_steps": 2,
    "resolutions": [64],
    "checkpoint_every": 10,
    "samples_per_round": 1,
    "sample_size": 64,
    "sample_steps": 2,
    "sample_guidance": 1.0,
    "max_sequence_length": 64,
    "min_photos": 1,
}


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[LocalStorage]:
    app = FastAPI()
    with served(app) as url:
        storage = LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url=url)
        app.include_router(files.router(storage))
        yield storage


@pytest.fixture
async def preview(storage: LocalStorage) -> AsyncIterator[Bench]:
    renderer = Renderer()
    engine = PreviewEngine(storage, renderer, renderer.retouch)
    yield Bench(engine, storage)
    await engine.close()


@pytest.fixture
def double(shared_dir: Path) -> Iterator[tuple[Together, str]]:
    description = shared_dir / "docs" / "together-openapi.yaml"
    if not description.exists():
        pytest.skip("Together's description is not beside this repository")
    with together.running(description) as running:
        yield running


def _settings(tmp_path: Path, url: str, **values: Any) -> Settings:
    given: dict[str, Any] = {"together_api_key": SecretStr(together.KEY), "together_base_url": url}
    return ExplicitSettings(data_dir=tmp_path, **(given | values))


def _built(settings: Settings, storage: LocalStorage) -> Engine:
    return configured.build(settings, storage).default


@pytest.fixture
async def instant(
    double: tuple[Together, str], storage: LocalStorage, tmp_path: Path
) -> AsyncIterator[Bench]:
    engine = _built(_settings(tmp_path, double[1], engine="together"), storage)
    yield Bench(engine, storage)
    await engine.close()


def _queue_bench(engine: Engine, storage: LocalStorage, server: Together) -> Bench:
    async def work(status: RemoteStatus) -> None:
        job = server.jobs[status.remote_id.rpartition("/")[2]]
        if job.status == "pending":
            server.begin(job)
        elif job.status == "running":
            await server.finish(job)

    return Bench(engine, storage, work=work)


@pytest.fixture
async def custom(
    double: tuple[Together, str], storage: LocalStorage, tmp_path: Path
) -> AsyncIterator[Bench]:
    server, url = double
    names = {"together_trainer": "likeness-trainer", "together_generator": "likeness-trainer"}
    engine = _built(_settings(tmp_path, url, engine="together", **names), storage)
    yield _queue_bench(engine, storage, server)
    await engine.close()


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if trainer_python() is None:
        pytest.skip("no Python with the trainer's packages: see README, “Own GPU”")
    return build_bases(tmp_path_factory.mktemp("worker") / "bases")


@pytest.fixture(scope="module")
def worker_url(bases: Path) -> Iterator[str]:
    with running_worker(bases, bases.parent / "work") as worker:
        yield worker.url


def _worker_engine(
    url: str, tmp_path: Path, storage: LocalStorage, base_model: str | None = None
) -> Engine:
    settings = ExplicitSettings(
        data_dir=tmp_path,
        engine="worker",
        gpu_worker_url=url,
        gpu_worker_key=SecretStr(WORKER_KEY),
        base_model=base_model,
        training_recipe=TINY,
        upscaler="tiny-x4",
    )
    return _built(settings, storage)


@pytest.fixture
async def worker(worker_url: str, storage: LocalStorage, tmp_path: Path) -> AsyncIterator[Bench]:
    engine = _worker_engine(worker_url, tmp_path, storage)
    yield Bench(engine, storage, side=64, steps=2, limit=90)
    await engine.close()


@pytest.fixture
async def worker_flux1(
    worker_url: str, storage: LocalStorage, tmp_path: Path
) -> AsyncIterator[Bench]:
    engine = _worker_engine(worker_url, tmp_path, storage, "FLUX.1-dev")
    yield Bench(engine, storage, side=64, steps=2, limit=90)
    await engine.close()


@pytest.fixture(scope="module")
async def child(bases: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """A machine that has a GPU, as far as the app looks, and computes on the CPU."""
    tiny = {"BASE_DIR": str(bases), "DEVICE": "cpu", "THREADS": "1"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(machine, "DEVICES", [str(bases)])
        for name, value in tiny.items():
            patched.setenv(f"TRAINER_{name}", value)
        settings = ExplicitSettings(
            data_dir=tmp_path_factory.mktemp("data"),
            local_gpu_python=Path(trainer_python() or ""),
            training_recipe=TINY,
            upscaler="tiny-x4",
        )
        files = tmp_path_factory.mktemp("files")
        nowhere = LocalStorage(files, secret=b"s" * 32, base_url="http://nowhere")
        engine = make_local_engine(settings, nowhere)
        engine.start()
        await eventually(lambda: engine.up, timeout=60)
        yield engine
        await engine.close()


@pytest.fixture
async def local(child: Engine, storage: LocalStorage) -> Bench:
    return Bench(child, storage, side=64, steps=2, limit=90)


@pytest.fixture
async def pull(
    live_deps: Deps, storage: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    async with pull_bench(live_deps, storage, tmp_path, monkeypatch) as bench:
        yield bench


# These go by the picture's own pixels, whatever size is asked for.
OWN_SIZE = (Operation.CUTOUT, Operation.ENLARGE, Operation.FACE)
ENGINES = ["preview", "instant", "custom", "worker", "worker_flux1", "local", "pull"]


@pytest.fixture(params=ENGINES)
def chosen(request: pytest.FixtureRequest) -> Bench:
    found: Bench = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def bench(chosen: Bench) -> Bench:
    return await chosen.open()


async def test_it_says_what_it_is_and_that_it_is_ready(bench: Bench) -> None:
    info = bench.engine.info
    assert info.label
    assert info.notice
    assert info.privacy
    assert info.batch >= 1
    said = await bench.engine.check()
    assert said.endswith(".")
    if info.name in {"local", "worker"}:
        assert "It runs on the CPU (torch 2." in said


async def test_a_training_ends_with_what_the_engine_promised(bench: Bench) -> None:
    if not bench.engine.info.trains:
        with pytest.raises(Refused) as refused:
            await bench.engine.submit_training(await bench.train_request())
        assert not refused.value.retryable
        return
    request, status = await bench.trained()
    assert status.progress == 1.0
    weights = await bench.storage.head(request.weights.key)
    assert (weights is not None) == bench.engine.info.needs_weights
    for sample in status.samples:
        key = sample.key or request.samples[sample.index].key
        Image.open(io.BytesIO(await bench.storage.get(key))).verify()


async def test_each_seed_becomes_a_picture_of_the_size_asked_for(bench: Bench) -> None:
    request = bench.generate_request(lora=await bench.lora())
    status = await bench.ended(await bench.engine.submit_generation(request))
    assert status.state is RemoteState.SUCCEEDED, status.reason
    assert [result.index for result in status.results] == list(range(len(request.seeds)))
    for result in status.results:
        image = Image.open(io.BytesIO(await bench.bytes_of(result, request)))
        image.load()
        assert image.size == (bench.side, bench.side)


async def test_instant_pictures_are_made_of_photos_alone(bench: Bench) -> None:
    if Method.INSTANT not in bench.engine.info.methods:
        pytest.skip("it makes no instant pictures")
    info = bench.engine.info.of(Method.INSTANT)
    assert (info.min_photos, info.methods) == (1, (Method.INSTANT,))
    assert info.max_references >= 1
    count = min(2, info.batch)
    for photos in (bench.photos[:1], bench.photos * 4):  # fewer and more than it takes
        request = bench.generate_request(
            lora=None,
            method=Method.INSTANT,
            base_model=None,
            steps=None,
            seeds=list(range(count)),
            outputs=[bench.writable(f"u/i/{i}.jpg", "image/jpeg") for i in range(count)],
            photos=[bench.readable(key) for key in photos],
        )
        status = await bench.ended(await bench.engine.submit_generation(request))
        assert status.state is RemoteState.SUCCEEDED, status.reason
        for result in status.results:
            image = Image.open(io.BytesIO(await bench.bytes_of(result, request)))
            assert image.size == (bench.side, bench.side)
    with pytest.raises(Refused) as refused:
        await bench.engine.submit_generation(replace(request, photos=[]))
    assert not refused.value.retryable


async def test_two_people_come_from_photos_of_both(bench: Bench) -> None:
    info = bench.engine.info.of(Method.INSTANT)
    if info.max_people < 2:
        pytest.skip("it shows one person in a picture")
    second = Person("man", [bench.readable(key) for key in bench.photos[1:]])
    request = bench.generate_request(
        lora=None,
        method=Method.INSTANT,
        base_model=None,
        steps=None,
        seeds=[11],
        outputs=[bench.writable("u/two/0.jpg", "image/jpeg")],
        second=second,
    )
    status = await bench.ended(await bench.engine.submit_generation(request))
    assert status.state is RemoteState.SUCCEEDED, status.reason
    image = Image.open(io.BytesIO(await bench.bytes_of(status.results[0], request)))
    assert image.size == (bench.side, bench.side)
    alone = replace(request, second=replace(second, photos=[]))
    with pytest.raises(Refused) as refused:
        await bench.engine.submit_generation(alone)
    assert not refused.value.retryable


async def test_a_repeat_is_free_where_the_engine_says_so(bench: Bench) -> None:
    if not bench.engine.info.resubmit_safe:
        pytest.skip("a repeat of a submit may be charged twice here")
    request = await bench.train_request()
    first = await bench.engine.submit_training(request)
    second = await bench.engine.submit_training(request)
    assert first.remote_id == second.remote_id
    await bench.engine.cancel(first.remote_id)


async def test_a_job_it_does_not_know_is_lost(bench: Bench) -> None:
    if not bench.engine.info.trains:
        pytest.skip("nothing is ever asked about here: an answer is the result")
    known = (await bench.engine.submit_training(await bench.train_request())).remote_id
    unknown = f"{known.rpartition('/')[0]}/{uuid4()}".lstrip("/")
    assert (await bench.engine.poll(unknown)).state is RemoteState.LOST
    await bench.engine.cancel(known)


async def test_a_queued_job_can_be_stopped(bench: Bench) -> None:
    if not bench.engine.info.trains:
        assert not await bench.engine.cancel("")  # what is made within a call
        return
    request = await bench.train_request()
    status = await bench.engine.submit_training(request)
    assert await bench.engine.cancel(status.remote_id)

    async def stopped() -> bool:
        return (await bench.engine.poll(status.remote_id)).state is RemoteState.CANCELED

    await eventually(stopped, timeout=bench.limit)


async def test_a_generation_without_material_is_refused(bench: Bench) -> None:
    request = bench.generate_request(lora=None, photos=[])
    with pytest.raises(Refused) as refused:
        await bench.engine.submit_generation(request)
    assert not refused.value.retryable


@pytest.mark.timeout(300)  # a job for each, and each imports torch where it is alone
async def test_each_operation_that_is_offered_makes_a_picture_of_its_size(bench: Bench) -> None:
    """With a picture that was made elsewhere: what is not possible with it is said beforehand."""
    offered = [o for o in bench.engine.info.operations if o is not Operation.GENERATE]
    if not offered:
        pytest.skip("it makes new pictures only")
    painted = Image.new("L", (bench.side, bench.side), 0)
    painted.paste(255, (0, 0, bench.side // 2, bench.side))
    mask = io.BytesIO()
    painted.save(mask, "PNG")
    await bench.storage.put("u/in/mask.png", mask.getvalue(), content_type="image/png")
    photo = Image.open(io.BytesIO(await bench.storage.get(bench.photos[0])))
    photo.thumbnail((200, 200))
    source = io.BytesIO()
    photo.save(source, "JPEG")
    await bench.storage.put("u/in/source.jpg", source.getvalue(), content_type="image/jpeg")
    for operation in offered:
        wide = 2 if operation in (Operation.EXTEND, Operation.ENLARGE) else 1
        made = {"engine": "elsewhere", "width": bench.side, "height": bench.side}
        if bench.engine.objection(operation, made, scale=2):
            continue
        request = bench.generate_request(
            lora=None,
            operation=operation,
            source=bench.readable("u/in/source.jpg"),
            mask=bench.readable("u/in/mask.png") if operation is Operation.INPAINT else None,
            made=made,
            scale=2 if operation is Operation.ENLARGE else None,
            area=(0.3, 0.2, 0.7, 0.7) if operation is Operation.FACE else None,
            seeds=[11],
            outputs=[bench.writable(f"u/out/{operation}.jpg", "image/jpeg")],
            width=bench.side * wide,
            method=bench.engine.info.methods[-1],
            base_model=None,
            steps=None,
        )
        status = await bench.ended(await bench.engine.submit_generation(request))
        if status.reason and status.reason.startswith("No person"):
            continue  # nobody can be cut out of a drawing
        assert status.state is RemoteState.SUCCEEDED, (operation, status.reason)
        image = Image.open(io.BytesIO(await bench.bytes_of(status.results[0], request)))
        expected = bench.side * wide, bench.side
        if operation in OWN_SIZE:
            expected = photo.width * wide, photo.height * wide
        assert image.size == expected, operation
