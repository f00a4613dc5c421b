"""How much storage a member uses."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, TrainingImage


async def used_bytes(session: AsyncSession, *, user_id: UUID) -> int:
    """How much of their quota a member's photos and pictures take, trash included."""
    photos = select(func.sum(TrainingImage.bytes)).where(TrainingImage.user_id == user_id)
    pictures = select(func.sum(GeneratedImage.bytes)).where(GeneratedImage.user_id == user_id)
    sums = select(
        func.coalesce(photos.scalar_subquery(), 0) + func.coalesce(pictures.scalar_subquery(), 0)
    )
    return int(await session.scalar(sums) or 0)
