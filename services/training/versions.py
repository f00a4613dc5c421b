"""A model's LoRAs: each training that ended well leaves one, and one of them is in use.

While a model is trained again, the one in use goes on serving; the new one takes its place unless
it was measured to be less alike. A member can go back to any of them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import LoraVersion, TrainingImage, UserModel
from db.states import MODEL_ACTIVE, ModelStatus
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.training import user_models

FACTS = ("engine", "base_model", "recipe", "metrics", "likeness")  # of the model, by version


@dataclass(frozen=True, slots=True)
class VersionView:
    """One LoRA of a model. likeness: 0-100, of its portraits; photos: it was trained on."""

    number: int
    in_use: bool
    likeness: float | None
    photos: int
    created_at: datetime


async def list_(session: AsyncSession, *, user_id: UUID, user_model_id: UUID) -> list[VersionView]:
    """Newest first. Raises NotFound."""
    row = await user_models.owned(session, user_id=user_id, user_model_id=user_model_id)
    query = select(LoraVersion).where(LoraVersion.user_model_id == row.id)
    found = await session.scalars(query.order_by(LoraVersion.number.desc()))
    return [
        VersionView(one.number, one.key == row.lora_key, one.likeness, one.photos, one.created_at)
        for one in found
    ]


async def use(session: AsyncSession, *, user_id: UUID, user_model_id: UUID, number: int) -> None:
    """Make images with this version from now on. Raises NotFound; Conflict while it is trained."""
    row = await user_models.owned(session, user_id=user_id, user_model_id=user_model_id, lock=True)
    if row.status in MODEL_ACTIVE:
        raise Conflict("Wait for the training to end, or cancel it.")
    query = select(LoraVersion).where(
        LoraVersion.user_model_id == row.id, LoraVersion.number == number
    )
    version = await session.scalar(query)
    if version is None:
        raise NotFound("There is no such version.")
    _put(row, version)
    row.status_reason = None
    await session.flush()
    await user_models.changed(session, user_model_id=row.id, user_id=row.user_id)


async def add(session: AsyncSession, deps: Deps, row: UserModel, before: str | None) -> None:
    """Keep what a training has made of the model; `before` is the key that was in use."""
    assert row.lora_key  # noqa: S101  # the training ended with weights
    mine = LoraVersion.user_model_id == row.id
    last = await session.scalar(select(func.max(LoraVersion.number)).where(mine)) or 0
    photos = select(func.count()).where(TrainingImage.user_model_id == row.id)
    version = LoraVersion(
        id=deps.new_id(),
        user_model_id=row.id,
        number=last + 1,
        key=row.lora_key,
        photos=row.recipe.get("photos") or await session.scalar(photos) or 0,
        **{name: getattr(row, name) for name in FACTS},
    )
    session.add(version)
    await session.flush()
    old = await _by_key(session, row, before)
    if old and _is_less(version.likeness, old.likeness):
        _put(row, old)
        row.status_reason = (
            f"The new version has a likeness of {version.likeness:.0f}, the one before "
            f"{old.likeness:.0f}: that one stays in use."
        )


async def restore(session: AsyncSession, row: UserModel, *, reason: str) -> bool:
    """After a training without a result: the model as it was; False if it had no LoRA."""
    version = await _by_key(session, row, row.lora_key)
    if version is None:
        return False
    _put(row, version)
    row.status, row.stage, row.progress, row.seconds_left = ModelStatus.READY, "", 1.0, None
    row.status_reason = f"{reason} The version before stays in use."
    await session.flush()
    return True


async def _by_key(session: AsyncSession, row: UserModel, key: str | None) -> LoraVersion | None:
    query = select(LoraVersion).where(LoraVersion.user_model_id == row.id, LoraVersion.key == key)
    return await session.scalar(query)


def _put(row: UserModel, version: LoraVersion) -> None:
    row.lora_key = version.key
    for name in FACTS:
        setattr(row, name, getattr(version, name))


def _is_less(new: float | None, old: float | None) -> bool:
    """Whether it was measured to be less alike; what was not measured counts as better."""
    return new is not None and old is not None and new < old
