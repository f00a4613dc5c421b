"""The number of members, models, photos and images, and their bytes, for the operator."""

import asyncio
import shutil
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, TrainingImage, User, UserModel
from services.deps import Deps
from services.storage.base import StorageError


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all members; `bytes` of photos and images with all their variants."""

    members: int
    models: int
    photos: int
    images: int
    bytes: int


@dataclass(frozen=True, slots=True)
class StorageState:
    """The storage's place. problem: None if it can be written to. free: bytes, local disk only."""

    place: str
    problem: str | None
    free: int | None


async def totals(session: AsyncSession) -> Totals:
    """Count everything that is stored now, trash included."""
    photos = (
        await session.execute(select(func.count(), func.coalesce(func.sum(TrainingImage.bytes), 0)))
    ).one()
    images = (
        await session.execute(
            select(func.count(), func.coalesce(func.sum(GeneratedImage.bytes), 0))
        )
    ).one()
    return Totals(
        members=await session.scalar(select(func.count()).select_from(User)) or 0,
        models=await session.scalar(select(func.count()).select_from(UserModel)) or 0,
        photos=photos[0],
        images=images[0],
        bytes=int(photos[1] + images[1]),
    )


async def storage_state(deps: Deps) -> StorageState:
    """Check whether the storage can be written to."""
    settings = deps.settings
    place = f"S3 bucket {settings.s3_bucket}" if settings.s3_bucket else "Local disk"
    free = None
    if not settings.s3_bucket:
        free = (await asyncio.to_thread(shutil.disk_usage, settings.data_dir)).free
    try:
        await deps.storage.check()
    except StorageError:
        return StorageState(place, "It cannot be written to. The log says why.", free)
    return StorageState(place, None, free)
