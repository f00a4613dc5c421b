"""Deletes objects without rows and reports rows without objects: storage and database agree.

Only keys that begin with a member's id are ours: nothing else in the bucket is touched.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from db.models import GeneratedImage, TrainingImage, User, UserModel
from services.deps import Deps
from services.files import uploads
from services.storage.base import ObjectInfo

EVERY = timedelta(days=1)
GRACE = timedelta(hours=48)  # twice the life of a worker's signed URL: results come before rows
BATCH = 500
log = logging.getLogger("likeness.reconciling")


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of one comparison.

    objects: checked. removed: keys that no row claimed. missing: folders of rows with no object.
    """

    objects: int
    removed: tuple[str, ...]
    missing: tuple[str, ...]


async def tick(deps: Deps) -> None:
    """Reconcile, and delete half-written files of killed processes."""
    await reconcile(deps)
    swept = uploads.sweep(deps) + await deps.storage.tidy()
    log.info("%d half-written files removed", swept)


async def reconcile(deps: Deps) -> Findings:
    """Compare storage and rows both ways, in small steps; safe while the product is in use."""
    objects, removed = 0, list[str]()
    async for batch in _batches(deps):
        objects += len(batch)
        orphans = await _orphans(deps, batch)
        await deps.storage.delete(orphans)
        removed += orphans
    missing = [folder async for folder in _missing(deps)]
    log.info("%d objects, %d without a row removed", objects, len(removed))
    if missing:
        log.warning("%d rows have lost their files: %s", len(missing), ", ".join(missing[:20]))
    return Findings(objects, tuple(removed), tuple(missing))


async def _batches(deps: Deps) -> AsyncIterator[list[ObjectInfo]]:
    batch = list[ObjectInfo]()
    async for info in deps.storage.list():
        batch.append(info)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


async def _orphans(deps: Deps, batch: Sequence[ObjectInfo]) -> list[str]:
    limit = deps.now() - GRACE
    claims = {i.key: claim for i in batch if i.modified_at < limit and (claim := _claim(i.key))}
    async with deps.transaction() as session:
        folders = set[str]()
        for column in (UserModel.folder, TrainingImage.folder, GeneratedImage.folder):
            query = select(column).where(column.in_(set(claims.values())))
            folders.update(await session.scalars(query))
    return [key for key, claim in claims.items() if claim not in folders]


def _claim(key: str) -> str | None:
    """Return the folder of the row that would own this object; None if the object is not ours."""
    parts = key.split("/")
    try:
        UUID(parts[0])
    except ValueError:
        return None
    a_photo = parts[1:2] == ["models"] and parts[3:4] == ["photos"]
    return "/".join(parts[: 5 if a_photo else 3])


async def _missing(deps: Deps) -> AsyncIterator[str]:
    """Yield folders that rows name and that are empty, one member after the other."""
    async with deps.transaction() as session:
        users = list(await session.scalars(select(User.id)))
    limit = deps.now() - GRACE
    for user_id in users:
        async with deps.transaction() as session:
            named = set[str]()
            for table in (TrainingImage, GeneratedImage):
                rows = select(table.folder).where(
                    table.user_id == user_id, table.created_at < limit
                )
                named.update(await session.scalars(rows))
        if named:
            async for info in deps.storage.list(str(user_id)):
                named.discard(info.key.rpartition("/")[0])
        for folder in sorted(named):
            yield folder
