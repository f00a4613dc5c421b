"""The picture that an operation starts from: that it is still there, and how an engine gets it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, Generation
from services import imaging
from services.deps import Deps
from services.engines.base import FileRef, Operation
from services.errors import Invalid
from services.faces.base import Box
from services.gallery import files, offers
from services.remote import runs
from services.remote.results import BadResult
from services.storage.base import ObjectMissing
from services.studio import people

GONE = "The picture that it starts from was deleted."


async def of(
    session: AsyncSession, row: Generation, *, lock: bool = False
) -> GeneratedImage | None:
    """The picture that it starts from; None for new ones. Raises BadResult where it is deleted.

    lock: it stays where it is until the end of the transaction.
    """
    if row.operation == Operation.GENERATE:
        return None
    query = select(GeneratedImage).where(
        GeneratedImage.id == row.source_image_id,
        GeneratedImage.user_id == row.user_id,
        GeneratedImage.deleted_at.is_(None),
    )
    if lock:
        query = query.with_for_update(read=True)
    image = await session.scalar(query.execution_options(populate_existing=True))
    if image is None:
        raise BadResult(GONE)
    return image


async def sent(
    deps: Deps, row: Generation, source: GeneratedImage, mask: bytes | None, *, folder: str
) -> dict[str, Any]:
    """What an engine is sent beside all else; the mask is put into `folder` for it.

    Raises BadResult for a mask that is none.
    """
    return {
        "operation": Operation(row.operation),
        "source": runs.readable(deps, files.key(source.folder, source.content_type, "full")),
        "made": offers.recipe(source),
        "scale": row.scale,
        "area": await _area(deps, row, source),
        "mask": await _put(deps, mask, f"{folder}/mask.png") if mask else None,
    }


async def _area(deps: Deps, row: Generation, source: GeneratedImage) -> Box | None:
    """Where the face is that is to be made again; looked for anew, as its place is not kept."""
    if row.operation != Operation.FACE:
        return None
    key = files.key(source.folder, source.content_type, "full")
    try:
        return (await people.face_of(deps, row, await deps.storage.get(key))).box
    except ObjectMissing as missing:
        raise BadResult(GONE) from missing


async def _put(deps: Deps, mask: bytes, key: str) -> FileRef:
    try:
        data = await imaging.mask(mask)
    except Invalid as invalid:
        raise BadResult(str(invalid)) from invalid
    await deps.storage.put(key, data, content_type="image/png")
    return runs.readable(deps, key)
