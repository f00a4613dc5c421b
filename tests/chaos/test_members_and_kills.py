"""Members ask for pictures while processes are killed: all is made, and paid for once.

The short form runs always. `-m slow tests/chaos/test_members_and_kills.py` runs the full one:
three rounds of 6 members and 12 kills in 100 seconds, in which leases run out by themselves.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from db.states import RUN_OPEN
from services.app import bootstrap
from services.credits import ledger_audit
from services.deps import Deps
from services.engines.preview.looks import LOOKS
from services.errors import Conflict
from services.maintenance import storage_orphans, stuck_runs
from services.studio import generations
from services.studio.generations import GenerationView
from services.training import trainings
from tests.chaos import whole
from tests.chaos.conftest import Container, Scene
from tests.chaos.scripted import work as pause
from tests.studio import Studio
from tests.waiting import eventually

CREDITS = 10_000
CANCELED = 0.1  # the share of requests that their member stops
LOOK = 0.5  # seconds between two looks at what is done: the processes need the machine
STALLED = 300  # seconds in which nothing ends: then something is stuck
LONG = [pytest.mark.slow, pytest.mark.timeout(3600)]
LONG_AGO = timedelta(days=3)  # beyond the sweep's grace
NAMED = """select folder from generated_images union select folder from training_images
    union select folder from user_models"""


@dataclass(frozen=True)
class Storm:
    """How hard it gets. pace: longest seconds between two requests of a member.

    trainings: one each of so many members. patient: a dead process's leases run out by
    themselves; else they have run out at once.
    """

    members: int
    kills: int
    seconds: float
    pace: float
    trainings: int
    patient: bool


SHORT = Storm(members=2, kills=2, seconds=4, pace=2, trainings=1, patient=False)
FULL = Storm(members=6, kills=12, seconds=100, pace=10, trainings=6, patient=True)


@dataclass
class Member:
    """Asks for pictures as long as the storm lasts, and remembers what was promised."""

    studio: Studio
    chance: random.Random
    asked: list[GenerationView] = field(default_factory=list)
    stopped: set[UUID] = field(default_factory=set)

    async def ask_on(self, storm: Storm) -> None:
        """Requests of one to four pictures, one in ten of them stopped."""
        until = time.monotonic() + storm.seconds
        while time.monotonic() < until:
            preset = self.chance.choice([None, *LOOKS])
            count = self.chance.choice([1, 1, 1, 2, 4])
            self.asked.append(await self.studio.generate(count=count, preset=preset))
            await pause(self.chance.uniform(0, storm.pace))
            if self.chance.random() < CANCELED:
                await self._stop(self.asked[-1].id)

    async def views(self) -> list[GenerationView]:
        """What has become of it all."""
        return [await self.studio.generation(asked.id) for asked in self.asked]

    async def train_another(self) -> None:
        """One more model, trained in the storm."""
        studio, deps = self.studio, self.studio.deps
        async with deps.transaction() as session:
            id = await studio.add_model(session, photos=10)
            await trainings.start(session, deps, user_id=studio.user_id, user_model_id=id)

    async def _stop(self, id: UUID) -> None:
        deps, user_id = self.studio.deps, self.studio.user_id
        try:
            async with deps.transaction() as session:
                await generations.cancel(session, deps, user_id=user_id, generation_id=id)
        except Conflict:  # it was finished already
            return
        self.stopped.add(id)


@pytest.fixture
async def deps(scene: Scene, tmp_path: Path) -> AsyncIterator[Deps]:
    """The product as the members reach it: the processes' database and files, and no worker."""
    (tmp_path / "data").mkdir()
    product = bootstrap.build(whole.settings(tmp_path / "data"), scene.url)
    yield product.deps
    await product.disconnect()


@pytest.mark.parametrize(
    "storm",
    [
        pytest.param(SHORT, id="short", marks=pytest.mark.timeout(300)),
        *(pytest.param(FULL, id=f"full-{n}", marks=LONG) for n in (1, 2, 3)),
    ],
)
async def test_whatever_was_accepted_is_made_while_processes_are_killed(
    scene: Scene, deps: Deps, storm: Storm
) -> None:
    seed = random.getrandbits(32)
    say(f"chance from {seed}")
    chance, data_dir = random.Random(seed), str(deps.settings.data_dir)
    containers = [scene.make(n, module="tests.chaos.whole", data_dir=data_dir) for n in "ab"]
    for container in containers:
        container.start()
    await eventually(lambda: all(one.ready for one in containers), timeout=120)
    members = await opened(scene, deps, storm, chance)
    await asyncio.gather(
        *(member.train_another() for member in members[: storm.trainings]),
        *(member.ask_on(storm) for member in members),
        kill(scene, containers, storm, chance),
    )
    began = time.monotonic()
    await all_ended(scene)
    say(f"all had ended {time.monotonic() - began:.0f} s after the last request and kill")
    await check_promises(scene, members)
    await check_ledger(deps, members)
    await check_nothing_is_left_over(scene, deps)


async def opened(scene: Scene, deps: Deps, storm: Storm, chance: random.Random) -> list[Member]:
    """Members with credits, and with a model that is ready."""
    await scene.sql(
        "update plans set credits_once = :n, model_slots = null where name = 'free'", n=CREDITS
    )
    members = []
    for _ in range(storm.members):
        studio = await Studio(deps).open(plan="free", photos=10, status="ready")
        members.append(Member(studio, random.Random(chance.random())))
    return members


async def kill(
    scene: Scene, containers: list[Container], storm: Storm, chance: random.Random
) -> None:
    """kill -9 of one or the other, and its start; the other one works at that time."""
    began = time.monotonic()
    for number in range(1, storm.kills + 1):
        await pause(max(0, began + number * storm.seconds / storm.kills - time.monotonic()))
        await eventually(lambda: all(one.ready for one in containers), timeout=60)
        victim = chance.choice(containers)
        assert victim.process
        dead = victim.process.pid
        victim.kill()
        if not storm.patient:
            await scene.sql(
                "update job_queue set lease_until = now()"
                " where state = 'leased' and lease_owner like :owner",
                owner=f"%:{dead}",
            )
        victim.start()
    say(f"{storm.kills} kills in {time.monotonic() - began:.0f} s")


async def all_ended(scene: Scene) -> None:
    """Waits until nothing is under way; fails when nothing comes on, however slow the machine."""
    query = """select count(*) filter (where state = any(:open)) as open,
        coalesce(sum(cardinality(made)), 0) as made from remote_jobs"""
    before, moved_at = None, time.monotonic()
    while (row := (await scene.sql(query, open=list(RUN_OPEN)))[0]).open:
        if before != row:
            before, moved_at = row, time.monotonic()
        assert time.monotonic() - moved_at < STALLED, f"{row.open} runs are stuck"
        await pause(LOOK)


async def check_promises(scene: Scene, members: list[Member]) -> None:
    """Every training succeeded; every request has all its pictures, or ended as was wished."""
    outcomes: Counter[str] = Counter()
    for member in members:
        for view in await member.views():
            made = [image.seed for image in view.images]
            whole = made == [view.seed + i for i in range(view.count)]
            fine = view.id in member.stopped if view.status == "canceled" else whole
            outcomes[view.status if fine else f"{view.status}: {view.status_reason}"] += 1
    say(str(dict(outcomes)))
    assert set(outcomes) <= {"succeeded", "canceled"}
    assert {row.status for row in await scene.sql("select status from user_models")} == {"ready"}


async def check_ledger(deps: Deps, members: list[Member]) -> None:
    """Each member has paid for each picture that is there, once, and nothing is held."""
    async with deps.transaction() as session:
        ledger = await ledger_audit.reckon(session)
    assert (ledger.broken, ledger.open_holds, ledger.held) == ({}, 0, 0)
    for member in members:
        pictures = sum(len(view.images) for view in await member.views())
        assert (await member.studio.balance()).available == CREDITS - pictures


async def check_nothing_is_left_over(scene: Scene, deps: Deps) -> None:
    """After the sweep: no job of a run, no loose end, and no file that no row names."""
    query = "select kind, state, reason from job_queue where state = any(:states)"
    assert await scene.sql(query, states=["failed", "dead"]) == []
    waiting = await scene.sql(query, states=["waiting", "queued", "leased"])
    assert {job.kind for job in waiting} & {"generation", "training"} == set()
    async with deps.transaction() as session:
        report = await stuck_runs.tie_up(session)
    assert (report.restarted, report.released) == (0, 0)
    files = deps.settings.data_dir / "files"
    for path in files.rglob("*"):
        os.utime(path, (0, 0))
    late = replace(deps, now=lambda: deps.now() + LONG_AGO)
    removed = (await storage_orphans.reconcile(late)).removed
    half_written = await deps.storage.tidy()
    say(f"swept {len(removed)} files without a row, and {half_written} that were half written")
    named = tuple(row.folder for row in await scene.sql(NAMED))
    left = [str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()]
    assert [path for path in left if not path.startswith(named)] == []


def say(line: str) -> None:
    """Figures of this storm, shown by `-s` and where it fails."""
    print(line)  # noqa: T201
