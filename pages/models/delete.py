"""Deleting a model: there is no undo for this, so its name has to be typed."""

from uuid import UUID

from nicegui import ui

from components.controls import Dialog, Field, button, set_enabled
from components.dom import closes, el, opens
from services.deps import Deps
from services.errors import NotFound
from services.training import user_models
from services.training.user_models import UserModelView


def delete_button(deps: Deps, user_id: UUID, model: UserModelView) -> None:
    """A quiet button, and the dialog behind it."""
    with Dialog(f"Delete {model.name}?") as asked:
        el(
            "p",
            "Its photos and what was learned from them are erased for ever. Pictures that were "
            "made with it stay in your gallery.",
            classes="muted",
        )
        typed = Field(f"Type {model.name} to confirm", autocomplete="off")
        with el("div", classes="actions"):
            keep = button("Keep it")
            sure = button("Delete for ever", kind="danger")
    set_enabled(sure, False)
    closes(keep, asked.root)
    typed.on_change(lambda: set_enabled(sure, typed.value.strip() == model.name))

    async def erase() -> None:
        if typed.value.strip() == model.name:
            await _erase(deps, user_id, model.id)

    sure.on("click", erase, [])
    ask = button("Delete this model", kind="quiet", icon_name="trash")
    opens(ask, asked.root)


async def _erase(deps: Deps, user_id: UUID, id: UUID) -> None:
    try:
        async with deps.transaction() as session:
            await user_models.delete(session, user_id=user_id, user_model_id=id)
    except NotFound:
        pass  # another tab was quicker
    ui.navigate.to("/dashboard")
