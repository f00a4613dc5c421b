"""Links by which a member shows one image or one album to people without an account."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Album, AlbumImage, GeneratedImage, ShareLink, User
from services.deps import Deps
from services.errors import Invalid, NotFound
from services.gallery import albums, files
from services.gallery import images as gallery_images
from services.gallery.image_query import cursor, ordered, place

PAGE = 60
FILE_EXPIRY = timedelta(minutes=1)  # a revoked link must not live on in its pictures' URLs
GONE = "This link has expired or was taken back."


@dataclass(frozen=True, slots=True)
class ShareView:
    """A link as its maker sees it; the token itself is shown only when it is made."""

    id: UUID
    image_id: UUID | None
    album_id: UUID | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewShare(ShareView):
    """A link just made, with its address."""

    url: str


@dataclass(frozen=True, slots=True)
class SharedImage:
    """An image as a visitor sees it: no prompt, no recipe, nothing about its maker."""

    id: UUID
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link shows; `title` is the album's name. The next page starts at `next_cursor`."""

    title: str | None
    images: list[SharedImage]
    next_cursor: str | None
    expires_at: datetime


async def create(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    image_id: UUID | None = None,
    album_id: UUID | None = None,
    days: int = 30,
) -> NewShare:
    """Make a link to one image or one album, good for 1-365 days. Raises NotFound, Invalid."""
    if (image_id is None) == (album_id is None):
        raise Invalid("Share either one picture or one album.")
    if not 1 <= days <= 365:
        raise Invalid("A link can be good for 1 to 365 days.")
    if image_id:
        await gallery_images.owned(session, deps, user_id=user_id, image_id=image_id)
    elif album_id:
        await albums.owned(session, user_id=user_id, album_id=album_id)
    token = secrets.token_urlsafe(24)
    link = ShareLink(
        id=deps.new_id(),
        user_id=user_id,
        token_hash=_hash(token),
        image_id=image_id,
        album_id=album_id,
        created_at=deps.now(),
        expires_at=deps.now() + timedelta(days=days),
    )
    session.add(link)
    await session.flush()
    url = f"{deps.settings.base_url}/s/{token}"
    return NewShare(link.id, image_id, album_id, link.created_at, link.expires_at, url)


async def list_links(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    image_id: UUID | None = None,
    album_id: UUID | None = None,
) -> list[ShareView]:
    """A member's links that still work, newest first; of one image or album where asked."""
    query = select(ShareLink).where(ShareLink.user_id == user_id, *_alive(deps))
    if image_id:
        query = query.where(ShareLink.image_id == image_id)
    if album_id:
        query = query.where(ShareLink.album_id == album_id)
    links = await session.scalars(query.order_by(ShareLink.created_at.desc()))
    return [
        ShareView(link.id, link.image_id, link.album_id, link.created_at, link.expires_at)
        for link in links
    ]


async def revoke(session: AsyncSession, deps: Deps, *, user_id: UUID, share_id: UUID) -> None:
    """Take a link back, at once. Raises NotFound."""
    link = await session.get(ShareLink, share_id)
    if link is None or link.user_id != user_id:
        raise NotFound("There is no such link.")
    link.revoked_at = link.revoked_at or deps.now()


async def opened(
    session: AsyncSession, deps: Deps, *, token: str, after: str | None = None
) -> Shared:
    """What a visitor with this token sees. Raises NotFound, also for an image in the trash."""
    link = await _link(session, deps, token)
    query = select(*gallery_images.COLUMNS).where(*_shown(link)).limit(PAGE + 1)
    query = ordered(query, "newest", after=place(after, "newest"))
    rows = (await session.execute(query)).all()
    if not rows and link.image_id:
        raise NotFound(GONE)
    title = await session.scalar(select(Album.name).where(Album.id == link.album_id))
    return Shared(
        title=title,
        images=[SharedImage(row.id, row.width, row.height) for row in rows[:PAGE]],
        next_cursor=cursor(rows[PAGE - 1], "newest") if len(rows) > PAGE else None,
        expires_at=link.expires_at,
    )


async def file_url(
    session: AsyncSession,
    deps: Deps,
    *,
    token: str,
    image_id: UUID,
    variant: files.Variant,
    download: bool = False,
) -> str:
    """A signed URL, good for a minute, of an image that this link shows. Raises NotFound.

    download: the browser saves it, under a name without any word of the prompt.
    """
    link = await _link(session, deps, token)
    query = select(GeneratedImage).where(*_shown(link), GeneratedImage.id == image_id)
    image = await session.scalar(query)
    if image is None:
        raise NotFound(GONE)
    key = files.key(image.folder, image.content_type, variant)
    name = f"likeness-{image.id.hex[-6:]}.{key.rpartition('.')[2]}" if download else None
    return deps.storage.url(key, expires=FILE_EXPIRY, download_name=name)


def _shown(link: ShareLink) -> list[ColumnElement[bool]]:
    members = select(AlbumImage.image_id).where(AlbumImage.album_id == link.album_id)
    one = GeneratedImage.id == link.image_id
    return [
        one if link.image_id else GeneratedImage.id.in_(members),
        GeneratedImage.user_id == link.user_id,
        GeneratedImage.deleted_at.is_(None),
    ]


async def _link(session: AsyncSession, deps: Deps, token: str) -> ShareLink:
    query = select(ShareLink).join(User, User.id == ShareLink.user_id)
    query = query.where(ShareLink.token_hash == _hash(token), User.disabled_at.is_(None))
    link = await session.scalar(query.where(*_alive(deps)))
    if link is None:
        raise NotFound(GONE)
    return link


def _alive(deps: Deps) -> list[ColumnElement[bool]]:
    return [ShareLink.revoked_at.is_(None), ShareLink.expires_at > deps.now()]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
