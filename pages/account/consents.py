"""The part of /account where a member takes a consent back."""

from collections.abc import Sequence

from nicegui import ui

from components.controls import Dialog, Field, button, set_enabled
from components.dates import Day, dated
from components.dom import closes, el, opens
from components.feedback import section
from pages.server.context import current_user
from services.deps import Deps
from services.errors import NotFound
from services.privacy import rights
from services.training import consents
from services.training.consents import ConsentView


def consents_section(deps: Deps, given: Sequence[ConsentView]) -> None:
    """One row for each model; nothing where there is none."""
    if not given:
        return
    with section("Consent"), el("ul", classes="stack"):
        for consent in given:
            _row(deps, consent)


def _row(deps: Deps, consent: ConsentView) -> None:
    with el("li", classes="card row between"):
        with el("div"):
            el("p", consent.model_name, classes="strong")
            about = f"{consents.SUBJECTS[consent.subject_is]} · "
            dated("p", about, Day(consent.given_at), classes="small muted")
        asked = _dialog(deps, consent)
        ask = button(
            "Withdraw", kind="danger", aria_label=f"Withdraw the consent for {consent.model_name}"
        )
        opens(ask, asked.root)


def _dialog(deps: Deps, consent: ConsentView) -> Dialog:
    name = consent.model_name
    with Dialog(f"Withdraw the consent for {name}?") as asked:
        el(
            "p",
            "What is being made of it stops. The model, its photos and every picture made with it "
            "are erased for ever.",
            classes="muted",
        )
        typed = Field(f"Type {name} to confirm", autocomplete="off")
        with el("div", classes="actions"):
            keep = button("Keep it")
            sure = button("Withdraw and erase", kind="danger")
    set_enabled(sure, False)
    closes(keep, asked.root)
    typed.on_change(lambda: set_enabled(sure, typed.value.strip() == name))

    async def withdraw() -> None:
        if typed.value.strip() == name:
            await _withdraw(deps, consent)

    sure.on("click", withdraw, [])
    return asked


async def _withdraw(deps: Deps, consent: ConsentView) -> None:
    user_id, model_id = current_user().id, consent.user_model_id
    try:
        async with deps.transaction() as session:
            await rights.withdraw_consent(session, deps, user_id=user_id, user_model_id=model_id)
    except NotFound:
        pass  # another tab was quicker
    ui.navigate.to("/account?said=consent")
