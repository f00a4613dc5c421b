"""How much storage a member uses."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, TrainingImage, User
from services.deps import Deps


@dataclass(frozen=True, slots=True)
class StorageView:
    """Bytes: of the photos, of the pictures (trash included), and what both may take together."""

    photos: int
    pictures: int
    limit: int

    @property
    def used(self) -> int:
        """Bytes that count."""
        return self.photos + self.pictures


async def storage(session: AsyncSession, deps: Deps, *, user_id: UUID) -> StorageView:
    """What a member uses, and of how much."""
    photos = select(func.sum(TrainingImage.bytes)).where(TrainingImage.user_id == user_id)
    pictures = select(func.sum(GeneratedImage.bytes)).where(GeneratedImage.user_id == user_id)
    own = select(User.quota_bytes).where(User.id == user_id)
    sums = select(
        func.coalesce(photos.scalar_subquery(), 0),
        func.coalesce(pictures.scalar_subquery(), 0),
        own.scalar_subquery(),
    )
    row = (await session.execute(sums)).one()
    limit = deps.settings.member_quota_bytes if row[2] is None else row[2]
    return StorageView(int(row[0]), int(row[1]), limit)
