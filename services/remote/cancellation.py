"""Cancel runs before their engine ends them, and tell the engine to stop by a job."""

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
    """Cancel the open runs of one target at once; discard the results that they still bring.

    A separate job tells the engine, so that this function returns at once and the request survives
    a crash. Return the runs as they were before. Locks are taken in the order of a job handler:
    job, run, then the target.
    """
    target = (
        RunRow.user_model_id == user_model_id
        if user_model_id
        else RunRow.generation_id == generation_id
    )
    canceled: list[Run] = []
    while rows := (await session.execute(query().where(target, RunRow.state.in_(RUN_OPEN)))).all():
        for run in map(run_of, rows):
            if run.job_id and run.state != "submitting":  # let a POST under way end
                await jobs.cancel(session, job_id=run.job_id)
            with suppress(LostRace):  # the loop then reads the run again
                await move(session, run, RunState.CANCELED, finished_at=func.now())
                await request(session, run)
                canceled.append(run)
    return canceled


async def request(session: AsyncSession, run: Run) -> None:
    """Enqueue a job that cancels the run at its engine, if the engine has given it an id."""
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
    """Cancel the run at its engine. If the engine can't stop the run, its result is discarded."""
    named = deps.engines.find(job.payload.get("engine", ""))
    stopped = await (named or deps.engine).cancel(job.payload["remote_id"])
    log.info("run %s %s", job.payload["remote_id"], "stopped" if stopped else "discarded")
    return jobs.Done()
