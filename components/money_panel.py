"""The operator's view of money: what plans bring in, what images cost, what needs a look."""

from components import formatting
from components.dom import el
from components.feedback import banner, facts, table
from services.billing.revenue import EngineCost, Money, PlanRevenue


def money(cents: float, currency: str = "usd") -> str:
    """`$12.50`, or `12.50 EUR`."""
    amount = f"{cents / 100:,.2f}"
    return f"${amount}" if currency == "usd" else f"{amount} {currency.upper()}"


def money_panel(view: Money) -> None:
    """Problems first, then the figures of the last 30 days."""
    if view.clock_skew:
        banner(
            f"This server's clock is {abs(view.clock_skew)} seconds off: Stripe's messages are "
            "refused until it is set (NTP).",
            tone="danger",
        )
    if view.stale_events:
        waiting = formatting.plural(view.stale_events, "message")
        banner(f"{waiting} from Stripe not handled for 10 minutes.", tone="danger")
    for row in view.plans:
        if row.loses:
            banner(f"The plan {row.plan} costs more than it brings in.", tone="warn")
    facts(
        {
            "New subscriptions": f"{view.started}",
            "Ended": f"{view.ended}",
            "Unpaid invoices": f"{view.failed_payments}",
        }
    )
    if view.plans:
        with table("Plans", ("Plan", "Subscribers", "Paid", "Returned", "Images", "Their cost")):
            for row in view.plans:
                _plan(row)
    for engine in view.engines:
        _engine(engine)


def _plan(row: PlanRevenue) -> None:
    with el("tr"):
        el("td", row.plan.capitalize(), classes="strong")
        el("td", f"{row.subscribers}", classes="num")
        el("td", money(row.paid, row.currency), classes="num")
        el("td", money(row.returned, row.currency), classes="num")
        el("td", f"{row.images:,}", classes="num")
        el("td", "–" if row.cost_cents is None else money(row.cost_cents), classes="num")


def _engine(row: EngineCost) -> None:
    price = "price not known" if row.cents_each is None else f"{money(row.cents_each)} each"
    el(
        "p",
        f"{row.engine}: {formatting.plural(row.images, 'image')}, {price}",
        classes="small muted num",
    )
