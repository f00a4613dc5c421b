"""Deleting a model: there is no undo for this, so its name has to be typed."""

from uuid import UUID

from nicegui import ui

from components.controls import Dialog, Field, button, set_enabled
from components.dom import closes, el, opens
from services.deps import Deps
from services.errors import NotFound
from services.training import user_models
from services.training.user_models import UserModelView


class DeleteButton:
    """A quiet button, and the dialog behind it; `show` brings both up to date."""

    def __init__(self, deps: Deps, user_id: UUID, model: UserModelView) -> None:
        """model: as it is now; its name may change."""
        self._deps = deps
        self._user_id = user_id
        with Dialog("") as self._asked:
            el(
                "p",
                "Its photos and what was learned from them are erased for ever. Pictures that "
                "were made with it stay in your gallery.",
                classes="muted",
            )
            self._typed = Field("", autocomplete="off", on_change=self._compare)
            with el("div", classes="actions"):
                keep = button("Keep it")
                self._sure = button("Delete for ever", kind="danger")
        closes(keep, self._asked.root)
        self._sure.on("click", self._erase, [])
        opens(button("Delete this model", kind="quiet", icon_name="trash"), self._asked.root)
        self.show(model)

    def show(self, model: UserModelView) -> None:
        """Ask for the name that it has now."""
        self._model = model
        self._asked.heading.text = f"Delete {model.name}?"
        self._typed.rename(f"Type {model.name} to confirm")
        self._compare()

    def _compare(self) -> None:
        set_enabled(self._sure, self._typed.value.strip() == self._model.name)

    async def _erase(self) -> None:
        if self._typed.value.strip() != self._model.name:
            return
        try:
            async with self._deps.transaction() as session:
                await user_models.delete(
                    session, user_id=self._user_id, user_model_id=self._model.id
                )
        except NotFound:
            pass  # another tab was quicker
        ui.navigate.to("/dashboard")
