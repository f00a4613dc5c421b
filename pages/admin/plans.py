"""Plans on /admin: what each costs, grants and limits, edited by the operator."""

from typing import Any

from components.controls import Dialog, Field, Tick, button
from components.dom import el
from components.feedback import card, section, table, toast
from components.plan_card import points, price
from services.accounts.users import UserView
from services.credits import plan_changes, plans
from services.credits.plans import Plan
from services.deps import Deps
from services.errors import DomainError
from services.limits.policy import FIGURES, Act

# field of a plan: label, and what it means to leave it empty
NUMBERS = {
    "price_cents": ("Price a month, in US cents", None),
    "credits_once": ("Images in all, granted once", None),
    "credits_monthly": ("Images a month", None),
    "model_slots": ("Models", "Empty means no limit"),
    "fair_use_monthly": ("Fair use: images a month", "Empty means no limit; for unlimited plans"),
    "training_credits": ("Credits for one training", None),
    "generations_per_minute": (
        "Requests for pictures a minute",
        f"Empty: the usual {FIGURES[Act.GENERATE].member}; an API key has half",
    ),
    "reads_per_minute": (
        "Pages and reading calls a minute",
        f"Empty: the usual {FIGURES[Act.READS].member}; an API key has half",
    ),
}


class Plans:
    """The table, and one dialog that is filled for the plan that is chosen."""

    def __init__(self, deps: Deps, actor: UserView) -> None:
        """actor: the administrator who looks."""
        self._deps = deps
        self._actor = actor

    async def build(self) -> None:
        """The section."""
        with section("Plans"), card(flush=True):
            self._table = el("div")
        self._dialog = Dialog("Plan")
        await self._draw()

    async def _draw(self) -> None:
        async with self._deps.transaction() as session:
            found = await plans.all_plans(session)
        self._table.clear()
        with self._table, table("Plans", ("Plan", "Price", "Gives", "")):
            for plan in found:
                self._row(plan)

    def _row(self, plan: Plan) -> None:
        said = [word for word, so in (("default", plan.is_default), ("hidden", plan.hidden)) if so]
        with el("tr"):
            with el("td"):
                el("p", plan.title, classes="strong")
                el("p", ", ".join(said), classes="small muted")
            el("td", price(plan.price_cents), classes="num")
            el("td", "; ".join(points(plan)), classes="small")
            with el("td"):
                edit = button(f"Edit {plan.title}", kind="quiet", icon_name="more", icon_only=True)
                edit.on("click", lambda: self._edit(plan), [])

    def _edit(self, plan: Plan) -> None:
        self._dialog.heading.text = plan.title
        self._dialog.body.clear()
        with self._dialog.body:
            title = Field("Title", value=plan.title, maxlength="40")
            numbers = {name: _number(plan, name) for name in NUMBERS}
            price_id = Field(
                "Stripe's id of the price", value=plan.stripe_price_id or "", autocomplete="off"
            )
            unlimited = Tick("Images cost no credits", value=plan.unlimited)
            hidden = Tick("Not offered to members", value=plan.hidden)

            async def save() -> None:
                changes = _read(numbers)
                if changes is None:
                    return
                changes |= {"title": title.value.strip() or plan.title, "hidden": hidden.value}
                changes |= {"unlimited": unlimited.value}
                changes["stripe_price_id"] = price_id.value.strip() or None
                await self._save(plan, changes)

            button("Save plan", save, kind="primary", mark="save-plan")
        self._dialog.show()

    async def _save(self, plan: Plan, changes: dict[str, Any]) -> None:
        try:
            async with self._deps.transaction() as session:
                await plan_changes.edit_plan(
                    session, name=plan.name, changes=changes, actor_id=self._actor.id
                )
        except DomainError as error:
            toast(str(error), danger=True)
            return
        self._dialog.close()
        toast(f"{changes['title']} is changed. Credits that were granted stay.")
        await self._draw()


def _number(plan: Plan, name: str) -> Field:
    label, empty = NUMBERS[name]
    value = getattr(plan, name)
    return Field(
        label,
        value="" if value is None else str(value),
        help=empty or "",
        inputmode="numeric",
        autocomplete="off",
    )


def _read(numbers: dict[str, Field]) -> dict[str, Any] | None:
    """The whole numbers that were written; None, with a word beside the field, if one is not."""
    changes: dict[str, Any] = {}
    for name, field in numbers.items():
        text, optional = field.value.strip(), NUMBERS[name][1] is not None
        if not text and optional:
            changes[name] = None
        elif text.isascii() and text.isdigit() and len(text) <= 7:
            changes[name] = int(text)
        else:
            field.error = "Write a whole number, such as 200."
            return None
        field.error = None
    return changes
