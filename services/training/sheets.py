"""A user model's sheet: the person in every style, from the first photo on, free of charge."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ModelSheet, SheetPicture, StyleRow, TrainingImage, UserModel
from db.states import SheetStatus
from services.deps import Deps
from services.errors import Conflict
from services.storage import keys
from services.training import photos, sheet_queue, user_models
from services.training.photo_coach import MAX_PHOTOS
from services.training.photos import TrainingPhoto

USUAL = 16  # pictures
PHOTOS = 4  # of the best ones, in turn, so that the pictures differ


@dataclass(frozen=True, slots=True)
class SheetPictureView:
    """One picture; url: signed, good for some minutes. thumbhash: base64. style: its name."""

    position: int
    preset: str
    style: str
    prompt: str
    url: str
    thumbhash: str


@dataclass(frozen=True, slots=True)
class SheetView:
    """A sheet as its owner sees it.

    status: making, made, failed; "" before the first photo, and where no engine makes one.
    total: how many pictures there will be. offered: whether a new one can be asked for.
    photos: whether there is a photo to make it of.
    """

    status: str
    total: int
    pictures: tuple[SheetPictureView, ...]
    offered: bool
    photos: bool


async def get(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> SheetView:
    """What there is of it, in its order. Raises NotFound."""
    model = await user_models.owned(session, user_id=user_id, user_model_id=user_model_id)
    sheet = await session.get(ModelSheet, model.id, populate_existing=True)
    query = (
        select(SheetPicture, StyleRow.name)
        .outerjoin(StyleRow, StyleRow.id == SheetPicture.preset)
        .where(SheetPicture.user_model_id == model.id)
        .order_by(SheetPicture.position)
    )
    pictures = tuple(_view(deps, row, name) for row, name in await session.execute(query))
    maker = sheet_queue.maker(deps)
    total = len(maker.sheet.pictures) if maker else len(pictures)
    status = sheet.status if sheet else ""
    any_photo = select(TrainingImage.id).where(TrainingImage.user_model_id == model.id).limit(1)
    return SheetView(
        status,
        total,
        pictures,
        offered=maker is not None and status != SheetStatus.MAKING,
        photos=await session.scalar(any_photo) is not None,
    )


async def make_again(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> None:
    """Begins a new edition, with other seeds. Raises NotFound, Conflict."""
    model = await user_models.owned(
        session, user_id=user_id, user_model_id=user_model_id, lock=True
    )
    if sheet_queue.maker(deps) is None:
        raise Conflict("The engine that is connected makes no such pictures.")
    there = await candidates(session, model.id)
    if not there:
        raise Conflict("Add a photo first.")
    sheet = await session.get(ModelSheet, model.id, populate_existing=True)
    if sheet and sheet.status == SheetStatus.MAKING:
        raise Conflict("These pictures are being made.")
    await begin(session, model, sheet, there)
    await sheet_queue.request(session, deps, model)


async def candidates(session: AsyncSession, user_model_id: UUID) -> list[TrainingPhoto]:
    """The photos in the order in which a sheet takes them: those first that were cut out."""
    best = await photos.best(session, user_model_id, MAX_PHOTOS)
    return sorted(best, key=lambda photo: photo.alpha_key is None)


def outdated(sheet: ModelSheet, there: Sequence[TrainingPhoto]) -> bool:
    """Whether a photo of the sheet is gone, or fewer than half of the best ones are in it."""
    ids = [str(photo.id) for photo in there]
    gone = set(sheet.photos).difference(ids)
    best = ids[:PHOTOS]
    return bool(gone) or 2 * len(set(sheet.photos).intersection(best)) < len(best)


async def begin(
    session: AsyncSession,
    model: UserModel,
    sheet: ModelSheet | None,
    there: Sequence[TrainingPhoto],
) -> ModelSheet:
    """A new edition, of the best of these photos; what the last one made goes.

    `model` is locked.
    """
    sheet = sheet or ModelSheet(user_model_id=model.id, edition=0, folder="")
    await sheet_queue.erase(session, sheet)
    sheet.edition += 1
    sheet.status = SheetStatus.MAKING
    sheet.photos = [str(photo.id) for photo in there[:PHOTOS]]
    sheet.folder = keys.new_folder(model.folder, "sheets")
    session.add(sheet)
    await session.flush()
    await sheet_queue.changed(session, model)
    return sheet


def _view(deps: Deps, row: SheetPicture, style: str | None) -> SheetPictureView:
    return SheetPictureView(
        position=row.position,
        preset=row.preset,
        style=style or row.preset,
        prompt=row.prompt,
        url=deps.storage.url(row.key),
        thumbhash=base64.b64encode(row.thumbhash).decode(),
    )
