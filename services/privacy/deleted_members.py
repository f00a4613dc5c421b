"""Deletes members again who were deleted before an older database was restored.

A note of each deleted member lies in the storage, which no database restore changes.
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
    """Delete members who came back; due at once after a restore."""
    await forget(deps)


async def forget(deps: Deps) -> int:
    """Delete the members for whom there is a note; return how many had come back."""
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
