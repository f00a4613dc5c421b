"""Our side of each figure."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db.session import make_engine, make_transaction
from services import jobs
from services.app.scheduler import Scheduler
from services.deps import Deps
from services.jobs import Done, Job, Kind, Outcome, Worker
from services.kit.notify import Listener

PAUSE = 0.05  # seconds between two samples, so that each finds everything idle
PREPARE = """
insert into job_queue (id, kind, flow, state, turn)
select gen_random_uuid(), 'noop', '/0', 'queued',
    (select last_value from job_turn) + 8 * n
from generate_series(1, :count) n"""
FINISHED = """
insert into job_queue (id, kind, flow, state, turn, started_at, finished_at)
select gen_random_uuid(), 'noop', '/0', 'done', n, now(), now() from generate_series(1, :count) n"""


@dataclass
class Worked:
    """How many jobs this process has worked: to ask the database would be work for it.

    reached: the time at which `mark` of them were.
    """

    total: int = 0
    mark: int = 0
    reached: float = 0.0


worked = Worked()


async def noop(deps: Deps, job: Job) -> Outcome:
    """Nothing to do."""
    worked.total += 1
    if worked.total == worked.mark:
        worked.reached = time.perf_counter()
    return Done()


@asynccontextmanager
async def working(url: str, *, slots: int = 10) -> AsyncIterator[Worker]:
    """A whole process's worth: worker, scheduler and listener."""
    engine = make_engine(url, pool_size=20)
    deps = cast(Deps, SimpleNamespace(transaction=make_transaction(engine), offers=frozenset()))
    worker = Worker(deps, kinds={"noop": Kind(noop)}, slots=slots)
    listener, scheduler = Listener(url), Scheduler(worker.duties)
    listener.subscribe(worker.heard)
    await listener.start()
    scheduler.start()
    try:
        yield worker
    finally:
        await worker.drain(timedelta(seconds=5))
        await scheduler.stop()
        await listener.stop()
        await engine.dispose()


async def execute(url: str, statement: str, **values: object) -> None:
    """One statement, committed."""
    engine = make_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement), values)
    await engine.dispose()


async def all_done(engine: AsyncEngine) -> None:
    """Waits for the end of the line."""
    query = text("""select exists (select from job_queue where state = 'queued')
        or exists (select from job_queue where state = 'leased')""")
    open_jobs = True
    while open_jobs:
        await asyncio.sleep(0.02)
        async with engine.connect() as connection:
            open_jobs = bool(await connection.scalar(query))


async def rate(url: str, count: int, *, slots: int = 10, before: int = 0) -> float:
    """No-op jobs a second, from the first claim to the last commit, after `before` others."""
    await execute(url, PREPARE, count=before + count)
    worked.mark, end = worked.total + before, worked.total + before + count
    async with working(url, slots=slots) as worker:
        worked.reached = time.perf_counter()  # where none come before
        # an event would cost as much as a job
        while worked.total < end or worker.busy:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        return count / (time.perf_counter() - worked.reached)


async def latencies(url: str, count: int) -> tuple[list[float], list[float]]:
    """Seconds to the start of a job's handler: from the enqueue's commit, and from its call."""
    starts: asyncio.Queue[float] = asyncio.Queue()

    async def note(deps: Deps, job: Job) -> Outcome:
        starts.put_nowait(time.perf_counter())
        return Done()

    engine = make_engine(url)
    transaction = make_transaction(engine)
    deps = cast(Deps, SimpleNamespace(transaction=transaction, offers=frozenset()))
    worker = Worker(deps, kinds={"noop": Kind(note)})
    listener = Listener(url)
    listener.subscribe(worker.heard)
    await listener.start()
    since_commit, since_call = [], []
    for _ in range(count):
        await asyncio.sleep(PAUSE)
        called = time.perf_counter()
        async with transaction() as session:
            await jobs.enqueue(session, kind="noop", payload={})
        committed = time.perf_counter()
        started = await starts.get()
        since_commit.append(started - committed)
        since_call.append(started - called)
    await worker.drain(timedelta(seconds=5))
    await listener.stop()
    await engine.dispose()
    return since_commit, since_call
