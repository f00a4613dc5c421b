"""Members who were deleted stay deleted, also when an older database is restored.

A note of each lies in the storage, which no restore of the database takes back.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from db.models import User
from services.deps import Deps
from services.privacy import member_erasure, rights

EVERY = timedelta(hours=1)
BATCH = 500


async def tick(deps: Deps) -> None:
    """Deletes who has come back; due at once after a restore."""
    await forget(deps)


async def forget(deps: Deps) -> int:
    """Deletes the members of whom there is a note; how many had come back."""
    found = 0
    async for ids in _noted(deps):
        async with deps.transaction() as session:
            back = (await session.scalars(select(User.id).where(User.id.in_(ids)))).all()
        for user_id in back:
            async with deps.transaction() as session:
                await rights.delete_member(session, deps, user_id=user_id, actor_id=None)
        found += len(back)
    return found


async def _noted(deps: Deps) -> AsyncIterator[Sequence[UUID]]:
    batch: list[UUID] = []
    async for info in deps.storage.list(member_erasure.NOTES):
        batch.append(UUID(info.key.rpartition("/")[2]))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
