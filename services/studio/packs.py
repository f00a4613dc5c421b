"""Packs: prompts x styles x formats, for one price, by one click, into one album."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise, product
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Generation, PackRow
from services.credits import ledger
from services.deps import Deps
from services.engines.base import Method
from services.errors import Conflict, NotFound
from services.gallery import albums
from services.gallery.albums import AlbumName
from services.gallery.images import ImageView
from services.studio import generations, styles
from services.studio.generations import GenerationQuote, GenerationView
from services.studio.requests import GenerationRequest, Share
from services.training import user_models

MOST_PICTURES = 100  # of one pack


@dataclass(frozen=True, slots=True)
class PackView:
    """One pack. styles: ids of those that are offered; missing: of those that are not, any more.

    pictures: how many it makes. price: credits of all. fixed: the price of the whole pack as the
    operator set it; None: one credit for each picture.
    """

    id: str
    name: str
    description: str
    prompts: tuple[str, ...]
    styles: tuple[str, ...]
    missing: tuple[str, ...]
    formats: tuple[str, ...]
    fixed: int | None
    offered: bool
    edited: bool

    @property
    def pictures(self) -> int:
        """Each prompt in each style and each format."""
        return len(self.prompts) * len(self.styles) * len(self.formats)

    @property
    def price(self) -> int:
        """Of a pack that lacks styles, the part that is left of the operator's price."""
        if self.fixed is None:
            return self.pictures
        whole = len(self.styles) + len(self.missing)
        return max(1, self.fixed * len(self.styles) // whole)


@dataclass(frozen=True, slots=True)
class PackRequest:
    """One click. credits: the price that was shown; None: whatever it is now."""

    user_model_id: UUID
    engine: str | None = None
    method: Method | None = None
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class PackRun:
    """What was ordered: one request for each picture, all into one album."""

    album: AlbumName
    quote: GenerationQuote
    generations: tuple[GenerationView, ...]


async def offered(session: AsyncSession) -> list[PackView]:
    """Those that members may order, in the operator's order."""
    return [pack for pack in await all_packs(session) if pack.offered and pack.styles]


async def all_packs(session: AsyncSession) -> list[PackView]:
    """Those that are switched off, too."""
    known = {style.id for style in await styles.offered(session)}
    rows = await session.scalars(select(PackRow).order_by(PackRow.position, PackRow.id))
    return [_view(row, known) for row in rows]


async def get(session: AsyncSession, *, pack_id: str) -> PackView:
    """One that may be ordered. Raises NotFound."""
    row = await session.get(PackRow, pack_id, populate_existing=True)
    known = {style.id for style in await styles.offered(session)}
    pack = _view(row, known) if row else None
    if pack is None or not pack.offered or not pack.styles:
        raise NotFound("There is no such pack.")
    return pack


async def quote(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    pack: PackView,
    engine: str | None = None,
    method: Method | None = None,
) -> GenerationQuote:
    """What it costs and takes, before the click. Raises Invalid, Conflict.

    seconds: of work at most, one picture after the other.
    """
    one = await generations.quote(
        session, deps, user_id=user_id, count=1, engine=engine, method=method
    )
    seconds = None if one.seconds is None else one.seconds * pack.pictures
    return replace(one, credits=pack.price, seconds=seconds)


async def run(
    session: AsyncSession, deps: Deps, *, user_id: UUID, pack_id: str, request: PackRequest
) -> PackRun:
    """Makes the album and queues every picture, in the caller's transaction: all or nothing.

    Raises NotFound, Invalid, InsufficientCredits; Conflict where the price is not the one that was
    shown, or where nothing can make pictures of the model.
    """
    pack = await get(session, pack_id=pack_id)
    if request.credits is not None and request.credits != pack.price:
        raise Conflict(
            f"{pack.name} is now {pack.pictures} pictures for {ledger.counted(pack.price)}.",
            credits=pack.price,
            pictures=pack.pictures,
        )
    model = await user_models.get(
        session, deps, user_id=user_id, user_model_id=request.user_model_id
    )
    whole = await quote(
        session, deps, user_id=user_id, pack=pack, engine=request.engine, method=request.method
    )
    if whole.available is not None and not whole.affordable:
        raise ledger.short_of(whole.credits, available=whole.available)
    name = f"{pack.name} · {model.name}"[: albums.NAME_LENGTH]
    album = await albums.create(session, deps, user_id=user_id, name=name)
    made = [
        await generations.create(
            session, deps, user_id=user_id, request=part, share=Share(credits, album.id, name)
        )
        for part, credits in zip(_requests(pack, request), _shares(pack), strict=True)
    ]
    return PackRun(AlbumName(album.id, album.name), whole, tuple(made))


@dataclass(frozen=True, slots=True)
class PackProgress:
    """How far a pack is. ended: parts that are done or failed; charged: credits, once all are."""

    album: AlbumName
    ids: tuple[UUID, ...]
    ended: int
    charged: int
    images: tuple[ImageView, ...]

    @property
    def active(self) -> bool:
        """Whether more pictures are to come."""
        return self.ended < len(self.ids)


async def recent(session: AsyncSession, deps: Deps, *, user_id: UUID) -> list[PackProgress]:
    """The packs that a member ordered since yesterday, newest first; two at most."""
    query = (
        select(Generation.album_id)
        .where(Generation.user_id == user_id, Generation.album_id.is_not(None))
        .where(Generation.created_at > deps.now() - timedelta(days=1))
        .group_by(Generation.album_id)
        .order_by(func.max(Generation.created_at).desc())
        .limit(2)
    )
    ids = (await session.scalars(query)).all()
    return [await progress(session, deps, user_id=user_id, album_id=id) for id in ids if id]


async def progress(
    session: AsyncSession, deps: Deps, *, user_id: UUID, album_id: UUID
) -> PackProgress:
    """How far the pack with this album is. Raises NotFound."""
    album = await albums.get(session, user_id=user_id, album_id=album_id)
    page = await generations.list_(
        session, deps, user_id=user_id, album_id=album_id, limit=MOST_PICTURES
    )
    parts = page.items[::-1]
    return PackProgress(
        album,
        tuple(part.id for part in parts),
        sum(not part.active for part in parts),
        sum(part.charged or 0 for part in parts),
        tuple(image for part in parts for image in part.images),
    )


def _requests(pack: PackView, request: PackRequest) -> Sequence[GenerationRequest]:
    return [
        GenerationRequest(
            user_model_id=request.user_model_id,
            prompt=prompt,
            engine=request.engine,
            method=request.method,
            preset=style,
            count=1,
            aspect=aspect,
        )
        for prompt, style, aspect in product(pack.prompts, pack.styles, pack.formats)
    ]


def _shares(pack: PackView) -> list[int]:
    """Whole credits, one share for each picture, that add up to the price as evenly as they can."""
    ends = [pack.price * part // pack.pictures for part in range(pack.pictures + 1)]
    return [end - start for start, end in pairwise(ends)]


def _view(row: PackRow, known: set[str]) -> PackView:
    return PackView(
        id=row.id,
        name=row.name,
        description=row.description,
        prompts=tuple(row.prompts),
        styles=tuple(id for id in row.styles if id in known),
        missing=tuple(id for id in row.styles if id not in known),
        formats=tuple(row.formats),
        fixed=row.credits,
        offered=row.offered,
        edited=row.edited_at is not None,
    )
