"""Training photos: taken in one at a time with a verdict each, listed, removed, judged as a set."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, TrainingImage, User, UserModel
from services import erasing, imaging, notify
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.imaging import Ingested
from services.storage import keys
from services.uploads import Upload

MIN_PHOTOS, GOOD_PHOTOS, MAX_PHOTOS = 10, 20, 30
MIN_SIDE, GOOD_SIDE = 256, 768  # px, the short side; training is done at 1024
MAX_RATIO, GOOD_RATIO = 4.0, 2.2
# Below: blurred, or dark. Of 14 photographs the least sharp has 588; blurred by 0.3 % of their
# length none has over 57. The darkest by day has 160; at a quarter of the light none has over 56.
SHARP, LIGHT = 60.0, 70.0
NEAR = 6  # of 64 bits of the hash: no more may differ between near duplicates
EDITABLE = ("draft", "failed", "canceled")

REFUSALS = {
    "too_large": "The file is larger than 25 MB. Send a smaller copy.",
    "too_small": f"The picture is under {MIN_SIDE} px on its short side. Send the original.",
    "strip": "The picture is a narrow strip. Send an ordinary photo.",
    "duplicate": "This photo is already in the set.",
    "full": f"The set is full at {MAX_PHOTOS} photos. Remove one first.",
    "quota": "Your storage is full. Delete pictures or models you no longer need.",
}
WARNINGS = {
    "near_duplicate": "Almost the same as another photo: a different moment teaches more.",
    "blurred": "Blurred: a sharper photo teaches more.",
    "dark": "Dark: a photo in better light teaches more.",
    "small": f"Small: under {GOOD_SIDE} px, fine details are missing.",
    "narrow": "Narrow: much of it will be cropped away.",
}


@dataclass(frozen=True, slots=True)
class PhotoWarning:
    """Something that makes an accepted photo less useful: a code of WARNINGS and its text."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PhotoView:
    """One accepted photo. width, height: as uploaded, upright. thumbhash: base64.

    thumb_url, full_url: signed, for this product's pages, good for some minutes.
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one uploaded file. code: "accepted", or one of REFUSALS or imaging.REASONS.

    photo: the accepted one; for "duplicate" the one that is already there.
    """

    name: str
    accepted: bool
    code: str
    message: str
    photo: PhotoView | None = None


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """The set as a whole: how many photos, whether that is enough to train, what would help."""

    count: int
    enough: bool
    message: str
    minimum: int = MIN_PHOTOS
    good: int = GOOD_PHOTOS
    maximum: int = MAX_PHOTOS


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """A user model's photos, oldest first, and the verdict on them together."""

    photos: tuple[PhotoView, ...]
    verdict: SetVerdict


@dataclass(frozen=True, slots=True)
class TrainingPhoto:
    """A photo as an engine gets it. key: upright sRGB JPEG of at most 1024 px."""

    id: UUID
    key: str
    warnings: tuple[str, ...]


async def receive(deps: Deps, *, user_id: UUID, user_model_id: UUID, upload: Upload) -> Verdict:
    """Take one uploaded file into the set, or say why not; opens its own short transactions.

    Raises NotFound, and Conflict when the set may not change any more.
    """
    if upload.too_large:
        return _refused(upload, "too_large")
    async with deps.transaction() as session:
        model = await _model(session, user_id=user_id, user_model_id=user_model_id, lock=False)
        folder = keys.new_folder(model.folder, "photos")
        if refusal := await _no_room(session, deps, model, upload):
            return refusal
    try:
        photo = await imaging.ingest(upload.path)
    except imaging.Rejected as error:
        return Verdict(upload.name, False, error.code, str(error))
    if code := _unusable(photo):
        return _refused(upload, code)
    size = await imaging.store(deps.storage, folder, photo.files)
    verdict = None
    try:
        async with deps.transaction() as session:
            model = await _model(session, user_id=user_id, user_model_id=user_model_id, lock=True)
            verdict = await _no_room(session, deps, model, upload)
            verdict = verdict or await _add(session, deps, model, upload, photo, folder, size)
        return verdict
    finally:
        if verdict is None or not verdict.accepted:
            await deps.storage.erase(folder)


async def list_(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> PhotoSet:
    """The set with its verdict; raises NotFound."""
    await _model(session, user_id=user_id, user_model_id=user_model_id)
    rows = await _rows(session, user_model_id)
    return PhotoSet(tuple(_view(row, deps) for row in rows), _judge(rows))


async def remove(
    session: AsyncSession, *, user_id: UUID, user_model_id: UUID, image_id: UUID
) -> None:
    """Take a photo out; its files go by a clean-up job. Raises NotFound, Conflict."""
    await _model(session, user_id=user_id, user_model_id=user_model_id, lock=True)
    row = await session.scalar(
        select(TrainingImage).where(
            TrainingImage.id == image_id, TrainingImage.user_model_id == user_model_id
        )
    )
    if row is None:
        raise NotFound("There is no such photo.")
    await erasing.request(session, prefix=row.folder)
    await session.delete(row)
    await session.flush()
    await notify.publish(session, topic="user_model", id=user_model_id, user_id=user_id)


async def best(session: AsyncSession, user_model_id: UUID, n: int) -> list[TrainingPhoto]:
    """The n most useful photos, best first: without warnings before with, sharp before soft.

    For services that have checked the owner; n=MAX_PHOTOS gives the whole set.
    """
    rows = await _rows(session, user_model_id)
    rows.sort(key=lambda row: (len(row.verdict["warnings"]), -row.verdict["sharpness"]))
    return [
        TrainingPhoto(row.id, f"{row.folder}/train.jpg", tuple(row.verdict["warnings"]))
        for row in rows[:n]
    ]


async def used_bytes(session: AsyncSession, *, user_id: UUID) -> int:
    """How much of their quota a member's photos and pictures take, trash included."""
    photos = select(func.sum(TrainingImage.bytes)).where(TrainingImage.user_id == user_id)
    pictures = select(func.sum(GeneratedImage.bytes)).where(GeneratedImage.user_id == user_id)
    sums = select(
        func.coalesce(photos.scalar_subquery(), 0) + func.coalesce(pictures.scalar_subquery(), 0)
    )
    return int(await session.scalar(sums) or 0)


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


async def _rows(session: AsyncSession, user_model_id: UUID) -> list[TrainingImage]:
    query = select(TrainingImage).where(TrainingImage.user_model_id == user_model_id)
    return list(await session.scalars(query.order_by(TrainingImage.created_at, TrainingImage.id)))


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
    if (await session.scalar(count) or 0) >= MAX_PHOTOS:
        return _refused(upload, "full")
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"quota:{model.user_id}"},
    )
    used = await used_bytes(session, user_id=model.user_id)
    own_quota = await session.scalar(select(User.quota_bytes).where(User.id == model.user_id))
    quota = deps.settings.member_quota_bytes if own_quota is None else own_quota
    return _refused(upload, "quota") if used + upload.size > quota else None


async def _add(
    session: AsyncSession,
    deps: Deps,
    model: UserModel,
    upload: Upload,
    photo: Ingested,
    folder: str,
    size: int,
) -> Verdict:
    others = await _rows(session, model.id)
    warnings = _warnings(photo, [row.phash for row in others])
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
        verdict={"warnings": warnings, "sharpness": photo.sharpness, "light": photo.light},
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    await notify.publish(session, topic="user_model", id=model.id, user_id=model.user_id)
    message = " ".join(WARNINGS[code] for code in warnings) or "Good."
    return Verdict(upload.name, True, "accepted", message, _view(row, deps))


def _unusable(photo: Ingested) -> str | None:
    short, long = sorted((photo.width, photo.height))
    if long > MAX_RATIO * short:
        return "strip"
    return "too_small" if short < MIN_SIDE else None


def _warnings(photo: Ingested, others: list[int]) -> list[str]:
    short, long = sorted((photo.width, photo.height))
    found = {
        "near_duplicate": any(_differing(photo.phash, other) <= NEAR for other in others),
        "blurred": photo.sharpness < SHARP,
        "dark": photo.light < LIGHT,
        "small": short < GOOD_SIDE,
        "narrow": long > GOOD_RATIO * short,
    }
    return [code for code, is_so in found.items() if is_so]


def _differing(one: int, other: int) -> int:
    """How many of the 64 bits of two hashes differ; the hashes are signed."""
    return ((one ^ other) & (2**64 - 1)).bit_count()


def _judge(rows: list[TrainingImage]) -> SetVerdict:
    count = len(rows)
    enough = count >= MIN_PHOTOS
    return SetVerdict(
        count, enough, f"{count} of {MIN_PHOTOS}–{GOOD_PHOTOS} photos: {_advice(rows)}"
    )


def _advice(rows: list[TrainingImage]) -> str:
    """What would help this set most, in a few words."""
    given = [code for row in rows for code in row.verdict["warnings"]]
    missing = MIN_PHOTOS - len(rows)
    if missing > 0:
        return f"add {missing} more, from near and far, in different places and light."
    if given.count("near_duplicate") * 4 > len(rows):
        return "many look alike; other places, clothes and light would help."
    if given.count("blurred") * 4 > len(rows):
        return "many are blurred; sharper ones would help."
    if given.count("dark") * 4 > len(rows):
        return "many are dark; some in daylight would help."
    return "a good set." if len(rows) <= GOOD_PHOTOS else "more than enough; keep the best."


def _refused(upload: Upload, code: str, photo: PhotoView | None = None) -> Verdict:
    return Verdict(upload.name, False, code, REFUSALS[code], photo)


def _view(row: TrainingImage, deps: Deps) -> PhotoView:
    codes: list[Any] = row.verdict["warnings"]
    return PhotoView(
        id=row.id,
        name=row.name,
        format=row.format,
        width=row.width,
        height=row.height,
        thumbhash=base64.b64encode(row.thumbhash).decode(),
        warnings=tuple(PhotoWarning(code, WARNINGS[code]) for code in codes),
        created_at=row.created_at,
        thumb_url=deps.storage.url(f"{row.folder}/thumb.webp"),
        full_url=deps.storage.url(f"{row.folder}/full.jpg"),
    )
