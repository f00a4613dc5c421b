"""/billing: plan, usage, and every movement of the credits."""

from uuid import UUID

from nicegui import ui

from components import live
from components.controls import button
from components.dom import el
from components.feedback import empty_state, section
from components.frame import Width
from components.statement import Movements, Usage
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
                live.on(("subscription", "credits"), room.user.id, subscribing.refresh)
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
            self._usage = Usage()
        with section("Credits"):
            self._empty = el("div")
            self._movements = Movements(counted=counted)
            self._more = button("Show older", self._show_older, mark="older")
        with self._empty:
            empty_state("What you get and use appears here, credit by credit.")

    async def refresh(self, _: UUID) -> None:
        """Reads what is new; older movements that are shown stay."""
        async with self._deps.transaction() as session:
            view = await statement.usage(session, user_id=self._user_id)
        self._usage.show(
            plan=view.plan.title,
            available=view.balance.available,
            held=view.balance.held,
            owed=view.balance.owed,
            used_this_month=view.used_this_month,
            models=view.models,
            model_slots=view.plan.model_slots,
        )
        shown = self._movements.newest
        cursor = await self._add(None)
        while cursor is not None and shown is not None and cursor > shown:
            cursor = await self._add(cursor)
        if shown is None:
            self._end_at(cursor)

    async def _show_older(self) -> None:
        self._end_at(await self._add(self._cursor))

    async def _add(self, cursor: int | None) -> int | None:
        """One page of movements; the cursor of the next one."""
        async with self._deps.transaction() as session:
            page = await statement.statement(session, user_id=self._user_id, cursor=cursor)
        self._movements.add([(item.entry, _address(item.target)) for item in page.items])
        return page.next_cursor

    def _end_at(self, cursor: int | None) -> None:
        """There are older movements from `cursor` on, or none at all."""
        self._cursor = cursor
        self._more.set_visibility(cursor is not None)
        some = self._movements.newest is not None
        self._empty.set_visibility(not some)
        self._movements.root.set_visibility(some)


def _address(target: Target | None) -> str | None:
    return ADDRESSES[target.kind].format(target.id) if target else None
