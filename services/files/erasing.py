"""Clean-up jobs: what a member deletes is erased from storage, and then looked for again."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services import jobs
from services.deps import Deps
from services.storage.base import StorageError

KIND = "erase"


async def request(session: AsyncSession, *, prefix: str, delay: timedelta = timedelta()) -> None:
    """Erase everything under `prefix` once this transaction has committed.

    The job belongs to nobody, so that it outlives its member.
    """
    await jobs.enqueue(
        session,
        kind=KIND,
        payload={"prefix": prefix},
        dedupe_key=f"erase:{prefix}:{int(delay.total_seconds())}",
        delay=delay,
    )


async def request_files(session: AsyncSession, *, keys: list[str]) -> None:
    """Erase these objects once this transaction has committed; nothing where there are none."""
    if keys:
        await jobs.enqueue(session, kind=KIND, payload={"keys": keys})


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Erases the prefix or the objects.

    Raises StorageError while anything is left, so that it is tried again.
    """
    if keys := job.payload.get("keys"):
        await deps.storage.delete(keys)
        return jobs.Done()
    erasure = await deps.storage.erase(job.payload["prefix"])
    if erasure.left:
        raise StorageError(f"{erasure.left} objects are left under {erasure.prefix}")
    return jobs.Done()
