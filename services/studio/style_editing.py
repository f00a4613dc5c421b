"""What an administrator does to styles and packs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import PackRow, StyleRow
from services.accounts import users
from services.deps import Deps
from services.engines.preview.sheet import PICTURES
from services.errors import Invalid, NotFound
from services.kit import audit, texts
from services.studio.requests import ASPECTS, PROMPT_LENGTH
from services.studio.styles import Medium

LOOKS = tuple(picture.preset for picture in PICTURES)
TEXTS = {"name": ("Name", 40), "description": ("Description", 120)}
MOST_WORDS = 1000  # characters
MOST_PARTS = 48  # pictures of a pack
MOST_CREDITS = 10_000
Row = StyleRow | PackRow
STYLE, PACK = StyleRow, PackRow


async def edit_style(
    session: AsyncSession, deps: Deps, *, style_id: str, changes: Mapping[str, Any], actor_id: UUID
) -> None:
    """Changes name, description, words, medium or look. Raises NotFound, Invalid.

    What was asked for before and is made later is made in the new words.
    """
    await users.require_admin(session, actor_id=actor_id)
    row = await _row(session, StyleRow, style_id)
    kept = _texts(changes)
    if "words" in kept:
        kept["words"] = texts.clean(kept["words"], field="Words", minimum=1, maximum=MOST_WORDS)
        if any(kept["words"].count(place) != 1 for place in ("{subject}", "{prompt}")):
            raise Invalid("The words need {subject} and {prompt}, each once.", field="words")
    if kept.get("medium", Medium.PHOTO) not in set(Medium):
        raise Invalid("There is no such medium.", field="medium")
    if kept.get("look") and kept["look"] not in LOOKS:
        raise Invalid("The photo booth has no such look.", field="look")
    _write(session, deps, row, kept, actor_id)


async def edit_pack(
    session: AsyncSession, deps: Deps, *, pack_id: str, changes: Mapping[str, Any], actor_id: UUID
) -> None:
    """Changes texts, prompts, styles, formats or the price. Raises NotFound, Invalid.

    credits: of the whole pack; None: one for each picture. Orders keep the price that they had.
    """
    await users.require_admin(session, actor_id=actor_id)
    row = await _row(session, PackRow, pack_id)
    kept = _texts(changes)
    if "prompts" in kept:
        kept["prompts"] = [
            texts.clean(each, field="Prompt", minimum=1, maximum=PROMPT_LENGTH)
            for each in kept["prompts"]
        ]
    known = set(await session.scalars(select(StyleRow.id)))
    parts = [kept.get(name, getattr(row, name)) for name in ("prompts", "styles", "formats")]
    if not all(parts) or len(parts[0]) * len(parts[1]) * len(parts[2]) > MOST_PARTS:
        raise Invalid(f"A pack makes 1 to {MOST_PARTS} pictures.")
    if not known.issuperset(parts[1]) or not ASPECTS.keys() >= set(parts[2]):
        raise Invalid("Choose styles and formats that there are.")
    credits = kept.get("credits")
    if credits is not None and not 1 <= credits <= MOST_CREDITS:
        raise Invalid(f"A price goes from 1 to {MOST_CREDITS:,} credits.", field="credits")
    _write(session, deps, row, kept, actor_id)


async def offer(
    session: AsyncSession, *, table: type[Row], id: str, offered: bool, actor_id: UUID
) -> None:
    """Switches a style or a pack on or off; what was asked for before goes on. Raises NotFound."""
    await users.require_admin(session, actor_id=actor_id)
    row = await _row(session, table, id)
    row.offered = offered
    audit.record(
        session, action=_action(table, "offered"), actor_id=actor_id, target=id, on=offered
    )


async def move_up(session: AsyncSession, *, table: type[Row], id: str, actor_id: UUID) -> None:
    """Puts it before the one that is before it; the first one stays. Raises NotFound."""
    await users.require_admin(session, actor_id=actor_id)
    ids = list(await session.scalars(select(table.id).order_by(table.position, table.id)))
    if id not in ids:
        raise NotFound("There is no such row.")
    place = ids.index(id)
    if place:
        ids[place - 1], ids[place] = ids[place], ids[place - 1]
    for position, each in enumerate(ids):
        await session.execute(update(table).where(table.id == each).values(position=position))


async def _row(session: AsyncSession, table: type[Any], id: str) -> Any:
    row = await session.get(table, id, with_for_update=True)
    if row is None:
        raise NotFound("It is not there any more.")
    return row


def _texts(changes: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(changes)
    for name, (label, maximum) in TEXTS.items():
        if name in kept:
            kept[name] = texts.clean(kept[name], field=label, minimum=1, maximum=maximum)
    return kept


def _write(
    session: AsyncSession, deps: Deps, row: Row, changes: Mapping[str, Any], actor_id: UUID
) -> None:
    """From now on later releases leave the row as it is."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.edited_at = deps.now()
    action = _action(type(row), "edited")
    audit.record(session, action=action, actor_id=actor_id, target=row.id, fields=sorted(changes))


def _action(table: type[Row], verb: str) -> str:
    return f"{'style' if table is StyleRow else 'pack'}.{verb}"
