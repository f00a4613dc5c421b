"""An engine that works in the process that submits: who holds a run's lease makes it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.app.bootstrap import IN_PROCESS_SLOTS, kinds_for
from services.deps import Deps
from services.engines.preview.engine import PreviewEngine
from services.engines.preview.render import Made
from services.engines.registry import Registry
from services.jobs import Worker
from services.remote.driver import MAX_MISSES
from services.studio import generation_job, generations
from services.studio.generations import GenerationView
from tests.doubles.engine import picture
from tests.services.jobs.kit import SECOND
from tests.studio import Studio
from tests.waiting import eventually

SLOTS = IN_PROCESS_SLOTS[generation_job.KIND]
FREELY = 10_000


class Process:
    """A process with a preview engine, which makes as many pictures as it may."""

    def __init__(self, deps: Deps, *, pictures: int = FREELY) -> None:
        self.made: list[int] = []
        self._may = asyncio.Semaphore(pictures)
        engine = PreviewEngine(deps.storage, self._render, self._retouch)
        self.deps = replace(deps, engines=Registry.of(engine))
        self.worker = Worker(self.deps, kinds=kinds_for(self.deps.engines))

    async def _render(self, photos: Sequence[bytes], *, seed: int, **_: Any) -> Made:
        await self._may.acquire()
        self.made.append(seed)
        return Made(picture(), photo=0)

    async def _retouch(self, picture: bytes, **_: Any) -> bytes:
        return picture

    def allow(self, pictures: int) -> None:
        """It may make so many more."""
        for _ in range(pictures):
            self._may.release()

    async def die(self, studio: Studio) -> None:
        """As by kill -9: nothing is written any more, and its leases run out."""
        self.worker.retire()
        for task in list(self.worker._running.values()):
            task.cancel()
        await asyncio.gather(*self.worker._running.values(), return_exceptions=True)
        await self.stop()
        await studio.execute("update job_queue set lease_until = now() where state = 'leased'")

    async def stop(self) -> None:
        """Ends it in good order."""
        await self.worker.drain(SECOND)
        await self.deps.engine.close()


Start = Callable[..., Process]


@pytest.fixture
async def start(live_deps: Deps) -> AsyncIterator[Start]:
    """Starts processes of one installation; they end with the test."""
    started: list[Process] = []

    def start(**given: Any) -> Process:
        started.append(Process(live_deps, **given))
        return started[-1]

    yield start
    for process in started:
        await process.stop()


@pytest.fixture
async def studio(live_deps: Deps) -> Studio:
    studio = Studio(live_deps)
    return await studio.open(plan="unlimited", status="ready", photos=1)


async def work(studio: Studio, *processes: Process, until: Callable[[], Any]) -> None:
    """Lets the processes work until the condition holds."""

    async def there() -> bool:
        for process in processes:
            await process.worker.sweep()
            await process.worker.poll()
            await process.worker.beat()
        return bool(await until())

    await eventually(there, timeout=40)


async def ended(studio: Studio, *asked: GenerationView) -> bool:
    return not any([(await studio.generation(one.id)).active for one in asked])


def seeds(*asked: GenerationView) -> list[int]:
    return sorted(one.seed + i for one in asked for i in range(one.count))


async def check_all_made(studio: Studio, *asked: GenerationView) -> None:
    for one in asked:
        view = await studio.generation(one.id)
        assert (view.status, view.status_reason) == ("succeeded", None)
        assert [image.seed for image in view.images] == seeds(one)
    assert await studio.open_holds() == []


async def test_processes_share_the_line_and_make_each_picture_once(
    studio: Studio, start: Start
) -> None:
    one, other = start(), start()
    asked = [await studio.generate(count=2, seed=n * 10) for n in range(6)]
    await work(studio, one, other, until=lambda: ended(studio, *asked))
    await check_all_made(studio, *asked)
    assert sorted(one.made + other.made) == seeds(*asked)
    assert one.made
    assert other.made
    assert {(run.attempt, run.misses) for run in await studio.runs()} == {(1, 0)}


async def test_a_process_takes_no_more_than_it_works_on(studio: Studio, start: Start) -> None:
    busy, idle = start(pictures=0), start()
    asked = [await studio.generate(count=1) for _ in range(SLOTS + 2)]

    async def taken() -> bool:
        states = await studio.run_states()  # one is drawn, the others wait for their turn
        return (states.count("running"), states.count("submitted")) == (1, SLOTS - 1)

    await work(studio, busy, until=taken)
    for _ in range(3):
        await busy.worker.poll()
    assert (await studio.run_states()).count("queued") == 2
    await work(studio, idle, until=lambda: ended(studio, *asked[SLOTS:]))
    busy.allow(FREELY)
    await work(studio, busy, until=lambda: ended(studio, *asked))
    await check_all_made(studio, *asked)


async def test_a_dead_process_costs_a_try_only_those_runs_that_were_running_there(
    studio: Studio, start: Start
) -> None:
    mortal, heir = start(pictures=1), start()
    asked = [await studio.generate(count=2, seed=n * 10) for n in range(SLOTS + 3)]

    async def one_is_stored() -> bool:
        return sum([len((await studio.generation(a.id)).images) for a in asked]) == 1

    await work(studio, mortal, until=one_is_stored)
    await mortal.die(studio)
    await work(studio, heir, until=lambda: ended(studio, *asked))
    await check_all_made(studio, *asked)
    assert sorted(mortal.made + heir.made) == seeds(*asked)  # what was stored is not made again
    tried = [run.attempt for run in await studio.runs()]
    assert sorted(tried) == [1, 1, 1] + [2] * SLOTS


async def test_a_run_that_comes_on_is_finished_however_often_its_process_dies(
    studio: Studio, start: Start
) -> None:
    asked = await studio.generate(count=8, seed=0)
    for n in range(1, 9):
        process = start(pictures=1)

        async def stored(n: int = n) -> bool:
            return len((await studio.generation(asked.id)).images) == n

        await work(studio, process, until=stored)
        await process.die(studio)
    await work(studio, start(), until=lambda: ended(studio, asked))
    await check_all_made(studio, asked)


async def test_a_run_that_kills_every_process_is_given_up_and_costs_nothing(
    studio: Studio, start: Start
) -> None:
    asked = await studio.generate(count=2)

    for attempt in range(1, MAX_MISSES + 2):
        process = start(pictures=0)

        async def running(attempt: int = attempt) -> bool:
            [run] = await studio.runs()
            return (run.state, run.attempt) == ("running", attempt)

        await work(studio, process, until=running)
        await process.die(studio)
    await work(studio, start(pictures=0), until=lambda: ended(studio, asked))
    view = await studio.generation(asked.id)
    reason = "It was interrupted too often, so we stopped trying. Nothing was charged."
    assert (view.status, view.status_reason) == ("failed", reason)
    assert await studio.open_holds() == []


async def test_what_is_canceled_is_made_no_further_and_frees_its_place(
    studio: Studio, start: Start
) -> None:
    process = start(pictures=1)
    asked = [await studio.generate(count=4, seed=n * 10) for n in range(SLOTS)]
    waiting = await studio.generate(count=1, seed=90)

    async def first_is_there() -> bool:
        return bool(process.made) and len(await studio.run_states()) == SLOTS + 1

    await work(studio, process, until=first_is_there)
    async with studio.deps.transaction() as session:
        for one in asked:
            await generations.cancel(
                session, studio.deps, user_id=studio.user_id, generation_id=one.id
            )
    await process.worker.beat()
    before = len(process.made)
    process.allow(FREELY)
    await work(studio, process, until=lambda: ended(studio, waiting))
    assert process.made[before:] == [90]


async def test_a_long_line_is_no_reason_to_give_up(studio: Studio, start: Start) -> None:
    asked = await studio.generate(count=1)
    waited = generations.LIMITS.accept + SECOND
    await studio.execute(
        "update remote_jobs set deadline_at = deadline_at - :waited", waited=waited
    )
    await work(studio, start(), until=lambda: ended(studio, asked))
    await check_all_made(studio, asked)
