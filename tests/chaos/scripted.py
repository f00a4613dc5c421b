"""Jobs that do what their payload says, and leave each effect in a table that is then counted."""

import asyncio
import os
import signal
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.deps import Deps
from services.jobs import Again, Done, Handler, Job, Kind, Outcome, Tick

TABLES = """
create table effects (job_id uuid not null, process text not null, what text not null,
    at timestamptz not null default clock_timestamp());
create table gates (name text primary key)"""
MINUTE = timedelta(minutes=1)


def kinds(process: str) -> dict[str, Kind]:
    """The kinds that the process of this name works."""
    return {
        "effect": Kind(effect(process), max_attempts=50),
        "gated": Kind(gated(process), timeout=MINUTE, max_attempts=50),
        "poison": Kind(poison, abandoned=buried, max_attempts=3),
        "remote": Kind(remote(process), max_attempts=50),
    }


async def note(session: AsyncSession, job_id: UUID, process: str, what: str) -> None:
    """Leaves an effect."""
    values = {"job_id": job_id, "process": process, "what": what}
    insert = "insert into effects (job_id, process, what) values (:job_id, :process, :what)"
    await session.execute(text(insert), values)


def effect(process: str) -> Handler:
    """Works `seconds`, then has its effect and ends in one transaction."""

    async def run(deps: Deps, job: Job) -> Outcome:
        await work(job.payload.get("seconds", 0))
        async with job.transaction(deps) as session:
            await note(session, job.id, process, "effect")
            await job.finish(session)
        return Done()

    return run


def gated(process: str) -> Handler:
    """Says that it has begun, waits until the gate of its payload is open, then has its effect."""

    async def run(deps: Deps, job: Job) -> Outcome:
        async with deps.transaction() as session:
            await note(session, job.id, process, "begun")
        while not await is_open(deps, job.payload["gate"]):
            await work(0.02)
        async with job.transaction(deps) as session:
            await note(session, job.id, process, "effect")
            await job.finish(session)
        return Done()

    return run


def remote(process: str) -> Handler:
    """Gives its slot back as often as `polls` says before it has its effect."""

    async def run(deps: Deps, job: Job) -> Outcome:
        async with job.transaction(deps) as session:
            await note(session, job.id, process, "poll")
            count = text("select count(*) from effects where job_id = :id and what = 'poll'")
            if (await session.scalar(count, {"id": job.id}) or 0) >= job.payload["polls"]:
                await note(session, job.id, process, "effect")
                await job.finish(session)
        return Done() if job.finished else Again(timedelta(milliseconds=100))

    return run


async def poison(deps: Deps, job: Job) -> Outcome:
    """Takes its process along."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Done()


async def buried(session: AsyncSession, job: Job, reason: str) -> None:
    """What is left to do for a job that is given up."""
    await note(session, job.id, "", f"buried: {reason}")


def tick(process: str) -> Tick:
    """Has one effect a time it is run."""

    async def run(deps: Deps) -> None:
        async with deps.transaction() as session:
            await note(session, uuid4(), process, "tick")

    return run


async def is_open(deps: Deps, gate: str) -> bool:
    """Whether the test has opened this gate."""
    async with deps.transaction() as session:
        found = await session.scalar(text("select name from gates where name = :n"), {"n": gate})
    return found is not None


async def work(seconds: float) -> None:
    """Takes its time without blocking the process."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.call_later(seconds, over.set)
    await over.wait()
