"""Albums: named sets of a member's images; an image may be in many."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, delete, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Album, AlbumImage, GeneratedImage
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.gallery import images
from services.gallery.image_query import Selection, confirm, selected
from services.kit import notify, texts

MAX_ALBUMS = 500
NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class AlbumName:
    """Which album."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class AlbumView(AlbumName):
    """An album, without what is in the trash; the cover is most like the person, then newest."""

    count: int
    cover_url: str | None
    created_at: datetime


async def list_albums(session: AsyncSession, deps: Deps, *, user_id: UUID) -> list[AlbumView]:
    """All of a member's albums, by name."""
    inside = (
        select(AlbumImage.album_id, GeneratedImage.folder)
        .add_columns(func.count().over(partition_by=AlbumImage.album_id).label("count"))
        .ext(distinct_on(AlbumImage.album_id))
        .join(GeneratedImage, GeneratedImage.id == AlbumImage.image_id)
        .where(GeneratedImage.user_id == user_id, GeneratedImage.deleted_at.is_(None))
        .order_by(
            AlbumImage.album_id,
            GeneratedImage.likeness.desc().nulls_last(),
            GeneratedImage.created_at.desc(),
            GeneratedImage.id,
        )
        .subquery()
    )
    query = (
        select(Album, func.coalesce(inside.c.count, 0), inside.c.folder)
        .outerjoin(inside, inside.c.album_id == Album.id)
        .where(Album.user_id == user_id)
        .order_by(func.lower(Album.name), Album.id)
    )
    return [_view(album, n, folder, deps) for album, n, folder in await session.execute(query)]


async def create(session: AsyncSession, deps: Deps, *, user_id: UUID, name: str) -> AlbumView:
    """Make an empty album. Raises Invalid for an unusable name, Conflict past MAX_ALBUMS."""
    total = select(func.count()).select_from(Album).where(Album.user_id == user_id)
    if (await session.scalar(total) or 0) >= MAX_ALBUMS:
        raise Conflict(f"{MAX_ALBUMS} albums is as many as there can be: delete one first.")
    album = Album(id=deps.new_id(), user_id=user_id, name=_checked(name), created_at=deps.now())
    session.add(album)
    await session.flush()
    return _view(album, 0, None, deps)


async def get(session: AsyncSession, *, user_id: UUID, album_id: UUID) -> AlbumName:
    """One album, without a look at its images. Raises NotFound."""
    album = await owned(session, user_id=user_id, album_id=album_id)
    return AlbumName(album.id, album.name)


async def rename(session: AsyncSession, *, user_id: UUID, album_id: UUID, name: str) -> None:
    """Give an album another name. Raises NotFound, Invalid."""
    album = await owned(session, user_id=user_id, album_id=album_id)
    album.name = _checked(name)


async def remove(session: AsyncSession, *, user_id: UUID, album_id: UUID) -> None:
    """Delete an album; its images stay where they are. Raises NotFound."""
    await session.delete(await owned(session, user_id=user_id, album_id=album_id))


async def add_images(
    session: AsyncSession, deps: Deps, *, user_id: UUID, album_id: UUID, selection: Selection
) -> images.Applied:
    """Put images into an album; those that are in it already are not counted.

    Raises NotFound, and Conflict when the selection's number differs.
    """
    await owned(session, user_id=user_id, album_id=album_id)
    conditions = await _present(session, deps, user_id, selection)
    chosen = select(literal(album_id), GeneratedImage.id).where(*conditions)
    statement = insert(AlbumImage).from_select(["album_id", "image_id"], chosen)
    return await _applied(session, statement.on_conflict_do_nothing(), album_id, user_id)


async def remove_images(
    session: AsyncSession, deps: Deps, *, user_id: UUID, album_id: UUID, selection: Selection
) -> images.Applied:
    """Take images out of an album. Raises NotFound, and Conflict when the number differs."""
    await owned(session, user_id=user_id, album_id=album_id)
    conditions = await selected(session, selection, user_id=user_id, now=deps.now())
    chosen = select(GeneratedImage.id).where(*conditions)
    statement = delete(AlbumImage).where(
        AlbumImage.album_id == album_id, AlbumImage.image_id.in_(chosen)
    )
    applied = await _applied(session, statement, album_id, user_id)
    confirm(selection, applied.count)
    return applied


async def put(session: AsyncSession, *, album_id: UUID, image_id: UUID) -> None:
    """Puts a new image into its owner's album, unless the album was deleted meanwhile."""
    there = select(Album.id, literal(image_id)).where(Album.id == album_id)
    statement = insert(AlbumImage).from_select(
        ["album_id", "image_id"], there.with_for_update(read=True, key_share=True)
    )
    await session.execute(statement.on_conflict_do_nothing())


async def _present(
    session: AsyncSession, deps: Deps, user_id: UUID, selection: Selection
) -> list[ColumnElement[bool]]:
    """The conditions of a selection without the trash. Raises Conflict when its number differs."""
    conditions = await selected(session, selection, user_id=user_id, now=deps.now())
    conditions.append(GeneratedImage.deleted_at.is_(None))
    if selection.count is not None:
        query = select(func.count(GeneratedImage.id)).where(*conditions)
        confirm(selection, await session.scalar(query) or 0)
    return conditions


async def owned(session: AsyncSession, *, user_id: UUID, album_id: UUID) -> Album:
    """This member's album. Raises NotFound."""
    album = await session.get(Album, album_id)
    if album is None or album.user_id != user_id:
        raise NotFound("There is no such album.")
    return album


async def _applied(
    session: AsyncSession, statement: Any, album_id: UUID, user_id: UUID
) -> images.Applied:
    options = {"synchronize_session": False, "preserve_rowcount": True}
    result = await session.execute(statement, execution_options=options)
    await notify.publish(session, topic="image", id=album_id, user_id=user_id)
    return images.Applied(cast(CursorResult[Any], result).rowcount)


def _checked(name: str) -> str:
    words = " ".join(name.split())
    return texts.clean(words, field="Name", minimum=1, maximum=NAME_LENGTH)


def _view(album: Album, count: int, folder: str | None, deps: Deps) -> AlbumView:
    cover = folder and deps.storage.url(f"{folder.rstrip('/')}/thumb.webp")
    return AlbumView(album.id, album.name, count, cover, album.created_at)
