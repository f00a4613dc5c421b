"""/admin: how the installation does, and its members; for administrators only."""

from nicegui import ui

from components import words
from components.dom import El, el
from components.feedback import badge, card, section, table
from pages.admin_members import Members
from pages.context import current_admin
from pages.shell import shell
from services import logs, usage
from services.deps import Deps
from services.usage import StorageState, Totals


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/admin")
    async def admin() -> None:
        user = current_admin()
        async with deps.transaction() as session:
            totals = await usage.totals(session)
        storage = await usage.storage_state(deps)
        async with shell(deps, "Administration"):
            _figures(totals)
            await Members(deps, user).build()
            _storage(storage, totals)
            _errors()


def _figures(totals: Totals) -> None:
    with el("dl", classes="figures"):
        _figure("Members", f"{totals.members:,}")
        _figure("Models", f"{totals.models:,}")
        _figure("Images", f"{totals.images:,}")
        _figure("Stored", words.size(totals.bytes))


def _figure(name: str, value: str) -> El:
    with el("div") as root:
        el("dt", name)
        el("dd", value)
    return root


def _storage(state: StorageState, totals: Totals) -> None:
    held = f"{words.plural(totals.photos, 'photo')}, {words.plural(totals.images, 'image')}"
    free = f", {words.size(state.free)} free" if state.free is not None else ""
    with section("Storage"), card(), el("div", classes="row between"):
        with el("div"):
            el("p", state.place, classes="strong")
            el("p", f"{held}: {words.size(totals.bytes)}{free}", classes="small muted num")
        badge(state.problem or "Writable", tone="danger" if state.problem else "good")


def _errors() -> None:
    found = logs.recent_errors()
    with section("Errors"), card(flush=bool(found)):
        if not found:
            el("p", "None since this process started.", classes="muted")
            return
        with table("Errors", ("When", "Where", "What", "Reference")):
            for error in found:
                with el("tr"):
                    el("td", words.moment(error.at), classes="num small")
                    el("td", error.source, classes="mono tiny")
                    el("td", error.message, classes="wrap-any small")
                    el("td", error.reference, classes="mono tiny")
