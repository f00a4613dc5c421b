"""What each photo is said to show: a trained model takes what is named as changeable.

A member may write it; a photo without is described by how near the face is. The worker leaves out
whatever is said of the face.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingImage
from db.states import MODEL_ACTIVE
from services.deps import Deps
from services.errors import Conflict
from services.kit import notify, texts
from services.trainer.captions import framing
from services.training import photo_coach, photos, set_judging, user_models

LONGEST = 300  # characters


@dataclass(frozen=True, slots=True)
class CaptionView:
    """What is said of one photo. written: by the member, None where it is `usual`.

    usual: what is said of it otherwise; empty where no face is known. thumb_url: signed.
    """

    image_id: UUID
    name: str
    written: str | None
    usual: str
    thumb_url: str


async def list_(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> list[CaptionView]:
    """Of all photos of a model, oldest first. Raises NotFound."""
    model = await user_models.owned(session, user_id=user_id, user_model_id=user_model_id)
    return [_view(row, deps) for row in await set_judging.rows(session, model.id)]


async def write(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    user_model_id: UUID,
    image_id: UUID,
    text: str | None,
) -> CaptionView:
    """Say what a photo shows, in at most 300 characters; nothing, or None, goes back to the usual.

    Raises NotFound, Invalid; Conflict while the model is trained.
    """
    model = await user_models.owned(
        session, user_id=user_id, user_model_id=user_model_id, lock=True
    )
    row = await photos.owned(session, user_model_id=model.id, image_id=image_id)
    if model.status in MODEL_ACTIVE:
        raise Conflict("Descriptions can’t change while the model is trained.")
    row.caption = texts.clean(text or "", field="Description", maximum=LONGEST) or None
    await session.flush()
    await notify.publish(session, topic="user_model", id=model.id, user_id=user_id)
    return _view(row, deps)


async def written(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str | None]:
    """What members wrote of these photos, for services that have checked the owner."""
    query = select(TrainingImage.id, TrainingImage.caption).where(TrainingImage.id.in_(ids))
    return {row.id: row.caption for row in await session.execute(query)}


def _view(row: TrainingImage, deps: Deps) -> CaptionView:
    box = photo_coach.face_box(row.verdict)
    return CaptionView(
        image_id=row.id,
        name=row.name,
        written=row.caption,
        usual=framing(box) if box else "",
        thumb_url=deps.storage.url(f"{row.folder}/thumb.webp"),
    )
