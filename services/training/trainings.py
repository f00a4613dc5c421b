"""Training: what it takes and costs, how it is started, and how it is stopped."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingImage, UserModel
from services.credits import ledger, plans
from services.deps import Deps
from services.errors import Conflict, DomainError
from services.files import erasing
from services.remote import runs
from services.training import consents, user_models
from services.training.photo_coach import MAX_PHOTOS, MIN_PHOTOS
from services.training.user_models import UserModelView

LIMITS = runs.Limits(
    accept=timedelta(hours=6),
    wait=timedelta(hours=12),
    run=timedelta(hours=6),
    orphan=timedelta(hours=6),
    poll=(0.5, 5.0),
)


@dataclass(frozen=True, slots=True)
class TrainingQuote:
    """What a training takes, before Train is pressed.

    credits: its price; available: credits left, None where unlimited. seconds: expected, from
    measured runs, else the engine's own figure, else None. slots: of the plan, None where
    unlimited. problem: why it can't be started yet, in plain words, or None.
    engine, notice, privacy: who does it, what that means, where the photos go.
    """

    credits: int
    available: int | None
    seconds: float | None
    slots: int | None
    slots_used: int
    photos: int
    engine: str
    notice: str
    privacy: str
    problem: str | None


async def quote(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> TrainingQuote:
    """Price, time and what is still missing. Raises NotFound."""
    row = await user_models.owned(session, user_id=user_id, user_model_id=user_model_id)
    plan = await plans.of_user(session, user_id=user_id)
    balance = await ledger.balance(session, user_id=user_id)
    info = deps.engine.info
    try:
        await _check(session, deps, row)
        problem = None
    except DomainError as refusal:
        problem = str(refusal)
    return TrainingQuote(
        credits=plan.training_credits,
        available=balance.available,
        seconds=await runs.typical_seconds(session, deps, kind="training") or info.training_seconds,
        slots=plan.model_slots,
        slots_used=await plans.used_model_slots(session, user_id=user_id),
        photos=await _photos(session, row.id),
        engine=info.label,
        notice=info.notice,
        privacy=info.privacy,
        problem=problem,
    )


async def start(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> UserModelView:
    """Reserves its price and queues one training, all in the caller's transaction.

    Raises NotFound, Conflict (photos, consent, state), LimitReached, InsufficientCredits.
    """
    row = await user_models.owned(session, user_id=user_id, user_model_id=user_model_id, lock=True)
    await _check(session, deps, row)
    credits = (await plans.of_user(session, user_id=user_id)).training_credits
    run_id = await runs.start(
        session,
        deps,
        kind="training",
        user_id=user_id,
        limits=LIMITS,
        user_model_id=row.id,
        credits=credits,
    )
    if credits:
        await ledger.reserve(
            session,
            user_id=user_id,
            credits=credits,
            reference=reference(run_id),
            purpose=f"Training {row.name}",
        )
    _begin(deps, row)
    await session.flush()
    await user_models.changed(session, user_model_id=row.id, user_id=user_id)
    return await user_models.get(session, deps, user_id=user_id, user_model_id=row.id)


async def cancel(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> UserModelView:
    """Final at once: the engine is told to stop, and what it still brings is discarded.

    A second cancel changes nothing. Raises NotFound; Conflict when nothing is under way.
    """
    row = await user_models.owned(session, user_id=user_id, user_model_id=user_model_id)
    if row.status not in (*user_models.ACTIVE, "canceled"):
        raise Conflict("This model is not being trained.")
    for run in await runs.cancel(session, user_model_id=row.id):
        await end(session, run, status="canceled", reason="You stopped the training.")
    return await user_models.get(session, deps, user_id=user_id, user_model_id=row.id)


async def end(session: AsyncSession, run: runs.Run, *, status: str, reason: str) -> None:
    """Ends a training without a model: credits back, everything it put erased."""
    assert run.user_model_id  # noqa: S101  # a check of the table says so
    row = await session.get_one(UserModel, run.user_model_id, populate_existing=True)
    if run.credits:
        await ledger.release(session, reference=reference(run.id))
    await user_models.stop(session, user_model_id=row.id, status=status, reason=reason)
    await erasing.request(session, prefix=folder(row, run))
    if run.attempt:
        late = runs.URL_EXPIRY + timedelta(minutes=5)
        await erasing.request(session, prefix=folder(row, run), delay=late)
    await user_models.changed(session, user_model_id=row.id, user_id=row.user_id)


def reference(run_id: UUID) -> str:
    """The name of a training's hold in the ledger."""
    return f"training:{run_id}"


def folder(row: UserModel, run: runs.Run) -> str:
    """Where one run puts its dataset, samples and weights."""
    return f"{row.folder}/runs/{run.id.hex}"


async def _check(session: AsyncSession, deps: Deps, row: UserModel) -> None:
    if row.status in user_models.ACTIVE:
        raise Conflict("This model is already being trained.")
    if row.status == "ready" and not _outdated(deps, row):
        raise Conflict("This model is already trained.")
    await consents.require(session, user_model_id=row.id)
    photos = await _photos(session, row.id)
    if photos < MIN_PHOTOS:
        missing = MIN_PHOTOS - photos
        raise Conflict(
            f"Add {missing} more {'photo' if missing == 1 else 'photos'}: "
            f"a training takes {MIN_PHOTOS} to {MAX_PHOTOS}.",
            photos=photos,
        )
    if photos > MAX_PHOTOS:
        raise Conflict(
            f"Remove {photos - MAX_PHOTOS}: a training takes {MIN_PHOTOS} to {MAX_PHOTOS} photos.",
            photos=photos,
        )
    if row.status not in plans.SLOT_STATUSES:
        await plans.take_model_slot(session, user_id=row.user_id)


def _outdated(deps: Deps, row: UserModel) -> bool:
    """Whether it was made by an engine whose models the present one can't use."""
    return deps.engine.info.needs_weights and row.lora_key is None


def _begin(deps: Deps, row: UserModel) -> None:
    info = deps.engine.info
    row.status, row.status_reason, row.stage, row.progress = "queued", None, "", 0.0
    row.metrics, row.seconds_left, row.likeness = [], None, None
    row.engine, row.base_model = info.name, info.base_model
    row.recipe = {"engine": info.name, "base_model": info.base_model, "seed": deps.new_seed()}
    row.queued_at, row.started_at, row.finished_at = func.now(), None, None
    row.dismissed_at = None


async def _photos(session: AsyncSession, user_model_id: UUID) -> int:
    return (
        await session.scalar(
            select(func.count()).where(TrainingImage.user_model_id == user_model_id)
        )
    ) or 0
