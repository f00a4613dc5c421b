"""Styles: what the studio offers, and the words that real models are given for each."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import StyleRow
from db.models.styles import Medium as Medium
from services.engines.base import PHOTO
from services.errors import Invalid


@dataclass(frozen=True, slots=True)
class StyleView:
    """One style. words: for real models, around {subject} (trigger word and class) and {prompt}.

    look: how the photo booth draws it; None: as a plain photo. picture: the hash of the picture
    that the operator gave it; None where there is none. edited: not as this product wrote it.
    """

    id: str
    name: str
    description: str
    words: str
    medium: Medium
    look: str | None
    picture: str | None
    offered: bool
    edited: bool


async def offered(session: AsyncSession) -> list[StyleView]:
    """Those that members may ask for, in the operator's order."""
    return [style for style in await all_styles(session) if style.offered]


async def all_styles(session: AsyncSession) -> list[StyleView]:
    """Those that are switched off, too: pictures were made in them."""
    rows = await session.scalars(select(StyleRow).order_by(StyleRow.position, StyleRow.id))
    return [view(row) for row in rows]


async def find(session: AsyncSession, style_id: str | None) -> StyleView | None:
    """Offered or not: a request keeps the style that it was asked for in."""
    row = await session.get(StyleRow, style_id) if style_id else None
    return view(row) if row else None


async def ask(session: AsyncSession, style_id: str | None) -> StyleView | None:
    """The style for new pictures; None without one. Raises Invalid, naming what there is."""
    if style_id is None:
        return None
    style = await find(session, style_id)
    if style is None or not style.offered:
        known = [each.id for each in await offered(session)]
        said = f"{style.name} is not offered any more." if style else _unknown(style_id)
        raise Invalid(said, presets=known)
    return style


def _unknown(style_id: str) -> str:
    return f"There is no preset “{style_id}”."


def template(style: StyleView | None) -> str:
    """What a real model is asked for: words around {subject} and {prompt}."""
    return style.words if style else PHOTO


def photographic(preset_id: str | None, style: StyleView | None) -> bool:
    """Whether a picture shows the face as a camera would; unknown styles are not trusted to."""
    return style.medium is Medium.PHOTO if style else preset_id is None


async def measured(session: AsyncSession, preset_id: str | None) -> str:
    """How a style is told apart in figures: its id; `own` where it is none of ours; or empty."""
    if preset_id is None:
        return ""
    return preset_id if await find(session, preset_id) else "own"


def view(row: StyleRow) -> StyleView:
    """As services and pages see it."""
    return StyleView(
        id=row.id,
        name=row.name,
        description=row.description,
        words=row.words,
        medium=Medium(row.medium),
        look=row.look,
        picture=row.picture_hash,
        offered=row.offered,
        edited=row.edited_at is not None,
    )
