"""Styles and packs on /admin: their words, their order, and which are offered."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from components import formatting, pictures
from components.controls import Choice, Dialog, Field, button
from components.dom import El, el
from components.feedback import card, section, table, toast
from services.deps import Deps
from services.errors import DomainError
from services.studio import packs, style_editing, styles
from services.studio.packs import PackView
from services.studio.style_editing import PACK, STYLE
from services.studio.styles import Medium, StyleView

PLAIN = "plain"  # as the choice of no look


class _Rows:
    """A table of rows in the operator's order, and one dialog that is filled for one of them."""

    title: str
    headings: tuple[str, ...]
    kind: Any

    def __init__(self, deps: Deps, actor_id: UUID) -> None:
        """actor_id: the administrator who looks."""
        self._deps = deps
        self._actor_id = actor_id

    async def build(self) -> None:
        """The section."""
        with section(self.title), card(flush=True):
            self._table = el("div", classes="offers")
        self._dialog = Dialog(self.title)
        await self._draw()

    async def _rows(self) -> Sequence[Any]:
        raise NotImplementedError

    def _cells(self, row: Any) -> None:
        raise NotImplementedError

    def _edit(self, row: Any) -> None:
        raise NotImplementedError

    async def _draw(self) -> None:
        rows = await self._rows()
        self._table.clear()
        with self._table, table(self.title, self.headings):
            for row in rows:
                with el("tr"):
                    self._cells(row)
                    with el("td"), el("div", classes="row nowrap"):
                        self._actions(row)

    def _actions(self, row: Any) -> None:
        button("Up", partial(self._up, row), kind="quiet").props["aria-label"] = f"Up: {row.name}"
        label = "Switch off" if row.offered else "Switch on"
        offer = button(label, partial(self._offer, row), kind="quiet", mark=f"offer-{row.id}")
        offer.props["aria-label"] = f"{label}: {row.name}"
        edit = button(f"Edit {row.name}", kind="quiet", icon_name="pencil", icon_only=True)
        edit.mark(f"edit-{row.id}").on("click", lambda: self._edit(row), [])

    async def _up(self, row: Any) -> None:
        await self._do(
            lambda session: style_editing.move_up(
                session, table=self.kind, id=row.id, actor_id=self._actor_id
            )
        )

    async def _offer(self, row: Any) -> None:
        await self._do(
            lambda session: style_editing.offer(
                session,
                table=self.kind,
                id=row.id,
                offered=not row.offered,
                actor_id=self._actor_id,
            )
        )

    def _emptied(self, row: Any) -> El:
        """The dialog for one row, still empty."""
        self._dialog.heading.text = row.name
        self._dialog.body.clear()
        return self._dialog.body

    async def _save(self, edit: Callable[..., Awaitable[None]], **values: Any) -> None:
        await self._do(lambda session: edit(session, self._deps, actor_id=self._actor_id, **values))

    async def _do(self, act: Callable[[Any], Awaitable[None]]) -> None:
        try:
            async with self._deps.transaction() as session:
                await act(session)
        except DomainError as error:
            toast(str(error), danger=True)
            return
        self._dialog.close()
        await self._draw()


class Styles(_Rows):
    """What members choose in the studio, and the words that models are given for it."""

    title = "Styles"
    headings = ("", "Style", "Medium", "Photo booth", "")
    kind = STYLE

    async def _rows(self) -> Sequence[StyleView]:
        async with self._deps.transaction() as session:
            return await styles.all_styles(session)

    def _cells(self, row: StyleView) -> None:
        with el("td"):
            if url := pictures.of_style(row):
                el("img", src=url, alt="", loading="lazy", width="32", height="40")
        with el("td"):
            el("p", row.name, classes="strong")
            el("p", row.description if row.offered else "Switched off", classes="small muted")
        el("td", row.medium.capitalize(), classes="small")
        el("td", row.look or "as a plain photo", classes="small")

    def _edit(self, row: StyleView) -> None:
        looks = {PLAIN: "As a plain photo"} | {look: look for look in style_editing.LOOKS}
        with self._emptied(row):
            name = Field("Name", value=row.name, maxlength="40")
            said = Field("Description", value=row.description, maxlength="120")
            words = Field(
                "Words for models",
                tag="textarea",
                value=row.words,
                help="With {subject} for the person and {prompt} for what the member writes.",
                maxlength=str(style_editing.MOST_WORDS),
            )
            media = {str(each): each.capitalize() for each in Medium}
            medium = Choice("Medium", media, value=str(row.medium))
            look = Choice("The photo booth draws it", looks, value=row.look or PLAIN)

            async def save() -> None:
                changes = {
                    "name": name.value,
                    "description": said.value,
                    "words": words.value,
                    "medium": medium.value,
                    "look": None if look.value == PLAIN else look.value,
                }
                await self._save(style_editing.edit_style, style_id=row.id, changes=changes)

            button("Save style", save, kind="primary", mark="save-style")
        self._dialog.show()


class Packs(_Rows):
    """What members order by one click."""

    title = "Packs"
    headings = ("Pack", "Makes", "Price", "")
    kind = PACK

    async def _rows(self) -> Sequence[PackView]:
        async with self._deps.transaction() as session:
            return await packs.all_packs(session)

    def _cells(self, row: PackView) -> None:
        with el("td"):
            el("p", row.name, classes="strong")
            el("p", row.description if row.offered else "Switched off", classes="small muted")
            if row.missing:
                el("p", f"Without {', '.join(row.missing)}: switched off", classes="small muted")
        el("td", formatting.plural(row.pictures, "picture"), classes="small num")
        el("td", formatting.plural(row.price, "credit"), classes="small num")

    def _edit(self, row: PackView) -> None:
        with self._emptied(row):
            name = Field("Name", value=row.name, maxlength="40")
            said = Field("Description", value=row.description, maxlength="120")
            prompts = Field(
                "Prompts, one a line", tag="textarea", value="\n".join(row.prompts), rows="6"
            )
            in_styles = Field("Styles, by their ids", value=", ".join((*row.styles, *row.missing)))
            formats = Field("Formats", value=", ".join(row.formats))
            price = Field(
                "Price in credits",
                value="" if row.fixed is None else str(row.fixed),
                help="Of the whole pack. Empty: one for each picture.",
                inputmode="numeric",
                autocomplete="off",
            )

            async def save() -> None:
                asked = price.value.strip()
                if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 7):
                    price.error = "Write a whole number, such as 12."
                    return
                changes = {
                    "name": name.value,
                    "description": said.value,
                    "prompts": [line for line in prompts.value.splitlines() if line.strip()],
                    "styles": _listed(in_styles.value),
                    "formats": _listed(formats.value),
                    "credits": int(asked) if asked else None,
                }
                await self._save(style_editing.edit_pack, pack_id=row.id, changes=changes)

            button("Save pack", save, kind="primary", mark="save-pack")
        self._dialog.show()


def _listed(text: str) -> list[str]:
    """What stands between commas, each once, in its order."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
