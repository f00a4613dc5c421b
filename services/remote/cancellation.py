"""Ending runs before their engine does, and the job that has the engine stop."""

import logging
from contextlib import suppress
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import RunRow
from db.states import RUN_OPEN, RunState
from services import jobs
from services.deps import Deps, engine_of
from services.engines.resident import place_of
from services.remote.runs import LostRace, Run, move, query, run_of

KIND = "cancel_remote"
ATTEMPTS = 5

log = logging.getLogger(__name__)


async def cancel(
    session: AsyncSession, *, user_model_id: UUID | None = None, generation_id: UUID | None = None
) -> list[Run]:
    """Ends the open runs of one target at once; what they still bring is discarded.

    The engine is told by a job of its own, so that this answers at once and survives a crash.
    Returns the runs as they were. Locks in the order of a handler: job, run, then its target.
    """
    target = (
        RunRow.user_model_id == user_model_id
        if user_model_id
        else RunRow.generation_id == generation_id
    )
    canceled: list[Run] = []
    while rows := (await session.execute(query().where(target, RunRow.state.in_(RUN_OPEN)))).all():
        for run in map(run_of, rows):
            if run.job_id and run.state != "submitting":  # a POST under way is seen to its end
                await jobs.cancel(session, job_id=run.job_id)
            with suppress(LostRace):  # then it is looked at again
                await move(session, run, RunState.CANCELED, finished_at=func.now())
                await request(session, run)
                canceled.append(run)
    return canceled


async def request(session: AsyncSession, run: Run) -> None:
    """Have the engine stop a run that we have ended, if it knows of it."""
    if run.remote_id:
        await jobs.enqueue(
            session,
            kind=KIND,
            payload={"remote_id": run.remote_id, "engine": run.engine},
            dedupe_key=f"cancel:{run.id}",
            needs=engine_of(run.engine, place_of(run.remote_id)),
            priority=jobs.Priority.URGENT,
        )


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Asks the engine. One that can't stop it brings a result which nobody looks at."""
    named = deps.engines.find(job.payload.get("engine", ""))
    stopped = await (named or deps.engine).cancel(job.payload["remote_id"])
    log.info("run %s %s", job.payload["remote_id"], "stopped" if stopped else "discarded")
    return jobs.Done()
