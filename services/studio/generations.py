"""Generations: requests for images, from the price to the last picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, Generation
from db.states import GENERATION_OPEN, MODEL_ACTIVE, GenerationStatus
from services.credits import ledger
from services.deps import Deps
from services.engines.base import Method, NotUnderstood, Operation, Term
from services.errors import Conflict, NotFound
from services.figures import measures
from services.files import erasing
from services.gallery import images as gallery_images
from services.gallery.images import ImageView
from services.kit import notify, paging
from services.notifications import ended
from services.remote import cancellation, runs
from services.studio import checking, likeness_floor, operations, people, prompt_reading, styles
from services.studio.requests import ASPECTS as ASPECTS
from services.studio.requests import MAX_SEED as MAX_SEED
from services.studio.requests import PROMPT_LENGTH as PROMPT_LENGTH
from services.studio.requests import GenerationRequest as GenerationRequest
from services.studio.requests import Share as Share
from services.training import methods, user_models

LIMITS = runs.Limits(
    accept=timedelta(minutes=30),
    wait=timedelta(hours=2),  # one GPU may be training for somebody else
    run=timedelta(minutes=15),
    orphan=timedelta(minutes=2),
    poll=(0.5, 5.0),
)


@dataclass(frozen=True, slots=True)
class GenerationQuote:
    """The price before the click. seconds: of work, without the wait; None if not known.

    available: credits left, None where the plan is unlimited.
    """

    credits: int
    available: int | None
    seconds: float | None

    @property
    def affordable(self) -> bool:
        """Whether the balance covers it."""
        return self.available is None or self.credits <= self.available


@dataclass(frozen=True, slots=True)
class GenerationView:
    """One request as its owner sees it. progress: 0.0-1.0; cost: credits reserved for it.

    made_by: how its pictures are marked, or empty. understood, not_understood: how the engine
    read the prompt; None where the engine takes any words. note: why pictures do not follow it.
    charged: credits that were taken for it; None until it has ended.
    """

    id: UUID
    user_model_id: UUID | None
    user_model_name: str | None
    second_model_id: UUID | None
    second_model_name: str | None
    operation: Operation
    source_image_id: UUID | None
    scale: int | None
    status: str
    progress: float
    stage: str
    status_reason: str | None
    engine: str
    method: Method
    prompt: str
    negative_prompt: str | None
    preset: str | None
    aspect: str
    width: int
    height: int
    count: int
    seed: int
    steps: int | None
    guidance_scale: float | None
    lora_scale: float | None
    cost: int
    made_by: str
    understood: tuple[Term, ...] | None
    not_understood: tuple[NotUnderstood, ...] | None
    note: str | None
    images: tuple[ImageView, ...]
    charged: int | None
    dismissed: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def active(self) -> bool:
        """Whether more is still to come."""
        return self.status in GENERATION_OPEN


async def quote(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    count: int,
    operation: Operation = Operation.GENERATE,
    engine: str | None = None,
    method: Method | None = None,
    people: int = 1,
) -> GenerationQuote:
    """What `count` images cost and take: one credit each. Raises Invalid, Conflict."""
    choice = methods.usual(deps, engine=engine, method=method, people=people)
    info, new = choice.info, operation is Operation.GENERATE
    balance = await ledger.balance(session, user_id=user_id)
    each = await runs.typical_seconds(
        session,
        info,
        kind="generation",
        operation=operation,
        method=choice.method if new else None,
    )
    longest = min(count, info.batch)  # images of one run; all runs go at once
    return GenerationQuote(count, balance.available, None if each is None else each * longest)


async def create(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    request: GenerationRequest,
    share: Share | None = None,
) -> GenerationView:
    """Reserves the credits and queues the images, all in the caller's transaction.

    share: of the pack that the request is part of; else an image costs one credit.
    Raises Invalid, NotFound, Conflict (nothing can make images of the model, operation not
    possible), InsufficientCredits.
    """
    plan = await operations.plan(session, deps, user_id=user_id, request=request)
    if plan:
        request = operations.planned(request, plan)
    models = await people.asked_for(
        session, user_id=user_id, request=request, count=plan.people if plan else 1
    )
    choice = plan.choice if plan else await people.choice(session, deps, request, models)
    new = request.operation is Operation.GENERATE
    look_up = styles.ask if new else styles.find  # an operation keeps the style of its picture
    style = await look_up(session, request.preset)
    row = checking.checked(deps, user_id, request, choice, plan, style)
    if share:
        row.cost, row.album_id = share.credits, share.album_id
    session.add(row)
    await session.flush()
    await ledger.reserve(
        session,
        user_id=user_id,
        credits=row.cost,
        reference=reference(row.id),
        purpose=share.purpose if share else operations.purpose(row, people.named(models)),
    )
    for model in models:
        if model.status not in MODEL_ACTIVE and model.dismissed_at is None:
            # "make its first images" was answered
            await user_models.dismiss(session, user_id=user_id, user_model_id=model.id)
    batch = choice.info.batch
    for first in range(0, row.count, batch):
        await runs.start(
            session,
            deps,
            kind="generation",
            engine=choice.info,
            user_id=user_id,
            limits=LIMITS,
            generation_id=row.id,
            first=first,
            units=min(batch, row.count - first),
        )
    await changed(session, generation_id=row.id, user_id=user_id)
    return await get(session, deps, user_id=user_id, generation_id=row.id)


async def get(
    session: AsyncSession, deps: Deps, *, user_id: UUID, generation_id: UUID
) -> GenerationView:
    """One generation with the pictures that are finished so far. Raises NotFound."""
    row = await _owned(session, user_id=user_id, generation_id=generation_id)
    return (await _views(session, deps, [row]))[0]


async def list_(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    cursor: str | None = None,
    limit: int = 20,
    dismissed: bool = True,
    packs: bool = True,
    album_id: UUID | None = None,
) -> paging.Page[GenerationView]:
    """A member's requests, newest first; `dismissed=False` leaves out what was put away.

    packs: False leaves out the parts of packs. album_id: only the parts of the pack with this one.
    """
    shown = [Generation.user_id == user_id]
    if not dismissed:
        shown.append(Generation.dismissed_at.is_(None))
    if not packs:
        shown.append(Generation.album_id.is_(None))
    if album_id:
        shown.append(Generation.album_id == album_id)
    page = await paging.newest(session, Generation, *shown, cursor=cursor, limit=limit)
    return paging.Page(tuple(await _views(session, deps, page.items)), page.next_cursor)


async def cancel(
    session: AsyncSession, deps: Deps, *, user_id: UUID, generation_id: UUID
) -> GenerationView:
    """Final at once: finished pictures stay and are paid, all other credits come back.

    A second cancel changes nothing. Raises NotFound; Conflict when it has already ended.
    """
    row = await _owned(session, user_id=user_id, generation_id=generation_id)
    if row.status not in (*GENERATION_OPEN, GenerationStatus.CANCELED):
        raise Conflict("These images are already finished.")
    if canceled := await cancellation.cancel(session, generation_id=row.id):
        await settle(session, row, status=GenerationStatus.CANCELED, reason="You stopped this.")
        for run in canceled:
            await discard(session, run)
    return await get(session, deps, user_id=user_id, generation_id=generation_id)


async def dismiss(session: AsyncSession, *, user_id: UUID, generation_id: UUID) -> None:
    """Puts its card away. Raises NotFound; Conflict while it is at work."""
    row = await _owned(session, user_id=user_id, generation_id=generation_id)
    if row.status in GENERATION_OPEN:
        raise Conflict("These images are still being made.")
    row.dismissed_at = func.now()
    await session.flush()
    await changed(session, generation_id=row.id, user_id=user_id)


def reference(generation_id: UUID) -> str:
    """The name of its hold in the ledger."""
    return f"generation:{generation_id}"


def incoming(run: runs.Run) -> str:
    """The folder that an engine puts its images in, before they are checked."""
    return f"{run.user_id}/incoming/{run.id.hex}"


async def discard(session: AsyncSession, run: runs.Run) -> None:
    """Erases what a run put, or still puts while its URLs are valid."""
    await erasing.request(session, prefix=incoming(run))
    if run.attempt:
        late = runs.URL_EXPIRY + timedelta(minutes=5)
        await erasing.request(session, prefix=incoming(run), delay=late)


async def settle(
    session: AsyncSession, row: Generation, *, status: str, reason: str | None
) -> None:
    """Ends it, once: each image that is charged takes one credit, the rest is given back."""
    query = select(Generation.status).where(Generation.id == row.id).with_for_update()
    if await session.scalar(query) not in GENERATION_OPEN:
        return
    given_back = await likeness_floor.capture(session, row, reference=reference(row.id))
    if status == GenerationStatus.SUCCEEDED and given_back:
        reason = " ".join(filter(None, [given_back, reason]))
    row.status, row.status_reason, row.stage = status, reason, ""
    row.progress = 1.0 if status == GenerationStatus.SUCCEEDED else row.progress
    row.finished_at = func.now()
    row.mask = None  # what was painted is of no more use
    await session.flush()
    style = await styles.measured(session, row.preset)
    if status != GenerationStatus.CANCELED and not await _pack_goes_on(session, row):
        await ended.pictures(session, row)
    await measures.generation(session, row, status=status, reason=reason, style=style)
    await changed(session, generation_id=row.id, user_id=row.user_id)


async def _pack_goes_on(session: AsyncSession, row: Generation) -> bool:
    """Whether another part of its pack is under way, so that the member is told once, at the end.

    The account that `settle` has locked lets one part of a pack end after the other.
    """
    others = exists().where(
        Generation.album_id == row.album_id,
        Generation.id != row.id,
        Generation.status.in_(GENERATION_OPEN),
    )
    return row.album_id is not None and bool(await session.scalar(select(others)))


async def changed(session: AsyncSession, *, generation_id: UUID, user_id: UUID) -> None:
    """Tells open pages that this generation is to be read again."""
    await notify.publish(session, topic="generation", id=generation_id, user_id=user_id)


async def _owned(session: AsyncSession, *, user_id: UUID, generation_id: UUID) -> Generation:
    row = await session.scalar(
        select(Generation)
        .where(Generation.id == generation_id, Generation.user_id == user_id)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such generation.")
    return row


async def _views(
    session: AsyncSession, deps: Deps, rows: Sequence[Generation]
) -> list[GenerationView]:
    images: dict[UUID, list[ImageView]] = {}
    notes: dict[UUID, list[str]] = {}
    for image in await session.execute(
        select(*gallery_images.COLUMNS, GeneratedImage.recipe["note"].astext.label("note"))
        .where(
            GeneratedImage.generation_id.in_([row.id for row in rows]),
            GeneratedImage.deleted_at.is_(None),
        )
        .order_by(GeneratedImage.position)
    ):
        images.setdefault(image.generation_id, []).append(gallery_images.view(image, deps))
        if image.note:
            notes.setdefault(image.generation_id, []).append(image.note)
    ids = {id for row in rows for id in (row.user_model_id, row.second_model_id)}
    names = await gallery_images.model_names(session, ids)
    charged = await ledger.captured(session, references=[reference(row.id) for row in rows])
    return [
        _view(
            row,
            images.get(row.id, []),
            notes.get(row.id, []),
            user_model_name=names.get(row.user_model_id),
            second_model_name=names.get(row.second_model_id),
            charged=charged.get(reference(row.id)),
        )
        for row in rows
    ]


def _view(
    row: Generation, images: Sequence[ImageView], notes: Sequence[str], **known: Any
) -> GenerationView:
    copied = (
        "id", "user_model_id", "second_model_id", "source_image_id", "scale", "status", "progress",
        "stage",
        "status_reason", "engine", "prompt", "negative_prompt", "preset", "aspect", "width",
        "height", "count", "seed", "steps", "guidance_scale", "lora_scale", "cost", "created_at",
        "started_at", "finished_at",
    )  # fmt: skip
    reading = prompt_reading.stored(row.reading, notes, made=len(images))
    return GenerationView(
        **{field: getattr(row, field) for field in copied},
        operation=Operation(row.operation),
        method=Method(row.method),
        **known,
        made_by=reading.made_by,
        understood=reading.understood,
        not_understood=reading.not_understood,
        note=reading.note,
        images=tuple(images),
        dismissed=row.dismissed_at is not None,
    )
