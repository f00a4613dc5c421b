"""Containers to be hard on, and the questions to ask of what they leave behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db.session import make_engine, make_transaction
from services import jobs
from services.deps import Transaction
from tests.chaos import scripted
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


@dataclass
class Container:
    """One process of the product, and the hard things that can happen to it."""

    name: str
    url: str
    log: Path
    options: dict[str, Any] = field(default_factory=dict)
    module: str = "tests.chaos.app"
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Container":
        """Begins, or begins again."""
        command = [sys.executable, "-m", self.module, self.name, self.url]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, json.dumps(self.options)], cwd=ROOT, stdout=log, stderr=log
            )
        return self

    def send(self, number: signal.Signals) -> None:
        """SIGKILL, SIGSTOP, SIGCONT, SIGTERM."""
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        self.send(signal.SIGKILL)
        self.ended()

    def ended(self, timeout: float = 20) -> int:
        """Waits for the end; the exit status."""
        assert self.process
        return self.process.wait(timeout)

    @property
    def ready(self) -> bool:
        """Whether it has said that it works."""
        assert self.process
        return self.alive and f"ready {self.process.pid}\n" in self.log.read_text()

    @property
    def alive(self) -> bool:
        """Whether it runs (or is stopped)."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Scene:
    """A database with scripted jobs, and what happened to them."""

    url: str
    transaction: Transaction
    make: Callable[..., Container]

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """The rows of one statement, committed."""
        async with self.transaction() as session:
            result = await session.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []  # type: ignore[attr-defined]

    async def enqueue(self, kind: str, count: int = 1, **payload: Any) -> list[UUID]:
        """Jobs of one kind, committed together."""
        async with self.transaction() as session:
            return [await jobs.enqueue(session, kind=kind, payload=payload) for _ in range(count)]

    async def open_gate(self, name: str) -> None:
        """Lets gated jobs through."""
        await self.sql("insert into gates values (:name)", name=name)

    async def count(self, what: str) -> int:
        """How many jobs are in the state, or how many effects there were of the kind."""
        query = """select (select count(*) from job_queue where state = :what and kind <> 'tick')
            + (select count(*) from effects where what = :what) as n"""
        return int((await self.sql(query, what=what))[0].n)

    async def all_done(self, count: int, *, within: float = 60) -> None:
        """Waits until so many jobs are done; each then had exactly one effect."""

        async def finished() -> bool:
            assert await self.count("done") == count
            return True

        await eventually(finished, timeout=within)
        effects = await self.sql(
            "select job_id, count(*) as n from effects where what = 'effect' group by job_id"
        )
        assert len(effects) == count
        assert {row.n for row in effects} == {1}


@pytest.fixture
def container(tmp_path: Path, database_url: str) -> Iterator[Callable[..., Container]]:
    """Makes containers of this test's database; what still runs at its end is killed."""
    made: list[Container] = []

    def make(name: str, **options: Any) -> Container:
        url = options.pop("url", database_url)
        module = options.pop("module", Container.module)
        made.append(Container(name, url, tmp_path / f"{name}.log", options, module))
        return made[-1]

    yield make
    for each in made:
        if each.alive:
            each.kill()


@pytest.fixture
async def scene(database_url: str, container: Callable[..., Container]) -> AsyncIterator[Scene]:
    """The database of this test, as the containers see it."""
    engine = make_engine(database_url)
    found = Scene(database_url, make_transaction(engine), container)
    for statement in scripted.TABLES.split(";"):
        await found.sql(statement)
    yield found
    await engine.dispose()


def postmaster(root: Path) -> int:
    """The process id of the embedded server under `root`."""
    return int((root / "data" / "postmaster.pid").read_text().split()[0])


def gone(pid: int) -> bool:
    """Whether a process has ended (or is a zombie that nobody waits for)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "zombie" in Path(f"/proc/{pid}/status").read_text()
