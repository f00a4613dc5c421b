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

    @property
    def text(self) -> str:
        """For the card of the work: “Number 3 in line · about 4 minutes”."""
        place = {None: "", 1: "Next in line"}.get(self.place, f"Number {self.place} in line")
        return " · ".join(part for part in (place, duration(self.seconds_left)) if part)


async def promises(session: AsyncSession, *, user_id: UUID) -> dict[UUID, Promise]:
    """What the member may expect, by id of the user model or generation that is not done yet."""
    target = func.coalesce(RemoteJob.user_model_id, RemoteJob.generation_id)
    query = select(RemoteJob.job_id, target).where(
        RemoteJob.user_id == user_id, RemoteJob.state.in_(OPEN), RemoteJob.job_id.is_not(None)
    )
    targets: dict[UUID, UUID] = dict((await session.execute(query)).tuples().all())  # type: ignore[arg-type]
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


def duration(seconds: float | None) -> str:
    """In words, never more exact than it is: “about 4 minutes”."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "a few seconds"
    if seconds < 55:
        return f"about {round(seconds / 10) * 10} seconds"
    if seconds < 55 * 60:
        minutes = max(1, round(seconds / 60))
        return "about 1 minute" if minutes == 1 else f"about {minutes} minutes"
    hours = max(1.0, round(seconds / 1800) / 2)
    return "about 1 hour" if hours == 1 else f"about {hours:g} hours"
