"""The part of a model's pages that shows the person in every style, live."""

from typing import Any
from uuid import UUID

from components import live
from components.controls import button, relabel
from components.dom import attach, el, html_id
from components.feedback import toast
from components.sheet import SheetGrid
from db.states import SheetStatus
from services.deps import Deps
from services.errors import DomainError, NotFound
from services.training import sheet_queue, sheets
from services.training.sheets import SheetView


class SheetPart:
    """Shows what is there and what comes; built once, changed in place."""

    def __init__(self, deps: Deps, user_id: UUID, *, title: str = "", strip: bool = False) -> None:
        """strip: one row, for a model that is not trained yet."""
        self._deps = deps
        self._user_id = user_id
        self._model_id: UUID | None = None
        self._ready = False
        maker = sheet_queue.maker(deps)
        self._total = len(maker.sheet.pictures) if maker else 0
        self._tag = f" {maker.info.tag}." if maker and maker.info.tag else ""
        with el("section", classes="section") as self.root:
            with el("header"):
                self._title = el("h3" if strip else "h2", title)
                self._again = button(
                    "Make new ones", self._make_again, kind="quiet", mark="make-sheet"
                )
            self._text = el("p", classes="small muted num", aria_live="polite")
            self._grid = SheetGrid(self._total or sheets.USUAL, strip=strip)
        attach(self.root, aria_labelledby=html_id(self._title))
        self.root.set_visibility(False)

    async def follow(self, model_id: UUID) -> None:
        """Show the sheet of this model, now and whenever it changes."""
        self._model_id = model_id
        live.on("sheet", self._user_id, self._changed)
        await self._show()

    async def name(self, title: str, *, ready: bool) -> None:
        """title: above the pictures. ready: whether they lead to the studio."""
        self._title.text = title
        if ready is not self._ready:
            self._ready = ready
            if self._model_id:
                await self._show()

    async def _changed(self, id: UUID) -> None:
        if id == self._model_id:
            await self._show()

    async def _show(self) -> None:
        key: dict[str, Any] = {"user_id": self._user_id, "user_model_id": self._model_id}
        try:
            async with self._deps.transaction() as session:
                sheet = await sheets.get(session, self._deps, **key)
        except NotFound:  # deleted a moment ago: the page is told of that, too
            return
        self.root.set_visibility(sheet.total > 0)
        self._text.text = _said(sheet, ready=self._ready) + self._tag
        self._again.set_visibility(sheet.offered and bool(sheet.photos))
        relabel(self._again, "Make new ones" if sheet.pictures else "Make them")
        self._grid.show(sheet, model_id=self._model_id if self._ready else None)

    async def _make_again(self) -> None:
        key: dict[str, Any] = {"user_id": self._user_id, "user_model_id": self._model_id}
        try:
            async with self._deps.transaction() as session:
                await sheets.make_again(session, self._deps, **key)
        except DomainError as error:
            toast(str(error), danger=True)
        else:
            await self._show()


def _said(sheet: SheetView, *, ready: bool) -> str:
    """What there is, what it costs, and what to do next."""
    made = len(sheet.pictures)
    if sheet.status == SheetStatus.FAILED:
        return "Not all of these could be made. Nothing was charged."
    if sheet.status == "making":
        return f"{made} of {sheet.total} made. They cost nothing."
    if not made:
        return f"{sheet.total} small pictures, made from the first photo on. They cost nothing."
    if ready:
        return "Choose one to make more like it. These cost nothing."
    return "A first look, at no cost. Train the model to make your own."
