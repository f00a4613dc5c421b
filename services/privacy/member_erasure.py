"""The job that erases the files of a deleted member, and stores a note of the deletion."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services import jobs
from services.deps import Deps
from services.kit import audit
from services.privacy import personal_data
from services.remote import runs
from services.storage import keys
from services.storage.base import StorageError

KIND = "erase_member"
NOTES = "deleted-members"  # the folder of the notes that `deleted_members` reads
# An engine may still hold a signed URL to upload a result: erase again when the URL has expired.
SWEEPS = (timedelta(), runs.URL_EXPIRY + timedelta(minutes=5))


async def request(session: AsyncSession, *, user_id: UUID) -> None:
    """Enqueue the erasure of all files of a member, once at the commit and once more later."""
    for delay in SWEEPS:
        await jobs.enqueue(session, kind=KIND, payload={"user_id": str(user_id)}, delay=delay)


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Erase every object of the member and record it in the audit log. Raises StorageError."""
    user_id = UUID(job.payload["user_id"])
    note = f"{NOTES}/{user_id}"
    await deps.storage.put(note, b"", content_type=keys.content_type(note))
    erasure = await deps.storage.erase(str(user_id))
    if erasure.left:
        raise StorageError(f"{erasure.left} objects are left under {erasure.prefix}")
    async with job.transaction(deps) as session:
        left = await personal_data.counts(session, user_id=user_id)
        audit.record(
            session,
            action="user.erased",
            actor_id=None,
            target=str(user_id),
            objects=erasure.erased,
            objects_left=erasure.left,
            rows_left=sum(left.values()),
        )
        await job.finish(session)
    return jobs.Done()
