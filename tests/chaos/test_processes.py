"""What the processes of the product survive, together, on one Postgres.

The short forms run always; `pytest -m slow tests/chaos` runs the long ones.
"""

import asyncio
import os
import random
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from db import migrate
from db.embedded.server import EmbeddedPostgres
from db.session import make_engine, make_transaction
from services import jobs
from services.jobs.worker import POLL, SWEEP
from tests.chaos import scripted
from tests.chaos.conftest import Container, Scene, gone, postmaster
from tests.chaos.proxy import proxied
from tests.waiting import eventually, eventually_sync

LEASE = 4  # seconds, in all containers here
RECOVERY = LEASE + SWEEP.total_seconds() + 5
LONG = [pytest.mark.slow, pytest.mark.timeout(900)]


async def at_work(scene: Scene) -> None:
    """Waits until something was claimed."""

    async def leased() -> bool:
        return bool(await scene.sql("select 1 from job_queue where attempts > 0"))

    await eventually(leased, timeout=30)


async def pause(seconds: float) -> None:
    """Time in which the containers are left alone."""
    await scripted.work(seconds)


@pytest.mark.parametrize(
    ("count", "kills", "every"),
    [pytest.param(150, 4, 1.0, id="short"), pytest.param(1000, 40, 3.0, id="long", marks=LONG)],
)
async def test_kill_9_of_random_processes_loses_and_repeats_nothing(
    scene: Scene, count: int, kills: int, every: float
) -> None:
    containers = [scene.make(name).start() for name in ("a", "b")]
    await scene.enqueue("effect", count, seconds=0.05)
    await at_work(scene)
    for _ in range(kills):
        await pause(every)
        victim = random.choice(containers)
        victim.kill()
        victim.start()
    await scene.all_done(count, within=30 + RECOVERY + count)


async def test_a_stopped_worker_that_comes_back_writes_nothing(scene: Scene) -> None:
    stopped = scene.make("stopped").start()
    [gated] = await scene.enqueue("gated", gate="go")
    await eventually(lambda: begun(scene, "stopped"), timeout=30)
    stopped.send(signal.SIGSTOP)
    other = scene.make("other").start()
    # Stopped within a transaction, it keeps its locks until Postgres ends it: 30 s.
    await eventually(lambda: begun(scene, "other"), timeout=60 + RECOVERY)
    await scene.open_gate("go")
    await scene.all_done(1)
    other.kill()
    stopped.send(signal.SIGCONT)
    await scene.enqueue("effect", 10)  # for the one that has come back
    await scene.all_done(11)
    effects = await scene.sql("select job_id, process from effects where what = 'effect'")
    assert {row.process for row in effects if row.job_id == gated} == {"other"}


async def test_a_worker_cut_off_from_the_database_writes_nothing_when_it_is_back(
    scene: Scene,
) -> None:
    async with proxied(scene.url) as proxy:
        cut_off = scene.make("cut off", url=proxy.url).start()
        [gated] = await scene.enqueue("gated", gate="go")
        await eventually(lambda: begun(scene, "cut off"), timeout=30)
        proxy.open.clear()  # nothing is closed: to both ends the other has merely gone quiet
        other = scene.make("other").start()
        await eventually(lambda: begun(scene, "other"), timeout=60 + RECOVERY)
        await scene.open_gate("go")
        await scene.all_done(1)
        other.kill()
        proxy.open.set()
        await scene.enqueue("effect", 10)  # for the one that is back
        await scene.all_done(11)
        assert cut_off.alive
    effects = await scene.sql("select job_id, process from effects where what = 'effect'")
    assert {row.process for row in effects if row.job_id == gated} == {"other"}


async def begun(scene: Scene, process: str) -> bool:
    """Whether this process has begun a gated job."""
    return bool(
        await scene.sql("select 1 from effects where what = 'begun' and process = :p", p=process)
    )


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """A Postgres of this test alone, since it is to be killed."""
    with tempfile.TemporaryDirectory(prefix="likeness-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg", options={"fsync": "off"})
        migrate.upgrade(server.start())
        yield server
        server.stop()


@pytest.fixture
async def mortal(
    server: EmbeddedPostgres, container: Callable[..., Container]
) -> AsyncIterator[Scene]:
    """A scene on the Postgres that is to be killed."""
    engine = make_engine(server.url())

    def make(name: str, **options: object) -> Container:
        return container(name, url=server.url(), **options)

    scene = Scene(server.url(), make_transaction(engine), make)
    for statement in scripted.TABLES.split(";"):
        await scene.sql(statement)
    yield scene
    await engine.dispose()


def crash(server: EmbeddedPostgres) -> None:
    """kill -9 of Postgres, and its start."""
    pid = postmaster(server.root)
    os.kill(pid, signal.SIGKILL)
    eventually_sync(lambda: gone(pid))
    server.revive()


@pytest.mark.parametrize(
    ("count", "crashes", "between"),
    [
        pytest.param(150, 1, (1, 2), id="short"),
        pytest.param(2000, 12, (5, 40), id="long", marks=LONG),
    ],
)
async def test_a_crash_of_postgres_loses_nothing(
    server: EmbeddedPostgres, mortal: Scene, count: int, crashes: int, between: tuple[int, int]
) -> None:
    for name in ("a", "b"):
        mortal.make(name).start()
    await mortal.enqueue("effect", count, seconds=0.05)
    await at_work(mortal)
    for _ in range(crashes):
        await pause(random.uniform(*between))
        await asyncio.to_thread(crash, server)
    await mortal.all_done(count, within=30 + RECOVERY + count)


async def test_a_silent_listen_socket_delays_a_job_by_one_poll_at_most(scene: Scene) -> None:
    async with proxied(scene.url) as proxy:
        deaf = scene.make("deaf", listen_url=proxy.url).start()
        await scene.enqueue("effect")
        await scene.all_done(1)
        proxy.open.clear()
        [job] = await scene.enqueue("effect")
        await scene.all_done(2)
        [took] = await scene.sql(
            "select started_at - created_at as wait from job_queue where id = :id", id=job
        )
        assert took.wait <= POLL + timedelta(seconds=2)  # the machine may be busy
        before = await listening(scene)
        await eventually(lambda: "Listening was interrupted" in deaf.log.read_text(), timeout=30)
        proxy.open.set()

        async def reconnected() -> bool:
            return bool(set(await listening(scene)) - set(before))

        await eventually(reconnected, timeout=30)


async def listening(scene: Scene) -> list[int]:
    """The server's processes that serve a listener: it says nothing but these."""
    rows = await scene.sql(
        """select pid from pg_stat_activity where datname = current_database()
        and state = 'idle' and query in ('listen likeness', 'select 1')"""
    )
    return [row.pid for row in rows]


async def test_sigterm_claims_no_more_and_gives_the_rest_back(scene: Scene) -> None:
    container = scene.make("leaving").start()
    await scene.enqueue("gated", 8, gate="never")
    await eventually(lambda: begun(scene, "leaving"), timeout=30)
    [at] = await scene.sql("select clock_timestamp() as now")
    container.send(signal.SIGTERM)
    assert await asyncio.to_thread(container.ended) == 0
    rows = await scene.sql("select state, attempts, started_at from job_queue where kind = 'gated'")
    assert {(row.state, row.attempts) for row in rows} == {("queued", 0)}
    late = [row for row in rows if row.started_at and row.started_at > at.now + POLL]
    assert late == []


async def test_a_job_that_kills_its_process_is_given_up_and_the_others_get_done(
    scene: Scene,
) -> None:
    container = scene.make("a", slots=2).start()
    [poison] = await scene.enqueue("poison")
    await scene.enqueue("effect", 20)

    async def over() -> bool:
        if not container.alive:
            container.start()  # as every supervisor does
        return await scene.count("dead") == 1 and await scene.count("done") == 20

    await eventually(over, timeout=60 + 3 * RECOVERY)
    [job] = await scene.sql("select attempts, reason from job_queue where id = :id", id=poison)
    assert job.attempts == 3
    buried = await scene.sql("select what from effects where job_id = :id", id=poison)
    assert [row.what for row in buried] == [f"buried: {job.reason}"]


async def test_each_tick_fires_once_for_all_containers(scene: Scene) -> None:
    for name in ("a", "b", "c"):
        scene.make(name).start()

    async def several() -> bool:
        return await scene.count("tick") >= 3

    await eventually(several, timeout=60)
    [row] = await scene.sql(
        """select count(*) as ticks, extract(epoch from max(at) - min(at)) as seconds
        from effects where what = 'tick'"""
    )
    assert row.ticks <= row.seconds / 1 + 1


async def test_a_wrong_clock_changes_nothing(scene: Scene) -> None:
    for name, shift in (("early", -600), ("late", 600)):
        scene.make(name, clock_shift=shift).start()
    await scene.enqueue("effect", 60, seconds=0.05)
    await scene.enqueue("remote", 10, polls=3)
    await scene.all_done(70)
    rows = await scene.sql("select distinct attempts from job_queue where kind = 'effect'")
    assert [row.attempts for row in rows] == [1]  # no lease was ever thought to be over
    both = await scene.sql("select distinct process from effects where what = 'effect'")
    assert {row.process for row in both} == {"early", "late"}


async def test_a_canceled_job_stops_within_five_seconds(scene: Scene) -> None:
    scene.make("a").start()
    [job] = await scene.enqueue("gated", gate="go")
    await eventually(lambda: begun(scene, "a"), timeout=30)
    async with scene.transaction() as session:
        assert await jobs.cancel(session, job_id=job)
    assert await scene.count("canceled") == 1
    await scene.open_gate("go")
    await scene.enqueue("effect", 10)
    await scene.all_done(10)
