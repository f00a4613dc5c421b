"""/admin: how the installation does, and its members; for administrators only."""

import textwrap
from collections.abc import Awaitable, Callable
from uuid import UUID

from nicegui import ui

from components import formatting, live
from components.dates import Day, Moment, dated
from components.dom import El, el
from components.feedback import badge, card, facts, section, table, toast
from components.money_panel import money_panel
from components.page_index import PageIndex
from components.queue_panel import LedgerPanel, QueuePanel
from pages.admin import engines
from pages.admin.business import BusinessFigures
from pages.admin.engines import Engines
from pages.admin.invitations import Invitations
from pages.admin.members import Members
from pages.admin.plans import Plans
from pages.admin.quality import QualityFigures
from pages.admin.styles import Packs, Styles
from pages.admin.workers import Workers
from pages.server.context import current_admin
from pages.signed_in_frame import shell
from services import jobs
from services.app import logs
from services.app import totals as app_totals
from services.app.totals import StorageState, Totals
from services.billing import revenue
from services.credits import ledger_audit
from services.deps import Deps
from services.errors import DomainError
from services.provenance import certificates

OWN_CERTIFICATE = (
    "Readers of C2PA call it valid, from a signer they do not know. For one that they know, set "
    "C2PA_CERTIFICATE and C2PA_KEY to the files of your own certificate and restart Likeness. "
    "Pictures that were signed before verify as they did."
)


def register(deps: Deps) -> None:
    """Serve the page."""
    engines.follow(deps)

    @ui.page("/admin")
    async def admin() -> None:
        user = current_admin()
        async with deps.transaction() as session:
            totals = await app_totals.totals(session)
        storage = await app_totals.storage_state(deps)
        async with shell(deps, "Administration"):
            _figures(totals)
            index = PageIndex()
            invitations = Invitations(deps, user)
            await Members(deps, user, on_invite=invitations.ask).build()
            await invitations.build()
            await Plans(deps, user).build()
            await Styles(deps, user.id).build()
            await Packs(deps, user.id).build()
            await Engines(deps, user.id).build()
            await Workers(deps, user.id).build()
            await BusinessFigures(deps).build()
            await QualityFigures(deps).build()
            await Work(deps, user.id).build()
            await _money(deps)
            _storage(storage, totals)
            await _certificate(deps)
            _errors()
            index.fill()


class Work:
    """The queue, followed live, and the ledger, as it was last checked."""

    def __init__(self, deps: Deps, actor_id: UUID) -> None:
        """actor_id: the administrator who looks."""
        self._deps = deps
        self._actor_id = actor_id

    async def build(self) -> None:
        """Both panels, and their subscription."""
        with section("Queue"), card():
            self._queue = QueuePanel(on_retry=self._retry, on_discard=self._discard)
        with section("Credits"), card():
            self._ledger = LedgerPanel(on_check=self._check)
        await self._show(self._actor_id)
        async with self._deps.transaction() as session:
            self._ledger.show(await ledger_audit.kept(session))
        live.on(("job", "queue"), None, self._show)

    async def _show(self, _: UUID) -> None:
        """The queue alone: the ledger's audit reads all of it, and notices come by the second."""
        async with self._deps.transaction() as session:
            queue = await jobs.overview(session)
        self._queue.show(queue)

    async def _check(self) -> None:
        async with self._deps.transaction() as session:
            self._ledger.show(await ledger_audit.refresh(session))

    async def _retry(self, id: UUID) -> None:
        await self._act(jobs.retry, id, "It is queued again.")

    async def _discard(self, id: UUID) -> None:
        await self._act(jobs.discard, id, "Discarded.")

    async def _act(self, act: Callable[..., Awaitable[None]], id: UUID, done: str) -> None:
        try:
            async with self._deps.transaction() as session:
                await act(session, job_id=id, actor_id=self._actor_id)
        except DomainError as error:
            toast(str(error), danger=True)
        else:
            toast(done)
        await self._show(id)


def _figures(totals: Totals) -> None:
    with el("dl", classes="figures"):
        _figure("Members", f"{totals.members:,}")
        _figure("Models", f"{totals.models:,}")
        _figure("Images", f"{totals.images:,}")
        _figure("Stored", formatting.size(totals.bytes))


def _figure(name: str, value: str) -> El:
    with el("div") as root:
        el("dt", name)
        el("dd", value)
    return root


def _storage(state: StorageState, totals: Totals) -> None:
    held = (
        f"{formatting.plural(totals.photos, 'photo')}, {formatting.plural(totals.images, 'image')}"
    )
    free = f", {formatting.size(state.free)} free" if state.free is not None else ""
    with section("Storage"), card(), el("div", classes="row between"):
        with el("div"):
            el("p", state.place, classes="strong")
            el("p", f"{held}: {formatting.size(totals.bytes)}{free}", classes="small muted num")
        badge(state.problem or "Writable", tone="danger" if state.problem else "good")


async def _certificate(deps: Deps) -> None:
    async with deps.transaction() as session:
        view = await certificates.view(session, deps)
    own = view.origin == "operator"
    with section("Marks in pictures"), card(), el("div", classes="stack"):
        signer = "your own certificate" if own else "a certificate made here"
        el("p", f"Signed by {signer}", classes="strong")
        facts(
            {
                "Subject": view.name,
                "Earlier ones, which verify still": f"{view.earlier}",
                "SHA-256": " ".join(textwrap.wrap(view.fingerprint, 8)),
            }
        )
        dated(
            "p",
            *("Valid from ", Day(view.created_at), " until ", Day(view.expires_at), "."),
            classes="small muted",
        )
        if not own:
            el("p", OWN_CERTIFICATE, classes="small muted")


async def _money(deps: Deps) -> None:
    if not deps.payments.enabled:
        return
    async with deps.transaction() as session:
        view = await revenue.money(session, deps)
    with section("Money, last 30 days"), card():
        money_panel(view)


def _errors() -> None:
    found = logs.recent_errors()
    with section("Errors"), card(flush=bool(found)):
        if not found:
            el("p", "None since this process started.", classes="muted")
            return
        with table("Errors", ("When", "Where", "What", "Reference")):
            for error in found:
                with el("tr"):
                    dated("td", Moment(error.at), classes="num small")
                    el("td", error.source, classes="mono tiny")
                    el("td", error.message, classes="wrap-any small")
                    el("td", error.reference, classes="mono tiny")
