"""A photo of the set, turned or cut: it is judged anew, as if it had come so."""

import math
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingImage
from services import imaging
from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound
from services.faces.base import Box
from services.files import erasing
from services.imaging import Ingested
from services.kit import notify
from services.storage import keys
from services.storage.base import ObjectMissing
from services.training import consents, photo_coach, photos, set_judging, sheet_queue
from services.training.photos import PhotoView

LEAST = 0.01  # of the picture's width and height: of less there may be no pixel left


async def edit(
    deps: Deps,
    *,
    user_id: UUID,
    user_model_id: UUID,
    image_id: UUID,
    turn: int = 0,
    crop: Box | None = None,
) -> PhotoView:
    """Turn a photo by quarters clockwise, then cut it to a part in 0..1; the old files go.

    Opens its own short transactions. Raises NotFound, Conflict (the training has begun, or the
    photo was changed meanwhile), Invalid (what is left would be too small, or a strip).
    """
    _check(turn, crop)
    key: dict[str, Any] = {"user_id": user_id, "user_model_id": user_model_id}
    async with deps.transaction() as session:
        model = await photos.editable(session, **key)
        row = await photos.owned(session, user_model_id=user_model_id, image_id=image_id)
        looks = await consents.covers_faces(session, user_model_id=user_model_id)
        before, target = row.folder, keys.new_folder(model.folder, "photos")
    photo = await _made(deps, before, turn, crop, looks=looks and deps.faces is not None)
    size = await imaging.store(deps.storage, target, photo.files)
    kept = False
    try:
        async with deps.transaction() as session:
            model = await photos.editable(session, **key)
            row = await photos.owned(session, user_model_id=user_model_id, image_id=image_id)
            if row.folder != before:
                raise Conflict("This photo was changed meanwhile. Look at it again.")
            await _replace(session, row, photo, target, size)
            await erasing.request(session, prefix=before)
            await sheet_queue.photo_removed(session, deps, model, photo_id=row.id)
            await notify.publish(session, topic="user_model", id=user_model_id, user_id=user_id)
        kept = True
    finally:
        if not kept:
            await deps.storage.erase(target)
    if deps.faces:
        deps.faces.erase(before)
        if photo.faces:
            deps.faces.keep(target, photo.faces)
        await set_judging.compare(deps, **key)
    return await _now(deps, user_id, image_id)


async def _made(deps: Deps, folder: str, turn: int, crop: Box | None, *, looks: bool) -> Ingested:
    try:
        data = await deps.storage.get(f"{folder}/full.jpg")
    except ObjectMissing:
        raise NotFound("There is no such photo.") from None
    photo = await imaging.edit(data, turn=turn, crop=crop, faces=looks)
    if code := photo_coach.refusal(photo):
        raise Invalid(photo_coach.REFUSALS[code], field="crop")
    return photo


async def _replace(
    session: AsyncSession, row: TrainingImage, photo: Ingested, folder: str, size: int
) -> None:
    """The row of what was made; the hour stays that of the file that came."""
    pose = await consents.covers_pose(session, user_model_id=row.user_model_id)
    others = [
        other.phash
        for other in await set_judging.rows(session, row.user_model_id)
        if other.id != row.id
    ]
    facts = {
        "warnings": photo_coach.warnings(photo, others),
        **photo_coach.facts_of(photo, pose=pose),
    }
    if taken := row.verdict.get("taken"):
        facts["taken"] = taken
    row.folder, row.phash, row.thumbhash, row.bytes = folder, photo.phash, photo.thumbhash, size
    row.width, row.height, row.format, row.verdict = photo.width, photo.height, "JPEG", facts
    await session.flush()


async def _now(deps: Deps, user_id: UUID, image_id: UUID) -> PhotoView:
    async with deps.transaction() as session:
        found = await photos.some(session, deps, user_id=user_id, ids=[image_id])
    if not found:
        raise NotFound("There is no such photo.")
    return found[0]


def _check(turn: int, crop: Box | None) -> None:
    if turn not in (0, 1, 2, 3):
        raise Invalid("Turn it by 1, 2 or 3 quarters.", field="turn")
    if crop is None:
        return
    left, top, right, bottom = crop
    inside = all(math.isfinite(edge) and 0 <= edge <= 1 for edge in crop)
    if not (inside and left < right and top < bottom):
        raise Invalid("Cut to left, top, right, bottom between 0 and 1.", field="crop")
    if min(right - left, bottom - top) < LEAST:
        raise Invalid(photo_coach.REFUSALS["too_small"], field="crop")
