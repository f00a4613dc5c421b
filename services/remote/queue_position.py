"""The promise to a member: the place in the line, and when the work should be done."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import RemoteJob
from db.models.remote import OPEN
from services import jobs


@dataclass(frozen=True, slots=True)
class Promise:
    """place: 1 is next, None when it is under way. seconds_left: measured, None if not known."""

    place: int | None
    seconds_left: float | None


async def promises(session: AsyncSession, *, user_id: UUID) -> dict[UUID, Promise]:
    """What the member may expect, by id of the user model or generation that is not done yet."""
    target = func.coalesce(RemoteJob.user_model_id, RemoteJob.generation_id)
    query = select(RemoteJob.job_id, target).where(
        RemoteJob.user_id == user_id, RemoteJob.state.in_(OPEN), RemoteJob.job_id.is_not(None)
    )
    targets: dict[UUID, UUID] = {
        job_id: target_id for job_id, target_id in await session.execute(query) if job_id
    }
    found: dict[UUID, Promise] = {}
    for job_id, standing in (await jobs.standings(session, job_ids=targets)).items():
        promise = Promise(
            None if standing.ahead is None else standing.ahead + 1, standing.seconds_left
        )
        id = targets[job_id]
        found[id] = _later(found.get(id, promise), promise)
    return found


def _later(one: Promise, other: Promise) -> Promise:
    """A generation in several runs is done with the last of them."""
    return max(one, other, key=lambda promise: (promise.seconds_left or 0, promise.place or 0))
