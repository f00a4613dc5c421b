"""/api/models/{id}/captions: what each photo is said to show, for the training."""

from uuid import UUID

from pydantic import BaseModel, Field

from pages.api.dependencies import CurrentUser, DepsDep, SessionDep, api_router
from pages.api.errors import documented
from services.training import captions
from services.training.captions import CaptionView

router = api_router("models")


class CaptionList(BaseModel):
    """The captions of a model's photos, oldest first."""

    items: list[CaptionView]


class Caption(BaseModel, extra="forbid"):
    """What a photo shows: clothes, pose and place, never the face."""

    text: str | None = Field(
        max_length=captions.LONGEST, description="Null: by how near the face is."
    )


@router.get("/models/{model_id}/captions", responses=documented(404))
async def list_captions(
    model_id: UUID, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> CaptionList:
    """What each photo is said to show, and what is said where you wrote nothing."""
    found = await captions.list_(session, deps, user_id=user.id, user_model_id=model_id)
    return CaptionList(items=found)


@router.put("/models/{model_id}/images/{image_id}/caption", responses=documented(404, 409))
async def write_caption(
    model_id: UUID,
    image_id: UUID,
    body: Caption,
    user: CurrentUser,
    session: SessionDep,
    deps: DepsDep,
) -> CaptionView:
    """Say what a photo shows, so that the training takes it as changeable."""
    return await captions.write(
        session,
        deps,
        user_id=user.id,
        user_model_id=model_id,
        image_id=image_id,
        text=body.text,
    )
