"""The queue as the operator sees it, and what the operator can do about dead jobs."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.errors import NotFound
from services.jobs import queue
from services.kit import audit
from services.kit.notify import publish

# One select for each state, since each state has a partial index that holds only its open jobs.
OPEN = text("""
    select kind,
        count(*) filter (where state = 'queued') as queued,
        count(*) filter (where state = 'waiting') as waiting,
        count(*) filter (where state = 'leased') as leased,
        extract(epoch from now() - min(run_at) filter (where state = 'queued'))::float as oldest
    from (
        select kind, state, run_at from job_queue where state = 'waiting'
        union all select kind, state, run_at from job_queue where state = 'queued'
        union all select kind, state, run_at from job_queue where state = 'leased'
    ) open_jobs group by kind order by kind""")
LEASES = text("""
    select id, kind, lease_owner as owner, attempts, started_at,
        extract(epoch from lease_until - now())::float as seconds_left
    from job_queue where state = 'leased' order by lease_until limit :limit""")
DEAD = text("""
    select id, kind, user_id, state, attempts, reason, finished_at
    from job_queue where state in ('dead', 'failed') and finished_at is not null
    order by finished_at desc limit :limit""")
COUNT_DEAD = text("""
    select count(*) from job_queue where state in ('dead', 'failed') and finished_at is not null""")
RETRY = text("""
    update job_queue set state = 'waiting', run_at = now(), attempts = 0, finished_at = null,
        dedupe_key = null,  -- a newer job may have it by now
        flow = coalesce(user_id::text, '') || '/again', turn = null
    where id = :id and state in ('dead', 'failed') returning kind""")
DISCARD = text("""
    delete from job_queue where id = :id and state in ('dead', 'failed') returning kind""")


@dataclass(frozen=True, slots=True)
class KindView:
    """The open jobs of one kind. oldest: seconds that the first queued job has been ready."""

    kind: str
    queued: int
    waiting: int
    leased: int
    oldest: float | None


@dataclass(frozen=True, slots=True)
class LeaseView:
    """A leased job; seconds_left is below 0 when its worker has stopped renewing the lease."""

    id: UUID
    kind: str
    owner: str
    attempts: int
    started_at: datetime
    seconds_left: float


@dataclass(frozen=True, slots=True)
class DeadView:
    """A job that ended as failed or dead, and the reason."""

    id: UUID
    kind: str
    user_id: UUID | None
    state: str
    attempts: int
    reason: str
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class UnmetView:
    """Jobs of one kind that need something which no running process offers."""

    kind: str
    needs: str
    jobs: int


@dataclass(frozen=True, slots=True)
class QueueView:
    """The whole queue; oldest in seconds, 0 when nothing is ready."""

    kinds: list[KindView]
    leases: list[LeaseView]
    unmet: list[UnmetView]
    dead: list[DeadView]
    dead_count: int

    @property
    def depth(self) -> int:
        """Return how many jobs are ready and not yet leased."""
        return sum(kind.queued for kind in self.kinds)

    @property
    def oldest(self) -> float:
        """Return for how many seconds the first queued job has been ready."""
        return max((kind.oldest or 0.0 for kind in self.kinds), default=0.0)


async def overview(session: AsyncSession, *, limit: int = 50) -> QueueView:
    """Return open jobs by kind, leases, unmet needs and the latest dead jobs.

    limit: the most leases and the most dead jobs to list.
    """
    page = {"limit": limit}
    unmet = Counter((row.kind, row.needs) for row in await queue.unmet(session))
    return QueueView(
        kinds=[KindView(**row._mapping) for row in await session.execute(OPEN)],
        leases=[LeaseView(**row._mapping) for row in await session.execute(LEASES, page)],
        unmet=[UnmetView(kind, needs, n) for (kind, needs), n in sorted(unmet.items())],
        dead=[DeadView(**row._mapping) for row in await session.execute(DEAD, page)],
        dead_count=await session.scalar(COUNT_DEAD) or 0,
    )


async def retry(session: AsyncSession, *, job_id: UUID, actor_id: UUID) -> None:
    """Enqueue a dead or failed job again, with all its attempts. Raises NotFound."""
    await _act(session, RETRY, "job.retry", job_id, actor_id)


async def discard(session: AsyncSession, *, job_id: UUID, actor_id: UUID) -> None:
    """Delete a dead or failed job. Raises NotFound."""
    await _act(session, DISCARD, "job.discard", job_id, actor_id)


async def _act(
    session: AsyncSession, statement: Any, action: str, job_id: UUID, actor_id: UUID
) -> None:
    kind = await session.scalar(statement, {"id": job_id})
    if kind is None:
        raise NotFound("This job is not dead any more.")
    audit.record(session, action=action, actor_id=actor_id, target=f"job:{job_id}", kind=kind)
    await publish(session, topic="job", id=job_id, user_id=None)
