"""/api/albums: named sets of images."""

from uuid import UUID

from pydantic import BaseModel, Field

from pages.api.dependencies import CurrentUser, DepsDep, SessionDep, api_router
from pages.api.errors import documented
from services.gallery import albums
from services.gallery.albums import AlbumView
from services.gallery.image_query import Selection
from services.gallery.images import Applied

router = api_router("albums")


class AlbumName(BaseModel):
    """What an album is called."""

    name: str = Field(min_length=1, max_length=albums.NAME_LENGTH)


class Albums(BaseModel):
    """All albums, by name."""

    items: list[AlbumView]
    next_cursor: None = None


@router.get("/albums")
async def list_albums(user: CurrentUser, session: SessionDep, deps: DepsDep) -> Albums:
    """Your albums, by name."""
    return Albums(items=await albums.list_albums(session, deps, user_id=user.id))


@router.post("/albums", status_code=201, responses=documented(409))
async def create_album(
    body: AlbumName, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> AlbumView:
    """Make an empty album."""
    return await albums.create(session, deps, user_id=user.id, name=body.name)


@router.patch("/albums/{album_id}", status_code=204, responses=documented(404))
async def rename_album(
    album_id: UUID, body: AlbumName, user: CurrentUser, session: SessionDep
) -> None:
    """Give an album another name."""
    await albums.rename(session, user_id=user.id, album_id=album_id, name=body.name)


@router.delete("/albums/{album_id}", status_code=204, responses=documented(404))
async def delete_album(album_id: UUID, user: CurrentUser, session: SessionDep) -> None:
    """Delete an album; its images stay."""
    await albums.remove(session, user_id=user.id, album_id=album_id)


@router.post("/albums/{album_id}/images", responses=documented(404))
async def add_images(
    album_id: UUID, body: Selection, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> Applied:
    """Put images into an album."""
    return await albums.add_images(
        session, deps, user_id=user.id, album_id=album_id, selection=body
    )


@router.post("/albums/{album_id}/images/remove", responses=documented(404))
async def remove_images(
    album_id: UUID, body: Selection, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> Applied:
    """Take images out of an album."""
    return await albums.remove_images(
        session, deps, user_id=user.id, album_id=album_id, selection=body
    )
