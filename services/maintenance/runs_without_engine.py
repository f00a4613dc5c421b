"""The tick that fails runs whose engine no process has any more, and returns their credits."""

import logging
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import func

from db.models import RunRow
from db.states import RUN_OPEN, RunState
from services import jobs
from services.deps import Deps
from services.remote import cancellation, runs
from services.studio import generation_job
from services.training import training_job

log = logging.getLogger(__name__)
EVERY = timedelta(minutes=1)
GONE = "The engine was changed while this was under way."
FAIL = {training_job.KIND: training_job.fail, generation_job.KIND: generation_job.fail}


async def tick(deps: Deps) -> None:
    """End each run in a transaction of its own."""
    async with deps.transaction() as session:
        unmet = await jobs.unmet(session)
    for found in unmet:
        with suppress(runs.LostRace):
            async with deps.transaction() as session:
                await _end(session, found.id, found.kind)


async def _end(session: AsyncSession, job_id: UUID, kind: str) -> None:
    if kind == cancellation.KIND:
        await jobs.cancel(session, job_id=job_id)
    if kind not in FAIL or not await jobs.cancel(session, job_id=job_id):
        return
    query = runs.query().where(RunRow.job_id == job_id, RunRow.state.in_(RUN_OPEN))
    if row := (await session.execute(query)).one_or_none():
        run = runs.run_of(row)
        log.error("run %s: no process has had the engine %s for long", run.id, run.engine)
        run = await runs.move(session, run, RunState.FAILED, reason=GONE, finished_at=func.now())
        await FAIL[kind](session, run, GONE)
