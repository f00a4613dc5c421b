"""The GPU of this machine: a worker that is started, killed, shared and ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from pages import files
from services.app.bootstrap import KINDS
from services.deps import Deps
from services.engines import configured
from services.engines.base import Refused
from services.engines.local import machine, memory
from services.engines.local.child import Child
from services.engines.local.engine import LocalEngine, make_engine
from services.engines.local.trial import UNMEASURED, Trials
from services.engines.local.weights import MISSING
from services.engines.registry import Entry, Registry
from services.jobs import Worker
from services.settings import Settings
from services.storage.base import Storage
from services.storage.local import LocalStorage
from services.studio import generations
from services.trainer.config import WorkerConfig
from tests.chaos.conftest import gone
from tests.conftest import SECRET, ExplicitSettings
from tests.doubles.local_worker import GO, MODULE, put_weights
from tests.servers import served
from tests.services.jobs.kit import SECOND
from tests.studio import Studio
from tests.waiting import eventually, eventually_sync

pytestmark = pytest.mark.process

PUBLIC = "https://photos.example.com"  # leads nowhere from here


def settings_of(data_dir: Path, **given: Any) -> Settings:
    """Those of a machine whose worker needs no GPU and no torch."""
    own: dict[str, Any] = {"local_gpu": "on", "local_gpu_python": Path(sys.executable)}
    own |= {"public_url": PUBLIC}
    return ExplicitSettings(data_dir=data_dir, **(own | given))


def put_trial(data_dir: Path, seconds: float) -> None:
    """As after a trial picture on this machine's CPU."""
    path = data_dir / "local" / "trial.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"base_model": "FLUX.2-klein-4B", "seconds": seconds}))


def engine_of(deps: Deps) -> LocalEngine:
    found = deps.engines.default
    assert isinstance(found, LocalEngine)
    return found


Container = Callable[..., Any]


@pytest.fixture
def container(
    live_deps: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Container]:
    """Containers of one installation: each a DATA_DIR, an address and a worker of its own.

    Each has a GPU, as far as the app looks.
    """
    monkeypatch.setattr(machine, "DEVICES", [str(tmp_path)])
    monkeypatch.setenv("TRAINER_DEVICE", "cpu")
    with ExitStack() as servers:
        app = FastAPI()
        port = int(servers.enter_context(served(app)).rpartition(":")[2])
        storage = LocalStorage(tmp_path / "files", secret=SECRET, base_url=PUBLIC)
        app.include_router(files.router(storage))

        @asynccontextmanager
        async def start(name: str = "one") -> AsyncIterator[Deps]:
            settings = settings_of(tmp_path / name, port=port)
            if not settings.data_dir.exists():
                put_weights(settings.data_dir / "local" / "models")
                put_trial(settings.data_dir, 1.5)
            engine = make_engine(settings, storage, MODULE)
            deps = replace(
                live_deps, settings=settings, storage=storage, engines=Registry.of(engine)
            )
            deps.engines.start()
            yield deps
            await deps.engines.close()

        yield start


async def serving(deps: Deps, *, but: int | None = None) -> int:
    """The worker's process, once it serves; but: one that was there before."""
    engine = engine_of(deps)
    await eventually(lambda: engine.up and engine.pid != but, timeout=40)
    assert engine.pid
    return engine.pid


def jobs_of(deps: Deps) -> Path:
    return deps.settings.data_dir / "local" / "work" / "jobs"


async def test_a_worker_that_is_killed_in_a_generation_loses_neither_pictures_nor_credits(
    container: Container,
) -> None:
    async with container() as deps:
        killed = await serving(deps)
        studio = await Studio(deps).open(plan="creator", photos=1, status="draft")
        before = (await studio.balance()).available
        asked = await studio.generate(prompt="slowly", count=2, seed=5)

        async def one_is_there() -> bool:
            return len((await studio.generation(asked.id)).images) == 1

        await studio.until(one_is_there, limit=40)
        os.kill(killed, signal.SIGKILL)
        await serving(deps, but=killed)
        (deps.settings.data_dir / "local" / "work" / GO).touch()
        done = await studio.ended(asked.id)
        assert (done.status, done.status_reason) == ("succeeded", None)
        assert [image.seed for image in done.images] == [5, 6]
        [run] = await studio.runs()
        assert (run.engine, run.attempt) == ("local", 1)  # it went on, and was not sent again
        assert before is not None
        assert (await studio.balance()).available == before - 2
        assert await studio.open_holds() == []
        await studio.close()


async def test_of_several_containers_only_the_one_that_was_asked_is_asked_again(
    container: Container,
) -> None:
    async with container("one") as one, container("two") as two:
        for deps in (one, two):
            await serving(deps)
        studio = await Studio(one).open(plan="unlimited", photos=1)
        other = Worker(two, kinds=KINDS)
        asked = await studio.generate(prompt="slowly", count=2, seed=5)

        async def one_is_there() -> bool:
            return len((await studio.generation(asked.id)).images) == 1

        await studio.until(one_is_there, limit=40)
        for _ in range(3):  # the other one looks for work, too, and hands this over
            await studio.hurry()
            await other.poll()
            if other._claiming:
                await other._claiming
        (one.settings.data_dir / "local" / "work" / GO).touch()

        async def over() -> bool:
            await other.poll()
            return not (await studio.generation(asked.id)).active

        await studio.until(over, limit=40)
        assert (await studio.generation(asked.id)).status == "succeeded"
        assert [len(list(jobs_of(deps).glob("*"))) for deps in (one, two)] == [1, 0]
        assert [(run.attempt, run.misses) for run in await studio.runs()] == [(1, 0)]
        await check_canceled_where_it_is(studio, other)
        await studio.close()
        await other.drain(SECOND)


async def check_canceled_where_it_is(studio: Studio, other: Worker) -> None:
    """Whoever looks first for the work of telling an engine to stop."""
    engine = engine_of(studio.deps)
    (engine.config.work_dir / GO).unlink()
    asked = await studio.generate(prompt="slowly", count=2, seed=5)

    async def runs_there() -> bool:
        return (await studio.run_states())[-1] == "running"

    await studio.until(runs_there, limit=40)
    run = (await studio.runs())[-1]
    assert (run.remote_id or "").startswith(f"@{engine.place}/")
    async with studio.deps.transaction() as session:
        await generations.cancel(
            session, studio.deps, user_id=studio.user_id, generation_id=asked.id
        )

    async def stopped() -> bool:
        await other.poll()
        return (await engine.poll(run.remote_id or "")).state == "canceled"

    await studio.until(stopped, limit=40)
    (engine.config.work_dir / GO).touch()


async def test_two_programs_on_one_folder_share_one_worker_by_turns(container: Container) -> None:
    async with container() as second:
        await serving(second)
        async with container() as first:
            engine = engine_of(first)

            async def waits() -> bool:
                with pytest.raises(Refused) as refused:
                    await engine.check()
                return "still has the work folder" in str(refused.value)

            await eventually(waits, timeout=40)
            assert "engine:local" in second.offers
            assert "engine:local" not in first.offers
            await second.engines.close()
            await serving(first)
            assert "engine:local" in first.offers


def test_a_worker_ends_with_the_program_that_started_it_however_that_ended(
    tmp_path: Path,
) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tests.services.engines.test_local import MODULE, make_engine, settings_of\n"
        "async def main():\n"
        "    engine = make_engine(settings_of(Path(sys.argv[1])), None, MODULE)\n"
        "    engine.start()\n"
        "    while not engine.up: await asyncio.sleep(0.02)\n"
        "    print(engine.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    worker = int(process.stdout.readline())
    assert not gone(worker)
    process.kill()
    process.wait()
    process.stdout.close()
    eventually_sync(lambda: gone(worker), timeout=40)


def scripted(tmp_path: Path, *lives: str) -> Child:
    """A child that says this in its first life, then in its second, and so on."""
    program = (
        "import pathlib, sys\n"
        f"lives = {lives!r}\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "life = int(path.read_text()) if path.exists() else 0\n"
        "path.write_text(str(life + 1))\n"
        "exec(lives[min(life, len(lives) - 1)])\n"
    )
    command = (sys.executable, "-c", program, str(tmp_path / "lives"))
    return Child(command, dict, pauses=[0.01])


SERVING = '{"serving": {"port": 1, "key": "k", "hardware": {}}}'
SERVES = f"print({SERVING!r}, flush=True); sys.stdin.read()"


async def test_a_worker_that_dies_is_started_again_until_it_serves(tmp_path: Path) -> None:
    child = scripted(tmp_path, "sys.exit(3)", "sys.exit(3)", SERVES)
    child.start()
    await eventually(lambda: child.serving, timeout=40)
    assert (child.trouble, child.hopeless) == (None, False)
    await child.stop()
    assert child.serving is None


async def test_a_worker_that_never_serves_says_why(tmp_path: Path) -> None:
    child = scripted(tmp_path, "sys.exit('CRITICAL no room left')")
    child.start()
    await eventually(lambda: child.hopeless, timeout=40)
    assert child.trouble == "It ended with status 1. CRITICAL no room left"
    await child.stop()


async def test_a_machine_that_can_not_do_it_says_so_at_once(tmp_path: Path) -> None:
    says = """print('{"refused": "The driver is too old."}', flush=True); sys.exit(1)"""
    child = scripted(tmp_path, says)
    child.pauses = [60.0]
    child.start()
    await eventually(lambda: child.hopeless, timeout=40)
    assert child.trouble == "The driver is too old."
    await child.stop()


@pytest.mark.parametrize(
    ("given", "devices", "words"),
    [
        ({"local_gpu": "off"}, True, "LOCAL_GPU=off"),
        ({"role": "web"}, True, "ROLE=web"),
        ({"local_gpu_python": None}, True, "extra “trainer” is not installed"),
        ({"local_gpu": "auto"}, False, "No NVIDIA GPU was found"),
        ({"local_gpu": "auto"}, True, None),
        ({"local_gpu": "on"}, False, None),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    devices: bool,
    words: str | None,
) -> None:
    monkeypatch.setattr(machine, "DEVICES", [str(tmp_path)] if devices else [])
    monkeypatch.setattr(machine, "find_spec", lambda _name: None)
    found = machine.missing(settings_of(tmp_path, **given))
    assert (found is None) if words is None else (words in (found or ""))


async def test_a_gpu_is_the_usual_engine_once_its_weights_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: LocalStorage
) -> None:
    monkeypatch.setattr(machine, "DEVICES", [str(tmp_path)])
    engines = configured.build(settings_of(tmp_path, engine="auto", local_gpu="auto"), storage)
    local = engines.entry("local")
    assert local
    assert (local.ready, local.reason) == (False, MISSING)
    assert engines.default.info.name == "preview"
    put_weights(tmp_path / "local" / "models")
    assert [engine.info.name for engine in engines.ready] == ["local", "preview"]
    assert engines.default.info.trains
    await engines.close()


async def test_a_cpu_is_never_the_usual_engine_unless_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: LocalStorage
) -> None:
    monkeypatch.setattr(machine, "DEVICES", [])
    put_weights(tmp_path / "local" / "models")
    put_trial(tmp_path, 1.5)
    for engine, usual in (("auto", "preview"), ("local", "local")):
        engines = configured.build(settings_of(tmp_path, engine=engine), storage)
        assert engines.default.info.name == usual
        local = engines.entry("local")
        assert isinstance(local, Entry)
        assert (local.ready, local.info.trains) == (True, False)
        await engines.close()


async def test_a_cpu_is_offered_once_a_trial_has_measured_it(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "DEVICES", [])
    async with container() as deps:
        engine = engine_of(deps)
        files = deps.storage
        assert engine.info.image_seconds == 1.5  # what an earlier start has measured
        (engine.config.work_dir.parent / "trial.json").unlink()
        trials = Trials(
            engine.config.work_dir.parent / "trial.json", files, base_model="FLUX.2-klein-4B"
        )
        engine._trials = trials
        assert engine.away == UNMEASURED
        await serving(deps)
        engine.try_out()
        await eventually(lambda: engine.away is None, timeout=40)
        seconds = engine.info.image_seconds
        assert seconds
        assert seconds > 0
        again = Trials(trials._path, files, base_model="FLUX.2-klein-4B")
        assert again.state.seconds == seconds
        assert Trials(trials._path, files, base_model="another").objection == UNMEASURED
        assert [info.key async for info in files.list()] == []


def test_a_cpu_that_takes_longer_than_members_wait_makes_no_pictures(tmp_path: Path) -> None:
    put_trial(tmp_path, 1200)
    path = tmp_path / "local" / "trial.json"
    trials = Trials(path, cast(Storage, None), base_model="FLUX.2-klein-4B")
    assert "took 20 minutes here" in (trials.objection or "")


@pytest.mark.parametrize(("free", "fits"), [(1, False), (40, True)])
def test_a_cpu_without_the_memory_says_how_much_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, fits: bool
) -> None:
    folder = tmp_path / "FLUX.2-klein-4B"
    shape = {"num_layers": 1, "num_attention_heads": 1, "attention_head_dim": 8}
    for part, size in (("transformer", 3 * 10**9), ("text_encoder", 2 * 10**9)):
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text(json.dumps(shape))
        with (folder / part / "model.safetensors").open("wb") as file:
            file.truncate(size)
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: 1 kB\nMemAvailable: {free * 10**6} kB\n")
    monkeypatch.setattr(memory, "MEMORY", meminfo)
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    said = memory.objection(WorkerConfig(base_dir=tmp_path))
    assert (said is None) == fits
    assert fits or said == ("Pictures on the CPU need about 12 GB of memory, and 1 GB are free.")
