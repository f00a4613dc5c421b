"""A plan as a card, the same on the landing page and under Billing."""

from collections.abc import Iterable

from components import formatting
from components.controls import link_button
from components.dom import El, el
from components.icons import icon
from services.credits.plans import Plan


def plan_card(plan: Plan) -> El:
    """The card; what is done with the plan (a button) goes into its `with` block."""
    return _build(plan)[0]


class PlanCard:
    """A plan that the member may have; what is done with it goes into `with card.root`."""

    def __init__(self, plan: Plan) -> None:
        self.root, heading = _build(plan)
        with heading:
            self._badge = el("span", "Your plan", classes="badge accent")
        self.mark(current=False)

    def mark(self, *, current: bool) -> None:
        """Say whether it is the member's plan."""
        self._badge.set_visibility(current)
        self.root.classes(add="current" if current else "", remove="" if current else "current")


def plan_cards(offered: Iterable[Plan], *, choose: str) -> None:
    """The cards side by side, each with a button that leads to `choose`."""
    with el("div", classes="plans"):
        for plan in offered:
            with plan_card(plan):
                link_button(f"Choose {plan.title}", choose, wide=True)


def _build(plan: Plan) -> tuple[El, El]:
    """The card and the row of its heading."""
    with el("div", classes="card plan") as root:
        with el("div", classes="row between") as heading:
            el("h3", plan.title)
        with el("p", classes="plan-price num"):
            el("b", price(plan.price_cents))
            el("span", " a month" if plan.price_cents else " for ever", classes="muted small")
        with el("ul", classes="plan-points"):
            for point in points(plan):
                with el("li"):
                    icon("check", size="little")
                    el("span", point)
    return root, heading


def price(cents: int) -> str:
    """`$20`, or `$19.50`."""
    return f"${cents / 100:,.2f}".removesuffix(".00")


def points(plan: Plan) -> list[str]:
    """What the plan gives, in a few words each."""
    given = []
    if plan.unlimited:
        fair = plan.fair_use_monthly
        given.append(f"Unlimited images, fair use {fair:,} a month" if fair else "Unlimited images")
    if plan.credits_monthly:
        given.append(f"{formatting.plural(plan.credits_monthly, 'image')} a month")
    if plan.credits_once:
        given.append(f"{formatting.plural(plan.credits_once, 'image')} in all")
    slots = plan.model_slots
    given.append("Unlimited models" if slots is None else formatting.plural(slots, "model"))
    cost = plan.training_credits
    given.append(
        f"Training costs {formatting.plural(cost, 'credit')}" if cost else "Training included"
    )
    return given
