"""A member's images: lists in any order, one in full, counts, and changes to many at once."""

import base64
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    bindparam,
    func,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Album, AlbumImage, GeneratedImage, UserModel
from services.deps import Deps
from services.engines.base import Operation
from services.errors import NotFound
from services.gallery.files import url
from services.gallery.image_query import (
    TRASH_KEPT,
    Filters,
    Selection,
    confirm,
    cursor,
    in_trash,
    matching,
    ordered,
    place,
    place_of,
    selected,
)
from services.gallery.offers import offered
from services.kit import notify

MISSING = "There is no such picture."


@dataclass(frozen=True, slots=True)
class ImageView:
    """One image as a list shows it.

    engine, method: who made it, and how the person came in.
    thumbhash: base64, some 34 characters. rating: 1-5 stars. likeness: 0-100, 90 as the person's
    own photos; likeness_word: not_her, recognisable or close. face_box: left, top, right, bottom
    in 0..1. charged: false where the image was given back, as it did not look like the person.
    second_model_id, second_likeness: of the other one in an image of two.
    operation: how it was made, and parent_id: from which image, where that is not erased.
    thumb_url: signed, good for some minutes; medium and full are had from the file's route.
    """

    id: UUID
    created_at: datetime
    generation_id: UUID
    model_id: UUID | None
    prompt: str
    preset: str | None
    seed: int
    width: int
    height: int
    thumbhash: str
    likeness: float | None
    favourite: bool
    rating: int | None
    engine: str | None
    method: str | None
    deleted_at: datetime | None
    operation: Operation
    parent_id: UUID | None
    likeness_word: str | None
    face_box: list[float] | None
    charged: bool
    second_model_id: UUID | None
    second_likeness: float | None
    thumb_url: str


@dataclass(frozen=True, slots=True)
class ImageDetails(ImageView):
    """One image in full: how it was made, where its files are, and what stands beside it.

    style: what its preset was called. bytes: of all variants together.
    previous_id, next_id: its neighbours in the list asked for.
    operations: what can be made of it.
    """

    model_name: str | None
    second_model_name: str | None
    style: str | None
    recipe: dict[str, Any]
    content_type: str
    bytes: int
    medium_url: str
    full_url: str
    album_ids: list[UUID]
    previous_id: UUID | None
    next_id: UUID | None
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class ImagePage:
    """A page of a list; `matching` names all of it, as it is now, for actions on everything."""

    items: list[ImageView]
    next_cursor: str | None
    matching: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How many images match filters, and what names exactly these for actions on all of them.

    as_of: images made later are not among them.
    """

    count: int
    matching: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """How many images a selection holds, and the newest few of them."""

    count: int
    items: list[ImageView]


@dataclass(frozen=True, slots=True)
class Applied:
    """How many images an action changed; `undo`, where it can be, selects them to restore."""

    count: int
    undo: str | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What a member can narrow the gallery down to: (id, name) of models and albums, by name."""

    models: list[tuple[UUID, str]]
    albums: list[tuple[UUID, str]]


# as ImageView has them, with the folder in the URL's place
COLUMNS = (
    GeneratedImage.id,
    GeneratedImage.created_at,
    GeneratedImage.generation_id,
    GeneratedImage.user_model_id,
    GeneratedImage.prompt,
    GeneratedImage.preset,
    GeneratedImage.seed,
    GeneratedImage.width,
    GeneratedImage.height,
    GeneratedImage.thumbhash,
    GeneratedImage.likeness,
    GeneratedImage.favourite,
    GeneratedImage.rating,
    GeneratedImage.engine,
    GeneratedImage.method,
    GeneratedImage.deleted_at,
    GeneratedImage.operation,
    GeneratedImage.parent_id,
    GeneratedImage.likeness_word,
    GeneratedImage.face_box,
    GeneratedImage.charged,
    GeneratedImage.second_model_id,
    GeneratedImage.second_likeness,
    GeneratedImage.folder,
)
_PLACE = {column.key: place for place, column in enumerate(COLUMNS)}
OPERATION, FOLDER = _PLACE["operation"], _PLACE["folder"]


_NAMED = union_all(
    *(
        select(literal(table is Album).label("is_album"), table.id, table.name).where(
            table.user_id == bindparam("user_id")
        )
        for table in (UserModel, Album)
    )
).subquery()
_CHOICES = select(_NAMED).order_by(func.lower(_NAMED.c.name), _NAMED.c.id)


async def page(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    filters: Filters,
    after: str | None = None,
    stop: str | None = None,
    limit: int = 60,
) -> ImagePage:
    """Images from after one cursor, up to and with the one at `stop`; limit: 1-500.

    Raises Invalid for a cursor of another order.
    """
    sort, now = filters.sort, deps.now()
    conditions = await matching(session, filters, user_id=user_id, now=now)
    query = select(*COLUMNS).where(*conditions).limit(limit + 1)
    query = ordered(query, sort, after=place(after, sort), stop=place(stop, sort))
    rows = (await session.execute(query)).all()
    # the database's clock may be ahead of ours: what is shown belongs to "all"
    as_of = filters.as_of or max([now, *(row.created_at for row in rows)])
    return ImagePage(
        items=[view(row, deps) for row in rows[:limit]],
        next_cursor=cursor(rows[limit - 1], sort) if len(rows) > limit else None,
        matching=filters.token(as_of=as_of),
    )


async def choices(session: AsyncSession, *, user_id: UUID) -> Choices:
    """The user models and albums that a member has."""
    rows = (await session.execute(_CHOICES, {"user_id": user_id})).all()
    models = [(id, name) for is_album, id, name in rows if not is_album]
    return Choices(models, [(id, name) for is_album, id, name in rows if is_album])


async def count(session: AsyncSession, deps: Deps, *, user_id: UUID, filters: Filters) -> Counted:
    """How many images match; an index-only scan for most filters."""
    now = deps.now()
    conditions = await matching(session, filters, user_id=user_id, now=now)
    query = select(func.count(), func.max(GeneratedImage.created_at)).where(*conditions)
    number, newest = (await session.execute(query)).one()
    as_of = filters.as_of or max(now, newest or now)  # the database's clock may be ahead of ours
    return Counted(number, filters.token(as_of=as_of), as_of)


async def preview(
    session: AsyncSession, deps: Deps, *, user_id: UUID, selection: Selection, limit: int = 8
) -> Preview:
    """What an action on a selection would change. Raises Conflict when its number differs."""
    conditions = await selected(session, selection, user_id=user_id, now=deps.now())
    number = await session.scalar(select(func.count(GeneratedImage.id)).where(*conditions)) or 0
    confirm(selection, number)
    query = ordered(select(*COLUMNS).where(*conditions).limit(limit), "newest")
    return Preview(number, [view(row, deps) for row in (await session.execute(query)).all()])


async def details(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    image_id: UUID,
    filters: Filters | None = None,
) -> ImageDetails:
    """One image in full, with its neighbours in a list. Raises NotFound."""
    image = await owned(session, deps, user_id=user_id, image_id=image_id)
    filters = filters or Filters(trash=image.deleted_at is not None)
    neighbours = [
        await _neighbour(session, deps, image, filters, backwards=way) for way in (True, False)
    ]
    names = await model_names(session, {image.user_model_id, image.second_model_id})
    albums = select(AlbumImage.album_id).where(AlbumImage.image_id == image_id)
    return ImageDetails(
        **asdict(view([getattr(image, column.key) for column in COLUMNS], deps)),
        model_name=names.get(image.user_model_id),
        second_model_name=names.get(image.second_model_id),
        style=image.style,
        recipe=image.recipe,
        content_type=image.content_type,
        bytes=image.bytes,
        medium_url=url(deps, image, "medium"),
        full_url=url(deps, image, "full"),
        album_ids=list(await session.scalars(albums)),
        previous_id=neighbours[0],
        next_id=neighbours[1],
        operations=offered(deps, image),
    )


async def model_names(
    session: AsyncSession, ids: Collection[UUID | None]
) -> dict[UUID | None, str]:
    """What the user models with these ids are called; those that were deleted are left out."""
    query = select(UserModel.id, UserModel.name).where(UserModel.id.in_([id for id in ids if id]))
    return dict((await session.execute(query)).all())


async def owned(
    session: AsyncSession, deps: Deps, *, user_id: UUID, image_id: UUID
) -> GeneratedImage:
    """This member's image, in the trash or not. Raises NotFound."""
    query = select(GeneratedImage).where(
        GeneratedImage.id == image_id, GeneratedImage.user_id == user_id
    )
    image = await session.scalar(query)
    if image is None or (image.deleted_at and image.deleted_at <= deps.now() - TRASH_KEPT):
        raise NotFound(MISSING)
    return image


async def change(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    selection: Selection,
    values: dict[str, Any],
) -> Applied:
    """Set `favourite` or `rating` (1-5, None to clear) on every selected image.

    Raises Conflict, as `trash`, `restore` and `erase` do, when the selection's number differs.
    """
    return await _update(session, deps, user_id, selection, GeneratedImage.id.is_not(None), values)


async def trash(
    session: AsyncSession, deps: Deps, *, user_id: UUID, selection: Selection
) -> Applied:
    """Move images to the trash, where they stay for 30 days; `undo` brings back just these."""
    now = deps.now()
    there = GeneratedImage.deleted_at.is_(None)
    applied = await _update(session, deps, user_id, selection, there, {"deleted_at": now})
    return Applied(applied.count, undo=Filters(trash=True, deleted_at=now).token())


async def restore(
    session: AsyncSession, deps: Deps, *, user_id: UUID, selection: Selection
) -> Applied:
    """Take images out of the trash."""
    there = in_trash(deps.now())
    return await _update(session, deps, user_id, selection, there, {"deleted_at": None})


async def erase(
    session: AsyncSession, deps: Deps, *, user_id: UUID, selection: Selection
) -> Applied:
    """Put images in the trash beyond recall: the next purge removes rows and files."""
    there = in_trash(deps.now())
    gone = deps.now() - TRASH_KEPT
    return await _update(session, deps, user_id, selection, there, {"deleted_at": gone})


async def _update(
    session: AsyncSession,
    deps: Deps,
    user_id: UUID,
    selection: Selection,
    there: ColumnElement[bool],
    values: dict[str, Any],
) -> Applied:
    conditions = await selected(session, selection, user_id=user_id, now=deps.now())
    statement = update(GeneratedImage).where(*conditions, there).values(**values)
    result = await session.execute(statement.execution_options(synchronize_session=False))
    changed = cast(CursorResult[Any], result).rowcount
    confirm(selection, changed)
    if changed:
        only = selection.ids[0] if len(selection.ids) == 1 else user_id
        await notify.publish(session, topic="image", id=only, user_id=user_id)
    return Applied(changed)


async def _neighbour(
    session: AsyncSession, deps: Deps, image: GeneratedImage, filters: Filters, *, backwards: bool
) -> UUID | None:
    conditions = await matching(session, filters, user_id=image.user_id, now=deps.now())
    query = select(GeneratedImage.id).where(*conditions).limit(1)
    at = place_of(image, filters.sort)
    found: UUID | None = await session.scalar(
        ordered(query, filters.sort, after=at, backwards=backwards)
    )
    return found


def view(values: Sequence[Any], deps: Deps) -> ImageView:
    """What lists show of a row of COLUMNS: by place, as to ask a row by name takes far longer."""
    thumbhash, folder = base64.b64encode(values[9]).decode(), values[FOLDER].rstrip("/")
    url = deps.storage.url(f"{folder}/thumb.webp")
    made = Operation(values[OPERATION]), values[OPERATION + 1]
    alike = values[OPERATION + 2 : FOLDER]
    shown = [*values[:9], thumbhash, *values[10:OPERATION], *made, *alike, url]
    return ImageView(*shown)
