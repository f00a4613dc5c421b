"""The daily tick that restarts runs that have no job, and releases open holds of ended work."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import String, cast, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import func

from db.models import CreditHold, Generation, RunRow
from db.states import GENERATION_OPEN, RUN_OPEN
from services.credits import ledger
from services.deps import Deps
from services.kit import audit
from services.remote import runs

log = logging.getLogger(__name__)
EVERY = timedelta(days=1)
DOUBTFUL = timedelta(days=2)  # how far back the operator's list goes; two lists overlap by a day

WITHOUT_JOB = text("""
    select r.id, r.kind, r.user_id, r.engine from remote_jobs r
    where r.state = any(:open) and not exists (
        select from job_queue j where j.id = r.job_id and j.state in ('waiting', 'queued', 'leased')
    )""")


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one tick. doubtful: runs to compare with the provider's bill, by our id."""

    restarted: int
    released: int
    doubtful: tuple[UUID, ...]


async def tick(deps: Deps) -> None:
    """Restart runs, release holds, and log the doubtful runs."""
    async with deps.transaction() as session:
        report = await tie_up(session)
    if report.doubtful:
        log.warning("%d runs may have been charged for nothing", len(report.doubtful))


async def tie_up(session: AsyncSession) -> Report:
    """Enqueue runs that have no job, release holds of ended work, and list doubtful runs."""
    report = Report(
        await _restart(session), await _release(session), tuple(await _doubtful(session))
    )
    if report.doubtful:
        audit.record(
            session,
            action="engine.doubtful",
            actor_id=None,
            runs=[str(id) for id in report.doubtful],
        )
    return report


async def _restart(session: AsyncSession) -> int:
    rows = (await session.execute(WITHOUT_JOB, {"open": list(RUN_OPEN)})).all()
    for id, kind, user_id, engine in rows:
        job_id = await runs.enqueue(session, run_id=id, kind=kind, user_id=user_id, engine=engine)
        await session.execute(update(RunRow).where(RunRow.id == id).values(job_id=job_id))
    return len(rows)


async def _release(session: AsyncSession) -> int:
    """Release holds whose generation has ended or was erased, or whose training has ended."""
    generations = select(cast(Generation.id, String)).where(Generation.status.in_(GENERATION_OPEN))
    trainings = select(cast(RunRow.id, String)).where(RunRow.state.in_(RUN_OPEN))
    subject = func.split_part(CreditHold.reference, ":", 2)
    kind = func.split_part(CreditHold.reference, ":", 1)
    stale = select(CreditHold.reference).where(
        CreditHold.closed_at.is_(None),
        ((kind == "generation") & subject.not_in(generations))
        | ((kind == "training") & subject.not_in(trainings)),
    )
    references = (await session.scalars(stale)).all()
    for name in references:
        log.error("the hold %s was left open", name)
        await ledger.release(session, reference=name)
    return len(references)


async def _doubtful(session: AsyncSession) -> list[UUID]:
    """Return runs with a submit that was never answered: the provider may have charged them."""
    query = select(RunRow.id).where(RunRow.misses > 0, RunRow.created_at > func.now() - DOUBTFUL)
    return list(await session.scalars(query.order_by(RunRow.created_at)))
