"""The part of /billing where plans are bought, changed and ended; absent where nothing is sold."""

from collections.abc import Awaitable
from uuid import UUID

from nicegui import ui

from components import formatting
from components.controls import button
from components.dom import el
from components.feedback import banner, section, table, toast
from components.money_panel import money
from components.plan_card import plan_card
from services.billing import checkout
from services.billing.checkout import PACK, InvoiceView, SubscriptionView
from services.credits import ledger, plans
from services.credits.plans import Plan
from services.deps import Deps
from services.errors import DomainError

WAITING = "Waiting for Stripe to confirm the payment. This page changes by itself."


class Subscribing:
    """Plans as cards, the subscription in a sentence, receipts; brought up to date live."""

    def __init__(self, deps: Deps, user_id: UUID, checkout_id: UUID | None) -> None:
        """checkout_id: set on the way back from the payment page, which grants nothing."""
        self._deps, self._user_id, self._checkout_id = deps, user_id, checkout_id
        self._waited = False
        self._notice = el("div", classes="stack")
        with section("Plans"):
            self._plans = el("div", classes="stack")
        self._receipts = section("Receipts")
        with self._receipts:
            self._invoices = el("div")

    async def refresh(self, _: UUID) -> None:
        """Reads everything again."""
        async with self._deps.transaction() as session:
            offered = [p for p in await plans.all_plans(session) if not p.hidden]
            current = await plans.of_user(session, user_id=self._user_id)
            subscription = await checkout.subscription(session, user_id=self._user_id)
            invoices = await checkout.invoices(session, user_id=self._user_id)
            balance = await ledger.balance(session, user_id=self._user_id)
            waiting = self._checkout_id is not None and await checkout.is_open(
                session, user_id=self._user_id, checkout_id=self._checkout_id
            )
        self._show_notice(waiting, current, balance.available)
        self._plans.clear()
        with self._plans:
            if subscription:
                self._subscription(subscription, {plan.name: plan.title for plan in offered})
            with el("div", classes="plans"):
                for plan in offered:
                    self._card(plan, current, subscription)
            if self._deps.settings.credit_pack_credits and self._deps.settings.stripe_price_pack:
                pack = f"Buy {self._deps.settings.credit_pack_credits} credits"
                button(pack, lambda: self._buy(PACK), mark="buy-pack")
        self._show_invoices(invoices)

    def _show_notice(self, waiting: bool, current: Plan, available: int | None) -> None:
        self._notice.clear()
        with self._notice:
            if waiting:
                banner(WAITING)
            elif self._waited:
                has = formatting.credits(available)
                banner(f"Paid. You are on {current.title}: {has}.", tone="good")
        self._waited = self._waited or waiting

    def _subscription(self, view: SubscriptionView, titles: dict[str, str]) -> None:
        end = formatting.date(view.period_end)
        if view.status == "past_due":
            banner(
                "The last payment failed. Give another card, or your plan ends in a few days.",
                tone="danger",
            )
        if view.cancel_at_period_end:
            text = f"Your plan ends on {end}. Until then everything stays as it is."
        elif view.next_plan:
            title = titles.get(view.next_plan, view.next_plan)
            text = f"Your plan changes to {title} on {end}."
        else:
            text = f"Your plan renews on {end}."
        with el("div", classes="row between"):
            el("p", text)
            with el("div", classes="row"):
                button("Card and invoices", lambda: self._portal(cancel=False), mark="portal")
                if not view.cancel_at_period_end:
                    button(
                        "Cancel plan",
                        lambda: self._portal(cancel=True),
                        kind="quiet",
                        mark="cancel-plan",
                    )

    def _card(self, plan: Plan, current: Plan, subscription: SubscriptionView | None) -> None:
        with plan_card(plan, current=plan.name == current.name):
            if plan.name == current.name or not plan.stripe_price_id:
                return
            verb = "Change to" if subscription else "Choose"
            button(
                f"{verb} {plan.title}",
                lambda: self._buy(plan.name),
                kind="primary" if not subscription else "plain",
                wide=True,
                mark=f"choose-{plan.name}",
            )

    def _show_invoices(self, invoices: list[InvoiceView]) -> None:
        self._receipts.set_visibility(bool(invoices))
        self._invoices.clear()
        with self._invoices, table("Receipts", ("Date", "Number", "Amount", "")):
            for invoice in invoices:
                _invoice(invoice)

    async def _buy(self, plan: str) -> None:
        await self._go(checkout.start(self._deps, user_id=self._user_id, plan=plan))

    async def _portal(self, *, cancel: bool) -> None:
        await self._go(checkout.portal(self._deps, user_id=self._user_id, cancel=cancel))

    async def _go(self, address: Awaitable[str]) -> None:
        """To a page of the payment provider; a refusal is said here."""
        try:
            ui.navigate.to(await address)
        except DomainError as error:
            toast(str(error), danger=True)


def _invoice(invoice: InvoiceView) -> None:
    with el("tr"):
        el("td", formatting.date(invoice.at), classes="num")
        el("td", invoice.number or "–", classes="small")
        paid = money(invoice.amount, invoice.currency)
        if invoice.status != "paid":
            paid += " (not paid)"
        elif invoice.amount_reversed:
            paid += f" ({money(invoice.amount_reversed, invoice.currency)} returned)"
        el("td", paid, classes="num")
        with el("td"):
            if invoice.url:
                el("a", "Receipt", href=invoice.url, target="_blank", rel="noopener noreferrer")
