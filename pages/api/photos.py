"""/api/models/{id}/images: training photos in, listed and out."""

from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from pages.api.dependencies import CurrentUser, DepsDep, SessionDep, api_router
from pages.api.errors import documented
from pages.server.multipart import CUT_OFF, raw, uploads
from services.errors import Malformed
from services.files.uploads import landed
from services.training import leaving_out, photo_editing, photos, set_judging
from services.training.photo_coach import SetVerdict
from services.training.photos import PhotoView, Verdict

router = api_router("models")
PATH = "/models/{model_id}/images"
_FILES = {"type": "array", "items": {"type": "string", "format": "binary"}}
_MULTIPART = {"type": "object", "properties": {"files": _FILES}, "required": ["files"]}
_RAW = {"type": "string", "format": "binary"}


class PhotoList(BaseModel):
    """A user model's photos, all of them, oldest first."""

    items: list[PhotoView]
    next_cursor: None = None
    set: SetVerdict


class Verdicts(BaseModel):
    """A verdict for each file, in the order they were sent, and on the set as it is now."""

    items: list[Verdict]
    set: SetVerdict


@router.get(PATH, responses=documented(404))
async def list_photos(
    model_id: UUID, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> PhotoList:
    """The photos of a model and what would help the set."""
    found = await photos.list_(session, deps, user_id=user.id, user_model_id=model_id)
    return PhotoList(items=list(found.photos), set=found.verdict)


@router.post(
    PATH,
    responses=documented(404, 409, 413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _MULTIPART}},
        }
    },
)
async def add_photos(
    model_id: UUID, request: Request, user: CurrentUser, deps: DepsDep
) -> Verdicts:
    """Add photos: each is taken or refused by itself, with a reason. At most 25 MB each."""
    await _check(deps, user.id, model_id)
    verdicts = []
    try:
        async with aclosing(uploads(request, deps)) as files:
            async for upload in files:
                verdicts.append(
                    await photos.receive(
                        deps, user_id=user.id, user_model_id=model_id, upload=upload
                    )
                )
    except ClientDisconnect:
        raise Malformed(CUT_OFF) from None
    if not verdicts:
        raise Malformed("Send the photos in parts named files.")
    return Verdicts(items=verdicts, set=await _check(deps, user.id, model_id))


@router.put(
    PATH,
    responses=documented(404, 409),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _RAW}}}
    },
)
async def add_photo(
    model_id: UUID,
    request: Request,
    user: CurrentUser,
    deps: DepsDep,
    name: Annotated[str, Query(max_length=1000, description="What to call it.")] = "photo",
) -> Verdict:
    """Add one photo, as the raw body: for uploads that show their progress."""
    await _check(deps, user.id, model_id)
    try:
        async with landed(deps, raw(request), name=name) as upload:
            return await photos.receive(
                deps, user_id=user.id, user_model_id=model_id, upload=upload
            )
    except ClientDisconnect:
        raise Malformed(CUT_OFF) from None


class PhotoChanges(BaseModel, extra="forbid"):
    """What a member may change of a photo; what is left out stays."""

    included: bool | None = Field(
        default=None,
        description="Train on it, or leave it out; null leaves that to what is said of it.",
    )
    turn: int = Field(default=0, ge=0, le=3, description="Quarter turns clockwise.")
    crop: tuple[float, float, float, float] | None = Field(
        default=None, description="Left, top, right, bottom of what stays, 0 to 1, once turned."
    )


@router.patch(PATH + "/{image_id}", responses=documented(404, 409))
async def change_photo(
    model_id: UUID, image_id: UUID, body: PhotoChanges, user: CurrentUser, deps: DepsDep
) -> PhotoList:
    """Leave a photo out of the training or take it in, turn it, cut it; the set as it is then."""
    key: dict[str, Any] = {"user_id": user.id, "user_model_id": model_id}
    if "included" in body.model_fields_set:
        async with deps.transaction() as session:
            await leaving_out.include(session, image_id=image_id, included=body.included, **key)
    if body.turn or body.crop:
        await photo_editing.edit(deps, image_id=image_id, turn=body.turn, crop=body.crop, **key)
    async with deps.transaction() as session:
        found = await photos.list_(session, deps, **key)
        await photos.owned(session, user_model_id=model_id, image_id=image_id)
    return PhotoList(items=list(found.photos), set=found.verdict)


@router.delete(PATH + "/{image_id}", status_code=204, responses=documented(404, 409))
async def remove_photo(model_id: UUID, image_id: UUID, user: CurrentUser, deps: DepsDep) -> None:
    """Take a photo out of the set; its files are erased right after."""
    key: dict[str, Any] = {"user_id": user.id, "user_model_id": model_id}
    async with deps.transaction() as session:
        await photos.remove(session, deps, image_id=image_id, **key)
    await set_judging.compare(deps, **key)


async def _check(deps: DepsDep, user_id: UUID, model_id: UUID) -> SetVerdict:
    """The set as it is now; raises NotFound before anything is read from the line."""
    async with deps.reading() as session:
        found = await photos.state(session, user_id=user_id, user_model_id=model_id)
    return found.verdict
