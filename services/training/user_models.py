"""User models: likenesses that members train, from the draft to the last byte erased."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingImage, TrainingSample, UserModel
from db.states import MODEL_ACTIVE, ModelStatus
from services.credits import ledger
from services.deps import Deps
from services.engines.base import Method
from services.errors import Conflict, Invalid, NotFound
from services.files import erasing
from services.kit import notify, paging, texts
from services.remote import cancellation, runs
from services.storage.keys import new_folder
from services.training import consents, methods, model_likeness
from services.training.methods import Material
from services.training.model_likeness import ModelLikeness

TRIGGER_WORD = "ohwx"  # rare in every text encoder's training data; the field's usual token
SUBJECTS = ("person", "woman", "man")
MAX_DRAFTS = 20
NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class SampleView:
    """A picture made on the way through a training; `url` is signed and expires."""

    url: str
    step: int
    likeness: float | None


@dataclass(frozen=True, slots=True)
class UserModelView:
    """A user model as its owner sees it.

    progress: 0.0-1.0. seconds_left: the engine's estimate.
    metrics: [{"step", "total_steps", "loss", "s_per_step", "vram_peak_bytes"}], oldest first; the
    last has "bands" too, [(step, loss at little, half and much noise)], where they are measured.
    cover_url: its first photo's thumbnail, signed; cover_thumbhash its placeholder, base64.
    lora: whether there are weights to download. methods: what can make images of it now.
    """

    id: UUID
    name: str
    subject: str
    status: str
    progress: float
    stage: str
    status_reason: str | None
    engine: str | None
    base_model: str | None
    trigger_word: str
    recipe: dict[str, Any]
    metrics: tuple[dict[str, Any], ...]
    samples: tuple[SampleView, ...]
    seconds_left: float | None
    likeness: ModelLikeness
    photos: int
    cover_url: str | None
    cover_thumbhash: str | None
    lora: bool
    methods: tuple[Method, ...]
    dismissed: bool
    created_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def active(self) -> bool:
        """Whether a training is waiting or under way."""
        return self.status in MODEL_ACTIVE


async def create(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    name: str,
    subject: str,
    subject_is: str,
    text_version: str,
    ip: str = "",
) -> UserModelView:
    """A new draft with its consent. Raises Invalid; Conflict at 20 drafts that wait for photos."""
    if subject not in SUBJECTS:
        raise Invalid("Choose person, woman or man.", subject=list(SUBJECTS))
    drafts_of = (UserModel.user_id == user_id, UserModel.status == ModelStatus.DRAFT)
    drafts = await session.scalar(select(func.count()).where(*drafts_of))
    if (drafts or 0) >= MAX_DRAFTS:
        raise Conflict(f"You have {drafts} drafts. Finish or delete one of them first.")
    row = UserModel(
        id=deps.new_id(),
        user_id=user_id,
        name=texts.clean(name, field="Name", maximum=NAME_LENGTH, minimum=1),
        subject=subject,
        trigger_word=TRIGGER_WORD,
        folder=new_folder(str(user_id), "models"),
    )
    session.add(row)
    await session.flush()
    await consents.give(
        session,
        deps,
        user_id=user_id,
        user_model_id=row.id,
        subject_is=subject_is,
        text_version=text_version,
        ip=ip,
    )
    await changed(session, user_model_id=row.id, user_id=user_id)
    return await get(session, deps, user_id=user_id, user_model_id=row.id)


async def get(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> UserModelView:
    """One user model with everything known of it. Raises NotFound."""
    row = await owned(session, user_id=user_id, user_model_id=user_model_id)
    return (await _views(session, deps, [row]))[0]


async def list_(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    cursor: str | None = None,
    limit: int = 50,
) -> paging.Page[UserModelView]:
    """A member's user models, newest first. Raises Invalid for a bad cursor."""
    mine = UserModel.user_id == user_id
    page = await paging.newest(session, UserModel, mine, cursor=cursor, limit=limit)
    return paging.Page(tuple(await _views(session, deps, page.items)), page.next_cursor)


async def edit(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    user_model_id: UUID,
    name: str | None = None,
    subject: str | None = None,
) -> UserModelView:
    """Changes its name (1-80 characters) or, before it is trained, its subject; None keeps it.

    Raises NotFound, Invalid, Conflict.
    """
    row = await owned(session, user_id=user_id, user_model_id=user_model_id, lock=True)
    if name is not None:
        row.name = texts.clean(name, field="Name", maximum=NAME_LENGTH, minimum=1)
    if subject is not None and subject != row.subject:
        if subject not in SUBJECTS:
            raise Invalid("Choose person, woman or man.", subject=list(SUBJECTS))
        if row.status in (*MODEL_ACTIVE, ModelStatus.READY):
            raise Conflict("The subject can’t change once the training has begun.")
        row.subject = subject
    await session.flush()
    await changed(session, user_model_id=row.id, user_id=user_id)
    return await get(session, deps, user_id=user_id, user_model_id=row.id)


async def dismiss(session: AsyncSession, *, user_id: UUID, user_model_id: UUID) -> None:
    """Puts its card away from the dashboard. Raises NotFound; Conflict while it is trained."""
    row = await owned(session, user_id=user_id, user_model_id=user_model_id)
    if row.status in MODEL_ACTIVE:
        raise Conflict("This model is still being trained.")
    row.dismissed_at = func.now()
    await session.flush()
    await changed(session, user_model_id=row.id, user_id=user_id)


async def delete(session: AsyncSession, *, user_id: UUID, user_model_id: UUID) -> None:
    """Ends its training, then erases its rows and, by a clean-up job, all its files.

    Pictures made with it stay in the gallery. A worker may still hold signed URLs, so what it
    puts after the first clean-up is erased by a second one when those have expired.
    """
    await owned(session, user_id=user_id, user_model_id=user_model_id)
    # before the model is locked: the order of a handler
    canceled = await cancellation.cancel(session, user_model_id=user_model_id)
    row = await owned(session, user_id=user_id, user_model_id=user_model_id, lock=True)
    canceled += await cancellation.cancel(session, user_model_id=row.id)  # begun in between
    for run in canceled:
        if run.credits:
            await ledger.release(session, reference=f"training:{run.id}")
    await erasing.request(session, prefix=row.folder)
    if any(run.attempt for run in canceled):
        late = runs.URL_EXPIRY + timedelta(minutes=5)
        await erasing.request(session, prefix=row.folder, delay=late)
    await session.delete(row)
    await session.flush()
    await changed(session, user_model_id=user_model_id, user_id=user_id)


async def changed(session: AsyncSession, *, user_model_id: UUID, user_id: UUID) -> None:
    """Tells open pages that this user model is to be read again."""
    await notify.publish(session, topic="user_model", id=user_model_id, user_id=user_id)


async def owned(
    session: AsyncSession, *, user_id: UUID, user_model_id: UUID, lock: bool = False
) -> UserModel:
    """The row, fresh, and locked on request; for services only. Raises NotFound."""
    query = (
        select(UserModel)
        .where(UserModel.id == user_model_id, UserModel.user_id == user_id)
        .execution_options(populate_existing=True)
    )
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("There is no such model.")
    return row


async def stop(session: AsyncSession, *, user_model_id: UUID, status: str, reason: str) -> None:
    """Ends a training that is waiting or under way, with a plain reason."""
    await session.execute(
        update(UserModel)
        .where(UserModel.id == user_model_id, UserModel.status.in_(MODEL_ACTIVE))
        .values(
            status=status, status_reason=reason, stage="", seconds_left=None, finished_at=func.now()
        )
    )


async def _views(
    session: AsyncSession, deps: Deps, rows: Sequence[UserModel]
) -> list[UserModelView]:
    ids = [row.id for row in rows]
    counted = await session.execute(
        select(TrainingImage.user_model_id, func.count())
        .where(TrainingImage.user_model_id.in_(ids))
        .group_by(TrainingImage.user_model_id)
    )
    counts = dict(counted.all())
    covers = await session.scalars(
        select(TrainingImage)
        .where(TrainingImage.user_model_id.in_(ids))
        .ext(distinct_on(TrainingImage.user_model_id))
        .order_by(TrainingImage.user_model_id, TrainingImage.created_at, TrainingImage.id)
    )
    cover = {image.user_model_id: image for image in covers}
    samples: dict[UUID, list[SampleView]] = {}
    owners = {row.id: row for row in rows}
    for sample in await session.scalars(
        select(TrainingSample)
        .where(TrainingSample.user_model_id.in_(ids))
        .order_by(TrainingSample.step, TrainingSample.key)
    ):
        if not _is_shown(sample, owners[sample.user_model_id]):
            continue
        view = SampleView(deps.storage.url(sample.key), sample.step, sample.likeness)
        samples.setdefault(sample.user_model_id, []).append(view)
    alike = await model_likeness.by_model(session, ids)
    return [
        _view(
            deps,
            row,
            counts.get(row.id, 0),
            cover.get(row.id),
            samples.get(row.id, []),
            ModelLikeness(**alike.get(row.id, {}), samples=row.likeness),
        )
        for row in rows
    ]


def _is_shown(sample: TrainingSample, row: UserModel) -> bool:
    """Those of the training under way, else of the one that made the version in use."""
    if row.lora_key is None:
        return True
    if row.status in MODEL_ACTIVE:
        return row.queued_at is not None and sample.created_at >= row.queued_at
    return sample.key.partition("/samples/")[0] == row.lora_key.rpartition("/")[0]


def _view(
    deps: Deps,
    row: UserModel,
    photos: int,
    cover: TrainingImage | None,
    samples: Sequence[SampleView],
    alike: ModelLikeness,
) -> UserModelView:
    return UserModelView(
        id=row.id,
        name=row.name,
        subject=row.subject,
        status=row.status,
        progress=row.progress,
        stage=row.stage,
        status_reason=row.status_reason,
        engine=row.engine,
        base_model=row.base_model,
        trigger_word=row.trigger_word,
        recipe=row.recipe,
        metrics=tuple(row.metrics),
        samples=tuple(samples),
        seconds_left=row.seconds_left,
        likeness=alike,
        photos=photos,
        cover_url=deps.storage.url(f"{cover.folder}/thumb.webp") if cover else None,
        cover_thumbhash=base64.b64encode(cover.thumbhash).decode() if cover else None,
        lora=row.lora_key is not None,
        methods=methods.possible(deps, Material(photos, row.lora_key is not None)),
        dismissed=row.dismissed_at is not None,
        created_at=row.created_at,
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
