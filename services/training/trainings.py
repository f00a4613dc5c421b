"""Training: what it takes and costs, how it is started, and how it is stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingImage, UserModel
from db.states import MODEL_ACTIVE, ModelStatus
from services.credits import ledger, plans
from services.deps import Deps
from services.engines.base import Engine, EngineInfo
from services.errors import Conflict, DomainError, NotFound
from services.figures import measures
from services.files import erasing
from services.notifications import ended
from services.remote import cancellation, runs
from services.training import consents, photo_coach, user_models, versions
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

    status: of the model, which may have been started somewhere else.
    credits: its price; available: credits left, None where unlimited. seconds: of work, without
    the wait; None if not known. slots: of the plan, None where unlimited.
    photos: that are trained on. left_out: those of the set that are not.
    insisted: photos on which the member has decided.
    problem: why it can't be started yet, in plain words, or None.
    engine, notice, privacy: who does it, what that means, where the photos go.
    """

    status: str
    credits: int
    available: int | None
    seconds: float | None
    slots: int | None
    slots_used: int
    photos: int
    left_out: int
    insisted: int
    engine: str
    notice: str
    privacy: str
    problem: str | None


async def quote(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> TrainingQuote:
    """Price, time and what is still missing: four statements, no lock. Raises NotFound."""
    model = await _candidate(session, user_id=user_id, user_model_id=user_model_id)
    slots = await plans.model_slots(session, user_id=user_id)
    balance = await ledger.balance(session, user_id=user_id)
    info = trainer(deps).info
    try:
        _check(info, model, slots)
        problem = None
    except DomainError as refusal:
        problem = str(refusal)
    return TrainingQuote(
        status=model.status,
        credits=slots.plan.training_credits,
        available=balance.available,
        seconds=await runs.typical_seconds(session, info, kind="training"),
        slots=slots.plan.model_slots,
        slots_used=slots.used,
        photos=model.used,
        left_out=model.photos - model.used,
        insisted=sum(included is not None for _, included in model.said),
        engine=info.label,
        notice=info.notice,
        privacy=info.privacy,
        problem=problem,
    )


async def typical(session: AsyncSession, deps: Deps, *, user_id: UUID) -> tuple[int, float | None]:
    """Credits and seconds of work (None if not known) of a training, before there is a model."""
    slots = await plans.model_slots(session, user_id=user_id)
    seconds = await runs.typical_seconds(session, trainer(deps).info, kind="training")
    return slots.plan.training_credits, seconds


async def start(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> UserModelView:
    """Reserves its price and queues one training, all in the caller's transaction.

    Raises NotFound, Conflict (photos, consent, state), LimitReached, InsufficientCredits.
    """
    row = await user_models.owned(session, user_id=user_id, user_model_id=user_model_id, lock=True)
    model = await _candidate(session, user_id=user_id, user_model_id=user_model_id)
    slots = await plans.model_slots(session, user_id=user_id, lock=True)
    info = trainer(deps).info
    _check(info, model, slots)
    credits = slots.plan.training_credits
    run_id = await runs.start(
        session,
        deps,
        kind="training",
        engine=info,
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
    _begin(deps, row, info)
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
    if row.status not in (*MODEL_ACTIVE, ModelStatus.CANCELED):
        raise Conflict("This model is not being trained.")
    for run in await cancellation.cancel(session, user_model_id=row.id):
        await end(session, run, status=ModelStatus.CANCELED, reason="You stopped the training.")
    return await user_models.get(session, deps, user_id=user_id, user_model_id=row.id)


async def end(session: AsyncSession, run: runs.Run, *, status: str, reason: str) -> None:
    """Ends a training without a model: credits back, everything it put erased."""
    assert run.user_model_id  # noqa: S101  # a check of the table says so
    row = await session.get_one(UserModel, run.user_model_id, populate_existing=True)
    if run.credits:
        await ledger.release(session, reference=reference(run.id))
    if not await versions.restore(session, row, reason=reason):
        await user_models.stop(session, user_model_id=row.id, status=status, reason=reason)
    if status != ModelStatus.CANCELED:
        await ended.training(session, user_model_id=row.id, user_id=row.user_id)
    await measures.training(session, run_id=run.id, engine=run.engine, status=status, reason=reason)
    await erasing.request(session, prefix=folder(row, run))
    if run.attempt:
        late = runs.URL_EXPIRY + timedelta(minutes=5)
        await erasing.request(session, prefix=folder(row, run), delay=late)
    await user_models.changed(session, user_model_id=row.id, user_id=row.user_id)


def trainer(deps: Deps) -> Engine:
    """The engine that trains: the usual one, or another that trains where that does not.

    The photo booth trains only where it is the usual one: it learns nothing for others.
    """
    usual = deps.engine
    others = (engine for engine in deps.engines.ready if engine.info.needs_weights)
    return usual if usual.info.trains else next(others, usual)


def reference(run_id: UUID) -> str:
    """The name of a training's hold in the ledger."""
    return f"training:{run_id}"


def folder(row: UserModel, run: runs.Run) -> str:
    """Where one run puts its dataset, samples and weights."""
    return f"{row.folder}/runs/{run.id.hex}"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What decides whether a model may be trained now."""

    status: str
    lora_key: str | None
    consent: bool
    said: Sequence[tuple[photo_coach.Facts, bool | None]]
    changed: bool = False  # photos came since it was last trained

    @property
    def photos(self) -> int:
        """All of the set."""
        return len(self.said)

    @property
    def used(self) -> int:
        """Those that a training takes."""
        return sum(photo_coach.used(self.said))


async def _candidate(session: AsyncSession, *, user_id: UUID, user_model_id: UUID) -> _Candidate:
    """Read in one statement. Raises NotFound."""
    said = func.jsonb_build_array(TrainingImage.verdict, TrainingImage.included)
    photos = select(func.jsonb_agg(said)).where(TrainingImage.user_model_id == UserModel.id)
    newer = select(TrainingImage.id).where(
        TrainingImage.user_model_id == UserModel.id, TrainingImage.created_at > UserModel.queued_at
    )
    query = select(
        UserModel.status,
        UserModel.lora_key,
        consents.stands(UserModel.id.expression),
        photos.correlate(UserModel).scalar_subquery(),
        newer.correlate(UserModel).exists(),
    ).where(UserModel.id == user_model_id, UserModel.user_id == user_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("There is no such model.")
    status, lora_key, consent, said_of, changed = found
    said_each = [(facts, own) for facts, own in said_of or ()]
    return _Candidate(status, lora_key, consent, said_each, changed)


def _check(engine: EngineInfo, model: _Candidate, slots: plans.ModelSlots) -> None:
    """Raises Conflict or LimitReached with what stands in the way."""
    if model.status in MODEL_ACTIVE:
        raise Conflict("This model is already being trained.")
    if not engine.trains:
        raise Conflict(f"Nothing has to be trained with {engine.label}: add a photo and begin.")
    outdated = engine.needs_weights and model.lora_key is None
    # not where an engine made it whose models are no use now
    if model.status == ModelStatus.READY and not outdated and not model.changed:
        raise Conflict("This model is already trained. Add photos to train it again.")
    if not model.consent:
        raise Conflict("The consent for this model was withdrawn, so it can’t be trained.")
    if model.used < MIN_PHOTOS:
        raise Conflict(_too_few(model.used, model.photos - model.used), photos=model.used)
    if model.photos > MAX_PHOTOS:
        raise Conflict(
            f"Remove {model.photos - MAX_PHOTOS}: a training takes {MIN_PHOTOS} to {MAX_PHOTOS} "
            "photos.",
            photos=model.photos,
        )
    if model.status not in plans.SLOT_STATUSES:
        slots.check()


def _too_few(used: int, left_out: int) -> str:
    missing = MIN_PHOTOS - used
    more = f"Add {missing} more {'photo' if missing == 1 else 'photos'}"
    takes = f"a training takes {MIN_PHOTOS} to {MAX_PHOTOS}"
    if not left_out:
        return f"{more}: {takes}."
    return f"{more}: {takes}, and {left_out} of yours {'is' if left_out == 1 else 'are'} left out."


def _begin(deps: Deps, row: UserModel, info: EngineInfo) -> None:
    row.status, row.status_reason, row.stage, row.progress = ModelStatus.QUEUED, None, "", 0.0
    row.metrics, row.seconds_left, row.likeness = [], None, None
    row.engine = info.name
    if row.lora_key is None:  # else it goes on serving
        row.base_model = info.base_model
    row.recipe = {"engine": info.name, "base_model": info.base_model, "seed": deps.new_seed()}
    row.queued_at, row.started_at, row.finished_at = func.now(), None, None
    row.dismissed_at = None
