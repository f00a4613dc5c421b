"""The tick that marks pictures of releases without marks, and stores their fingerprints.

It marks a few at a time. After a stop it continues, since each row says when it was marked.
"""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage
from services import imaging
from services.deps import Deps
from services.gallery.files import key
from services.gallery.image_query import TRASH_KEPT
from services.imaging import Derived
from services.provenance import certificates, fingerprints, manifests, marks
from services.provenance.manifests import Origin
from services.provenance.xmp import Unmarkable
from services.storage import keys
from services.storage.base import ObjectMissing

EVERY = timedelta(minutes=1)
BATCH = 20  # pictures; each takes about half a second
SOON_PURGED = timedelta(hours=1)  # a picture that may be purged soon is not rewritten
log = logging.getLogger(__name__)


async def tick(deps: Deps) -> None:
    """Mark one batch."""
    async with deps.transaction() as session:
        query = select(GeneratedImage.id).where(*_due(deps)).order_by(GeneratedImage.id)
        ids = list(await session.scalars(query.limit(BATCH)))
    for id in ids:
        await _mark(deps, id)
    if ids:
        log.info("%d pictures of earlier releases looked at for their marks", len(ids))


def _due(deps: Deps) -> tuple[ColumnElement[bool], ...]:
    kept = GeneratedImage.deleted_at > deps.now() - TRASH_KEPT + SOON_PURGED
    return (
        GeneratedImage.marked_at.is_(None),
        or_(GeneratedImage.deleted_at.is_(None), kept),
    )


async def _mark(deps: Deps, id: UUID) -> None:
    async with deps.transaction() as session:
        image = await session.get(GeneratedImage, id)
        roots, serials = await certificates.roots(session)
    if image is None:
        return
    engine = str(image.recipe.get("engine", "unknown"))
    origin = marks.origin(engine=engine, recipe=image.recipe, at=image.created_at)
    try:
        data = await deps.storage.get(key(image.folder, image.content_type, "full"))
        derived: Derived | None = await imaging.derive(data)
        found = await asyncio.to_thread(manifests.read, data, image.content_type, roots)
        marked = found is not None and found.signed and found.serial in serials
        if derived and not marked:
            derived = await marks.mark(deps, derived, origin)
    except (ObjectMissing, imaging.Rejected, Unmarkable) as error:
        log.warning("the picture %s cannot be marked: %s", id, type(error).__name__)
        derived, marked = None, True
    async with deps.transaction() as session:
        await _store_marked(session, deps, id, derived, origin, write=not marked)


async def _store_marked(
    session: AsyncSession,
    deps: Deps,
    id: UUID,
    derived: Derived | None,
    origin: Origin,
    *,
    write: bool,
) -> None:
    """Write the files and the row under the row's lock; a deletion waits, or has come before."""
    query = select(GeneratedImage).where(GeneratedImage.id == id, *_due(deps))
    row = await session.scalar(query.with_for_update())
    if row is None:
        return
    row.marked_at = deps.now()
    if derived is None:
        return
    if write:
        for name, data in derived.files.items():
            kind = keys.content_type(name)
            await deps.storage.put(f"{row.folder}/{name}", data, content_type=kind)
        row.bytes = sum(map(len, derived.files.values()))
    fingerprints.record(session, deps, derived.fingerprints, origin)
