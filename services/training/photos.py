"""Training photos: taken in one at a time with a verdict each, listed, removed, judged as a set."""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingImage, UserModel
from db.states import ModelStatus
from services import imaging
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.faces.base import Box
from services.files import erasing
from services.files.uploads import Upload
from services.imaging import ALPHA, Ingested
from services.kit import notify
from services.storage import keys
from services.training import consents, photo_coach, quota, set_judging, sheet_queue
from services.training.photo_coach import PhotoWarning, SetVerdict

EDITABLE = (
    ModelStatus.DRAFT,
    ModelStatus.FAILED,
    ModelStatus.CANCELED,
    ModelStatus.READY,
)


@dataclass(frozen=True, slots=True)
class PhotoView:
    """One accepted photo. width, height: as uploaded, upright. thumbhash: base64.

    thumb_url, full_url: signed, for this product's pages, good for some minutes.
    face_box: (left, top, right, bottom) in 0..1; None without a face, or where nobody looked.
    used: whether a training takes it. turn: quarter turns clockwise that make it upright.
    """

    id: UUID
    name: str
    format: str
    width: int
    height: int
    thumbhash: str
    warnings: tuple[PhotoWarning, ...]
    created_at: datetime
    thumb_url: str
    full_url: str
    face_box: Box | None
    used: bool
    turn: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one uploaded file. code: "accepted", or a key of a `REFUSALS` or `REASONS`.

    photo: the accepted one; for "duplicate" the one that is already there.
    """

    name: str
    accepted: bool
    code: str
    message: str
    photo: PhotoView | None = None


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """A user model's photos, oldest first, and the verdict on them together."""

    photos: tuple[PhotoView, ...]
    verdict: SetVerdict


@dataclass(frozen=True, slots=True)
class PhotoState:
    """What is said of a photo now, as in `PhotoView`."""

    id: UUID
    warnings: tuple[PhotoWarning, ...]
    face_box: Box | None
    used: bool
    turn: int


@dataclass(frozen=True, slots=True)
class SetState:
    """What is said of a set's photos, oldest first, and of all of them together."""

    photos: tuple[PhotoState, ...]
    verdict: SetVerdict


@dataclass(frozen=True, slots=True)
class TrainingPhoto:
    """A photo as an engine gets it. key: upright sRGB JPEG of at most 1024 px.

    alpha_key: the person cut out of it, a grey picture of the same shape; None where she can't be.
    """

    id: UUID
    key: str
    warnings: tuple[str, ...]
    face_box: Box | None
    alpha_key: str | None = None

    @property
    def full_key(self) -> str:
        """The same at up to 2048 px: a portrait of 1024 px has no megapixel."""
        return f"{self.key.rpartition('/')[0]}/full.jpg"


async def receive(deps: Deps, *, user_id: UUID, user_model_id: UUID, upload: Upload) -> Verdict:
    """Take one uploaded file into the set, or say why not; opens its own short transactions.

    Raises NotFound, and Conflict when the set may not change any more.
    """
    if upload.too_large:
        return _refused(upload, "too_large")
    async with deps.transaction() as session:
        model = await _model(session, user_id=user_id, user_model_id=user_model_id, lock=False)
        folder = keys.new_folder(model.folder, "photos")
        looks = deps.faces is not None and await consents.covers_faces(
            session, user_model_id=user_model_id
        )
        if refusal := await _no_room(session, deps, model, upload):
            return refusal
    try:
        photo = await imaging.ingest(upload.path, faces=looks)
    except imaging.Rejected as error:
        return Verdict(upload.name, False, error.code, str(error))
    if code := photo_coach.refusal(photo):
        return _refused(upload, code)
    size = await imaging.store(deps.storage, folder, photo.files)
    verdict = None
    try:
        async with deps.transaction() as session:
            model = await _model(session, user_id=user_id, user_model_id=user_model_id, lock=True)
            verdict = await _no_room(session, deps, model, upload)
            verdict = verdict or await _add(session, deps, model, upload, photo, folder, size)
    finally:
        if verdict is None or not verdict.accepted:
            await deps.storage.erase(folder)
    if deps.faces and photo.faces and verdict.accepted:
        deps.faces.keep(folder, photo.faces)
        await set_judging.compare(deps, user_id=user_id, user_model_id=user_model_id)
        return await _again(deps, folder) or verdict
    return verdict


async def state(session: AsyncSession, *, user_id: UUID, user_model_id: UUID) -> SetState:
    """What is said of the set now, in one statement and without signing a URL.

    Raises NotFound.
    """
    query = (
        select(TrainingImage.id, TrainingImage.verdict, TrainingImage.included)
        .select_from(UserModel)
        .outerjoin(TrainingImage, TrainingImage.user_model_id == UserModel.id)
        .where(UserModel.id == user_model_id, UserModel.user_id == user_id)
        .order_by(TrainingImage.created_at, TrainingImage.id)
    )
    rows = list(await session.execute(query))  # one without a photo where there is none
    if not rows:
        raise NotFound("There is no such model.")
    rows = [row for row in rows if row.id]
    facts = [(row.verdict, row.included) for row in rows]
    said = [
        PhotoState(
            row.id,
            _warnings(row.verdict),
            photo_coach.face_box(row.verdict),
            use,
            row.verdict.get("turned", 0),
        )
        for row, use in zip(rows, photo_coach.used(facts), strict=True)
    ]
    return SetState(tuple(said), photo_coach.set_verdict(facts))


async def some(
    session: AsyncSession, deps: Deps, *, user_id: UUID, ids: Collection[UUID]
) -> list[PhotoView]:
    """Those of these photos that are the member's."""
    query = select(TrainingImage).where(TrainingImage.id.in_(ids), TrainingImage.user_id == user_id)
    return [_view(row, deps) for row in await session.scalars(query)]


async def list_(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> PhotoSet:
    """The set with its verdict; raises NotFound."""
    await _model(session, user_id=user_id, user_model_id=user_model_id)
    rows = await set_judging.rows(session, user_model_id)
    facts = [(row.verdict, row.included) for row in rows]
    used = photo_coach.used(facts)
    views = (_view(row, deps, use) for row, use in zip(rows, used, strict=True))
    return PhotoSet(tuple(views), photo_coach.set_verdict(facts))


async def remove(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID, image_id: UUID
) -> None:
    """Take a photo out; its files go by a clean-up job. Raises NotFound, Conflict.

    Compare the others (`set_judging`) when this is committed.
    """
    model = await _model(session, user_id=user_id, user_model_id=user_model_id, lock=True)
    row = await owned(session, user_model_id=user_model_id, image_id=image_id)
    await erasing.request(session, prefix=row.folder)
    await session.delete(row)
    await session.flush()
    await sheet_queue.photo_removed(session, deps, model, photo_id=image_id)
    if deps.faces:
        deps.faces.erase(row.folder)
    await notify.publish(session, topic="user_model", id=user_model_id, user_id=user_id)


async def best(session: AsyncSession, user_model_id: UUID, n: int) -> list[TrainingPhoto]:
    """The n most useful photos, best first, without those that are left out of a training.

    For services that have checked the owner; n=coach.MAX_PHOTOS gives the whole set.
    """
    rows = await set_judging.rows(session, user_model_id)
    used = photo_coach.used([(row.verdict, row.included) for row in rows])
    chosen = [row for row, use in zip(rows, used, strict=True) if use] or rows
    chosen.sort(key=lambda row: photo_coach.usefulness(row.verdict))
    return [training_photo(row) for row in chosen[:n]]


def training_photo(row: TrainingImage) -> TrainingPhoto:
    """A photo as engines get it."""
    return TrainingPhoto(
        row.id,
        f"{row.folder}/train.jpg",
        tuple(row.verdict["warnings"]),
        photo_coach.trained_box(row.verdict),
        f"{row.folder}/{ALPHA}" if photo_coach.cut_out(row.verdict) else None,
    )


async def editable(session: AsyncSession, *, user_id: UUID, user_model_id: UUID) -> UserModel:
    """The member's model, held while its photos change. Raises NotFound, Conflict."""
    return await _model(session, user_id=user_id, user_model_id=user_model_id, lock=True)


async def owned(session: AsyncSession, *, user_model_id: UUID, image_id: UUID) -> TrainingImage:
    """A photo of a model whose owner was checked. Raises NotFound."""
    row = await session.scalar(
        select(TrainingImage).where(
            TrainingImage.id == image_id, TrainingImage.user_model_id == user_model_id
        )
    )
    if row is None:
        raise NotFound("There is no such photo.")
    return row


async def _model(
    session: AsyncSession, *, user_id: UUID, user_model_id: UUID, lock: bool | None = None
) -> UserModel:
    """The member's model; with `lock` given (True: held for a change) it must be editable."""
    query = select(UserModel).where(UserModel.id == user_model_id, UserModel.user_id == user_id)
    model = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if model is None:
        raise NotFound("There is no such model.")
    if lock is not None and model.status not in EDITABLE:
        raise Conflict("Its photos cannot change once the training has begun.")
    return model


async def _no_room(
    session: AsyncSession, deps: Deps, model: UserModel, upload: Upload
) -> Verdict | None:
    """The refusal that this file gets whatever is on it; None if there is none."""
    same = await session.scalar(
        select(TrainingImage).where(
            TrainingImage.user_model_id == model.id, TrainingImage.sha256 == upload.sha256
        )
    )
    if same:
        return _refused(upload, "duplicate", _view(same, deps))
    count = select(func.count()).where(TrainingImage.user_model_id == model.id)
    if (await session.scalar(count) or 0) >= photo_coach.MAX_PHOTOS:
        return _refused(upload, "full")
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"quota:{model.user_id}"},
    )
    there = await quota.storage(session, deps, user_id=model.user_id)
    return _refused(upload, "quota") if there.used + upload.size > there.limit else None


async def _add(
    session: AsyncSession,
    deps: Deps,
    model: UserModel,
    upload: Upload,
    photo: Ingested,
    folder: str,
    size: int,
) -> Verdict:
    others = await set_judging.rows(session, model.id)
    pose = await consents.covers_pose(session, user_model_id=model.id)
    row = TrainingImage(
        id=deps.new_id(),
        user_id=model.user_id,
        user_model_id=model.id,
        sha256=upload.sha256,
        phash=photo.phash,
        folder=folder,
        name=upload.name,
        format=photo.format,
        width=photo.width,
        height=photo.height,
        bytes=size,
        thumbhash=photo.thumbhash,
        verdict={
            "warnings": photo_coach.warnings(photo, [row.phash for row in others]),
            **photo_coach.facts_of(photo, pose=pose),
        },
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    await sheet_queue.request(session, deps, model)
    await notify.publish(session, topic="user_model", id=model.id, user_id=model.user_id)
    return _accepted(row, deps)


async def _again(deps: Deps, folder: str) -> Verdict | None:
    """The verdict on a photo now that it was compared; None if it has gone meanwhile."""
    async with deps.transaction() as session:
        query = select(TrainingImage).where(TrainingImage.folder == folder)
        row = await session.scalar(query)
        return _accepted(row, deps) if row else None


def _accepted(row: TrainingImage, deps: Deps) -> Verdict:
    view = _view(row, deps)
    message = " ".join(warning.message for warning in view.warnings) or "Good."
    return Verdict(row.name, True, "accepted", message, view)


def _refused(upload: Upload, code: str, photo: PhotoView | None = None) -> Verdict:
    return Verdict(upload.name, False, code, photo_coach.REFUSALS[code], photo)


def _warnings(verdict: dict[str, Any]) -> tuple[PhotoWarning, ...]:
    codes: list[str] = verdict["warnings"]
    return tuple(PhotoWarning(code, photo_coach.WARNINGS[code]) for code in codes)


def _view(row: TrainingImage, deps: Deps, used: bool | None = None) -> PhotoView:
    """used: as in its set; alone, what is said of the photo itself."""
    if used is None:
        used = photo_coach.taken(row.verdict, row.included)
    return PhotoView(
        id=row.id,
        name=row.name,
        format=row.format,
        width=row.width,
        height=row.height,
        thumbhash=base64.b64encode(row.thumbhash).decode(),
        warnings=_warnings(row.verdict),
        created_at=row.created_at,
        thumb_url=deps.storage.url(f"{row.folder}/thumb.webp"),
        full_url=deps.storage.url(f"{row.folder}/full.jpg"),
        face_box=photo_coach.face_box(row.verdict),
        used=used,
        turn=row.verdict.get("turned", 0),
    )
