"""The tick that removes pictures whose time in the trash is over, with their files."""

from datetime import timedelta

from sqlalchemy import delete, select

from db.models import GeneratedImage
from services.deps import Deps
from services.gallery.image_query import TRASH_KEPT

EVERY = timedelta(minutes=5)


async def tick(deps: Deps) -> None:
    """What a member deletes for ever is gone from our disks within EVERY."""
    await purge(deps)


async def purge(deps: Deps, *, batch: int = 200) -> int:
    """Remove, for ever, what was in the trash for 30 days; the number of images.

    Files go before rows, outside any transaction: after a crash the next run ends the work.
    Nothing can be restored by then, so no row comes back without its files.
    """
    expired = GeneratedImage.deleted_at <= deps.now() - TRASH_KEPT
    purged = 0
    while True:
        async with deps.transaction() as session:
            query = select(GeneratedImage.id, GeneratedImage.folder).where(expired).limit(batch)
            rows = (await session.execute(query)).all()
        for row in rows:
            await deps.storage.erase(row.folder.rstrip("/") + "/")
        async with deps.transaction() as session:
            ids = [row.id for row in rows]
            await session.execute(delete(GeneratedImage).where(GeneratedImage.id.in_(ids)))
        purged += len(rows)
        if len(rows) < batch:
            return purged
