"""/api/shares: links that show one image or album to people without an account."""

from uuid import UUID

from pydantic import BaseModel, Field

from pages.api.dependencies import CurrentUser, DepsDep, SessionDep, api_router
from pages.api.errors import documented
from services.gallery import share_links
from services.gallery.share_links import NewShare, ShareView

router = api_router("shares")


class ShareRequest(BaseModel):
    """What to share, either an image or an album, and for how many days."""

    image_id: UUID | None = None
    album_id: UUID | None = None
    days: int = Field(default=30, ge=1, le=365)


class Shares(BaseModel):
    """Links that still work, newest first."""

    items: list[ShareView]
    next_cursor: None = None


@router.get("/shares")
async def list_shares(
    user: CurrentUser,
    session: SessionDep,
    deps: DepsDep,
    image_id: UUID | None = None,
    album_id: UUID | None = None,
) -> Shares:
    """Your links; of one image or album where asked."""
    links = await share_links.list_links(
        session, deps, user_id=user.id, image_id=image_id, album_id=album_id
    )
    return Shares(items=links)


@router.post("/shares", status_code=201, responses=documented(404))
async def create_share(
    body: ShareRequest, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> NewShare:
    """Make a link; its address is told only this once."""
    return await share_links.create(
        session,
        deps,
        user_id=user.id,
        image_id=body.image_id,
        album_id=body.album_id,
        days=body.days,
    )


@router.delete("/shares/{share_id}", status_code=204, responses=documented(404))
async def revoke_share(
    share_id: UUID, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> None:
    """Take a link back, at once."""
    await share_links.revoke(session, deps, user_id=user.id, share_id=share_id)
