"""/api/models/{id}/versions: the LoRAs of a model's trainings, and which one is in use."""

from uuid import UUID

from pydantic import BaseModel

from pages.api.dependencies import CurrentUser, SessionDep, api_router
from pages.api.errors import documented
from services.training import versions
from services.training.versions import VersionView

router = api_router("models")


class VersionList(BaseModel):
    """A model's versions, newest first."""

    items: list[VersionView]


@router.get("/models/{model_id}/versions", responses=documented(404))
async def list_versions(model_id: UUID, user: CurrentUser, session: SessionDep) -> VersionList:
    """What each training made, and which of it makes your images."""
    found = await versions.list_(session, user_id=user.id, user_model_id=model_id)
    return VersionList(items=found)


@router.post("/models/{model_id}/versions/{number}/use", responses=documented(404, 409))
async def use_version(
    model_id: UUID, number: int, user: CurrentUser, session: SessionDep
) -> VersionList:
    """Make images with this version from now on."""
    key = {"user_id": user.id, "user_model_id": model_id}
    await versions.use(session, number=number, **key)
    return VersionList(items=await versions.list_(session, **key))
