"""What the member decides about photos that are left out of a training, or are not."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.kit import notify
from services.training import photos, set_judging


async def include(
    session: AsyncSession,
    *,
    user_id: UUID,
    user_model_id: UUID,
    image_id: UUID,
    included: bool | None,
) -> None:
    """Train on a photo whatever is said of it, or not; None leaves it to the verdict.

    Raises NotFound, Conflict.
    """
    await photos.editable(session, user_id=user_id, user_model_id=user_model_id)
    row = await photos.owned(session, user_model_id=user_model_id, image_id=image_id)
    row.included = included
    await session.flush()
    await notify.publish(session, topic="user_model", id=user_model_id, user_id=user_id)


async def include_all(
    session: AsyncSession, *, user_id: UUID, user_model_id: UUID, included: bool | None
) -> None:
    """Train on all photos (True), or go by what is said of each (None). As `include`."""
    await photos.editable(session, user_id=user_id, user_model_id=user_model_id)
    for row in await set_judging.rows(session, user_model_id):
        row.included = included
    await session.flush()
    await notify.publish(session, topic="user_model", id=user_model_id, user_id=user_id)
