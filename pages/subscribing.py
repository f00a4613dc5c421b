"""The part of /billing where plans are bought, changed and ended; absent where nothing is sold."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from nicegui import ui

from components import formatting
from components.controls import button, relabel
from components.dates import Dated, Day, Part
from components.dom import attach, el
from components.feedback import Banner, section, table, toast
from components.keyed_list import KeyedList
from components.money_panel import money
from components.plan_card import PlanCard
from services.billing import checkout
from services.billing.checkout import InvoiceView, SubscriptionView
from services.billing.entitlement import PACK
from services.credits import ledger, plans
from services.credits.plans import Plan
from services.deps import Deps
from services.errors import DomainError

WAITING = "Waiting for Stripe to confirm the payment. This page changes by itself."


UNPAID = "The last payment failed. Give another card, or your plan ends in a few days."


class Subscribing:
    """Plans as cards, the subscription in a sentence, receipts; brought up to date live."""

    def __init__(self, deps: Deps, user_id: UUID, checkout_id: UUID | None) -> None:
        """checkout_id: set on the way back from the payment page, which grants nothing."""
        self._deps, self._user_id, self._checkout_id = deps, user_id, checkout_id
        self._waited = False
        self._notice = Banner()
        with section("Plans"), el("div", classes="stack"):
            self._subscription = _Subscription(self._portal)
            self._plans = KeyedList[Offer](
                el("div", classes="plans"),
                key=lambda offer: offer.plan,
                build=lambda offer: _Card(offer.plan, self._buy),
            )
            if deps.settings.credit_pack_credits and deps.settings.stripe_price_pack:
                pack = f"Buy {deps.settings.credit_pack_credits} credits"
                button(pack, lambda: self._buy(PACK), mark="buy-pack")
        self._receipts = section("Receipts")
        with self._receipts:
            self._invoices = KeyedList[InvoiceView](
                table("Receipts", ("Date", "Number", "Amount", "")),
                key=lambda invoice: (invoice.number, invoice.at),
                build=lambda _: _Receipt(),
            )

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
        self._subscription.show(subscription, {plan.name: plan.title for plan in offered})
        self._plans.show(
            Offer(plan, current=plan.name == current.name, subscribed=subscription is not None)
            for plan in offered
        )
        self._receipts.set_visibility(bool(invoices))
        self._invoices.show(invoices)

    def _show_notice(self, waiting: bool, current: Plan, available: int | None) -> None:
        if waiting:
            self._notice.show(WAITING)
        elif self._waited:
            has = formatting.credits(available)
            self._notice.show(f"Paid. You are on {current.title}: {has}.", tone="good")
        self._waited = self._waited or waiting

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


class _Subscription:
    """The subscription in a sentence, and what can be done about it."""

    def __init__(self, portal: Callable[..., Awaitable[None]]) -> None:
        self._problem = Banner(tone="danger")
        with el("div", classes="row between") as self._root:
            self._text = Dated("p")
            with el("div", classes="row"):
                button("Card and invoices", lambda: portal(cancel=False), mark="portal")
                self._cancel = button(
                    "Cancel plan", lambda: portal(cancel=True), kind="quiet", mark="cancel-plan"
                )

    def show(self, view: SubscriptionView | None, titles: dict[str, str]) -> None:
        """titles: of the plans, by name."""
        unpaid = view is not None and view.status == "past_due"
        self._problem.show(UNPAID if unpaid else None, tone="danger")
        self._root.set_visibility(view is not None)
        if view:
            self._text.show(*_outlook(view, titles))
            self._cancel.set_visibility(not view.cancel_at_period_end)


def _outlook(view: SubscriptionView, titles: dict[str, str]) -> tuple[Part, ...]:
    """What happens at the end of the period that is paid for."""
    end = Day(view.period_end)
    if view.cancel_at_period_end:
        return "Your plan ends on ", end, ". Until then everything stays as it is."
    if view.next_plan:
        next_title = titles.get(view.next_plan, view.next_plan)
        return f"Your plan changes to {next_title} on ", end, "."
    return "Your plan renews on ", end, "."


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan as it is offered to this member. subscribed: to any plan."""

    plan: Plan
    current: bool
    subscribed: bool


class _Card(PlanCard):
    """A plan with the button that chooses it."""

    def __init__(self, plan: Plan, buy: Callable[[str], Awaitable[None]]) -> None:
        super().__init__(plan)
        with self.root:
            self._choose = button(
                f"Choose {plan.title}",
                lambda: buy(plan.name),
                wide=True,
                mark=f"choose-{plan.name}",
            )

    def show(self, offer: Offer) -> None:
        """As it is offered now."""
        self.mark(current=offer.current)
        kind = "plain" if offer.subscribed else "primary"
        self._choose.classes(add=kind, remove="plain" if kind == "primary" else "primary")
        relabel(self._choose, f"{'Change to' if offer.subscribed else 'Choose'} {offer.plan.title}")
        self._choose.set_visibility(not offer.current and bool(offer.plan.stripe_price_id))


class _Receipt:
    """One invoice."""

    def __init__(self) -> None:
        with el("tr") as self.root:
            self._date = Dated("td", classes="num")
            self._number = el("td", classes="small")
            self._paid = el("td", classes="num")
            with el("td"):
                self._link = el("a", "Receipt", target="_blank", rel="noopener noreferrer")

    def show(self, invoice: InvoiceView) -> None:
        """As the provider says now."""
        self._date.show(Day(invoice.at))
        self._number.text = invoice.number or "–"
        paid = money(invoice.amount, invoice.currency)
        if invoice.status != "paid":
            paid += " (not paid)"
        elif invoice.amount_reversed:
            paid += f" ({money(invoice.amount_reversed, invoice.currency)} returned)"
        self._paid.text = paid
        if self._link.props.get("href") != invoice.url:
            attach(self._link, href=invoice.url)
        self._link.set_visibility(invoice.url is not None)
