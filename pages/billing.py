"""/billing: plan, usage, and every movement of the credits."""

from uuid import UUID

from nicegui import ui

from components import live
from components.controls import button
from components.dom import el
from components.feedback import empty_state, section
from components.frame import Width
from components.statement import Movements, usage_facts
from pages.signed_in_frame import shell
from pages.subscribing import Subscribing
from services.credits import statement
from services.credits.statement import Target
from services.deps import Deps

ADDRESSES = {"image": "/gallery?image={}", "user_model": "/models/{}"}


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/billing")
    async def billing(checkout: UUID | None = None) -> None:
        width: Width = "" if deps.payments.enabled else "reading"
        async with shell(deps, "Billing", width=width) as room:
            if deps.payments.enabled:
                subscribing = Subscribing(deps, room.user.id, checkout)
                await subscribing.refresh(room.user.id)
                for topic in ("subscription", "credits"):
                    live.on(topic, room.user.id, subscribing.refresh)
            page = BillingPage(deps, room.user.id, counted=room.balance.available is not None)
            await page.refresh(room.user.id)
            live.on("credits", room.user.id, page.refresh)


class BillingPage:
    """What is on the page, brought up to date whenever the credits move."""

    def __init__(self, deps: Deps, user_id: UUID, *, counted: bool) -> None:
        """Builds the empty sections. counted: whether the plan has a number of credits."""
        self._deps = deps
        self._user_id = user_id
        self._cursor: int | None = None
        with section("Your plan"):
            self._usage = el("div", classes="card stack")
        with section("Credits"):
            self._empty = el("div")
            self._movements = Movements(counted=counted)
            self._more = button("Show older", self._show_older, mark="older")
        with self._empty:
            empty_state("What you get and use appears here, credit by credit.")

    async def refresh(self, _: UUID) -> None:
        """Reads the newest page again."""
        async with self._deps.transaction() as session:
            view = await statement.usage(session, user_id=self._user_id)
        self._usage.clear()
        with self._usage:
            usage_facts(
                plan=view.plan.title,
                available=view.balance.available,
                held=view.balance.held,
                owed=view.balance.owed,
                used_this_month=view.used_this_month,
                models=view.models,
                model_slots=view.plan.model_slots,
            )
        self._movements.clear()
        self._cursor = None
        await self._show_older()

    async def _show_older(self) -> None:
        async with self._deps.transaction() as session:
            page = await statement.statement(session, user_id=self._user_id, cursor=self._cursor)
        self._movements.add([(item.entry, _address(item.target)) for item in page.items])
        none = self._cursor is None and not page.items
        self._empty.set_visibility(none)
        self._movements.root.set_visibility(not none)
        self._cursor = page.next_cursor
        self._more.set_visibility(self._cursor is not None)


def _address(target: Target | None) -> str | None:
    return ADDRESSES[target.kind].format(target.id) if target else None
