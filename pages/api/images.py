"""/api/generations and /api/images: lists, one image, its files, changes to many, archives."""

from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel, Field, ValidationError

from pages.api.dependencies import CurrentUser, DepsDep, ReadingDep, SessionDep, api_router
from pages.api.errors import documented
from services.errors import Invalid
from services.gallery import exports, files, images, zip_download
from services.gallery.exports import Shape
from services.gallery.image_query import Filters, Selection
from services.gallery.images import Applied, Counted, ImageDetails, ImagePage, Preview
from services.imaging import ExportFormat
from services.studio import edit_sheet
from services.studio.edit_sheet import EditSheet

router = api_router("images")
plain = APIRouter(tags=["images"], responses=documented(400, 401, 403, 422, 429))
Cursor = Annotated[str | None, Field(max_length=400)]


class ListQuery(Filters, frozen=True):
    """Which images, in which order, and which part of them."""

    cursor: Cursor = Field(default=None, description="`next_cursor` of the page before.")
    stop: Cursor = Field(default=None, description="The last place wanted, as a cursor.")
    limit: int = Field(default=60, ge=1, le=500)

    def filters(self) -> Filters:
        """Without the part that is paging."""
        return Filters.model_validate(self.model_dump(exclude={"cursor", "stop", "limit"}))


class Changes(BaseModel, extra="forbid"):
    """What a member may change of an image; what is left out stays."""

    favourite: bool = False
    rating: int | None = Field(default=None, ge=1, le=5, description="Stars; null takes them away.")

    def values(self) -> dict[str, Any]:
        """Only what was sent."""
        return self.model_dump(exclude_unset=True)


class Bulk(Selection, frozen=True):
    """One action on many images: by id, or all that match a list's `matching`."""

    action: Literal["favourite", "unfavourite", "rate", "trash", "restore", "erase"]
    rating: int | None = Field(default=None, ge=1, le=5, description="For `rate`.")


@router.get("/generations", responses=documented(404))
async def list_images(
    query: Annotated[ListQuery, Query()], user: CurrentUser, session: ReadingDep, deps: DepsDep
) -> ImagePage:
    """A page of your images, newest first unless asked otherwise."""
    return await images.page(
        session,
        deps,
        user_id=user.id,
        filters=query.filters(),
        after=query.cursor,
        stop=query.stop,
        limit=query.limit,
    )


@router.get("/generations/count")
async def count_images(
    query: Annotated[Filters, Query()], user: CurrentUser, session: ReadingDep, deps: DepsDep
) -> Counted:
    """How many images the list would show; `matching` selects just these."""
    return await images.count(session, deps, user_id=user.id, filters=query)


@router.get("/images/{image_id:uuid}", responses=documented(404))
async def read_image(
    image_id: UUID,
    query: Annotated[Filters, Query()],
    user: CurrentUser,
    session: ReadingDep,
    deps: DepsDep,
) -> ImageDetails:
    """One image with its recipe, its signed URLs, and its neighbours in the list asked for."""
    return await images.details(session, deps, user_id=user.id, image_id=image_id, filters=query)


@router.get(
    "/images/{image_id:uuid}/file",
    status_code=302,
    response_class=RedirectResponse,
    responses=documented(404),
)
async def read_file(
    image_id: UUID,
    user: CurrentUser,
    session: ReadingDep,
    deps: DepsDep,
    variant: files.Variant = "full",
    download: bool = False,
) -> RedirectResponse:
    """A redirect to the file's signed URL: thumb (at most 512 px), medium (1024) or full."""
    image = await images.owned(session, deps, user_id=user.id, image_id=image_id)
    location = files.url(deps, image, variant, download=download)
    return RedirectResponse(location, 302, {"Cache-Control": "private, max-age=300"})


@router.get(
    "/images/{image_id:uuid}/export",
    response_class=Response,
    responses=documented(404, 409)
    | {200: {"content": {kind: {} for kind in exports.TYPES.values()}}},
)
async def export_file(
    image_id: UUID,
    user: CurrentUser,
    deps: DepsDep,
    shape: Shape = "whole",
    format: ExportFormat = "jpeg",
) -> Response:
    """The image to take away: whole, square, story (9:16), banner (3:1) or print (10 x 15 cm).

    Cut around the face and resampled, without AI and at no cost; marked like the image itself.
    """
    async with deps.reading() as session:
        image = await images.owned(session, deps, user_id=user.id, image_id=image_id)
    made = await exports.export(deps, image, shape=shape, format=format)
    headers = {
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(made.name)}",
        "Cache-Control": "no-store",
    }
    return Response(made.data, media_type=made.content_type, headers=headers)


@router.get("/images/{image_id:uuid}/operations", responses=documented(404))
async def read_operations(
    image_id: UUID, user: CurrentUser, session: ReadingDep, deps: DepsDep
) -> EditSheet:
    """What can be made of an image by `POST /api/generate`, and what it costs."""
    return await edit_sheet.sheet(session, deps, user_id=user.id, image_id=image_id)


@router.patch("/images/{image_id:uuid}", responses=documented(404))
async def change_image(
    image_id: UUID, body: Changes, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> ImageDetails:
    """Mark an image as a favourite, or rate it."""
    await images.owned(session, deps, user_id=user.id, image_id=image_id)
    if values := body.values():
        only = Selection(ids=[image_id])
        await images.change(session, deps, user_id=user.id, selection=only, values=values)
    return await images.details(session, deps, user_id=user.id, image_id=image_id)


@router.delete("/images/{image_id:uuid}", status_code=204, responses=documented(404))
async def trash_image(
    image_id: UUID, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> None:
    """Move an image to the trash; it can be restored for 30 days."""
    await images.owned(session, deps, user_id=user.id, image_id=image_id)
    await images.trash(session, deps, user_id=user.id, selection=Selection(ids=[image_id]))


@router.post("/images/selection", responses=documented(409))
async def preview_selection(
    body: Selection, user: CurrentUser, session: ReadingDep, deps: DepsDep
) -> Preview:
    """How many images a selection holds, and the newest few, before anything is done to them."""
    return await images.preview(session, deps, user_id=user.id, selection=body)


@router.post("/images/bulk", responses=documented(409))
async def change_many(body: Bulk, user: CurrentUser, session: SessionDep, deps: DepsDep) -> Applied:
    """Do one thing to many images; `undo` can be sent back as `matching` of a `restore`.

    With `count`, nothing is done unless it is done to exactly so many.
    """
    everything: dict[str, Any] = {"user_id": user.id, "selection": body}
    if body.action == "trash":
        return await images.trash(session, deps, **everything)
    if body.action == "restore":
        return await images.restore(session, deps, **everything)
    if body.action == "erase":
        return await images.erase(session, deps, **everything)
    values = (
        {"rating": body.rating}
        if body.action == "rate"
        else {"favourite": body.action == "favourite"}
    )
    return await images.change(session, deps, **everything, values=values)


@plain.post(
    "/images/zip",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
    },
)
async def archive(
    selection: Annotated[
        str, Form(min_length=1, description="A selection, as JSON: {ids} or {matching}.")
    ],
    user: CurrentUser,
    deps: DepsDep,
) -> StreamingResponse:
    """The selected images with their recipes as one ZIP archive, sent while it is made."""
    try:
        chosen = Selection.model_validate_json(selection)
    except ValidationError as error:
        raise Invalid("`selection` is not a selection: send ids or matching.") from error
    async with deps.reading() as session:  # what is refused is refused before the answer begins
        await images.preview(session, deps, user_id=user.id, selection=chosen, limit=0)
    name = f"likeness-{deps.now():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    chunks = zip_download.stream(deps, user_id=user.id, selection=chosen)
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)


router.include_router(plain)
