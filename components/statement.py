"""The credits of a member: what the plan gives, what is used, and every movement."""

from collections.abc import Sequence

from components import formatting
from components.dom import El, el
from components.feedback import Bar, facts
from services.credits.ledger import EntryView

KINDS = {
    "grant": "Granted",
    "reserve": "Set aside",
    "capture": "Used",
    "release": "Given back",
    "debit": "Taken back",
    "debt": "Owed",
    "repay": "Paid off",
}


def usage_facts(
    *,
    plan: str,
    available: int | None,
    held: int,
    owed: int,
    used_this_month: int,
    models: int,
    model_slots: int | None,
) -> None:
    """Plan and usage. available: None is unlimited. used_this_month: images since the 1st."""
    items = {
        "Plan": plan,
        "Credits": formatting.credits(available),
        "Used this month": formatting.plural(used_this_month, "credit"),
    }
    if held:
        items["Set aside"] = f"{formatting.plural(held, 'credit')} for work under way"
    if owed:
        items["Owed"] = f"{formatting.plural(owed, 'credit')}, paid off by the next ones you get"
    items["Models"] = f"{models} of {model_slots}" if model_slots is not None else f"{models}"
    facts(items)
    if model_slots:
        Bar(models / model_slots, label="Models used of your plan")


class Movements:
    """The table of movements; `add` puts older ones below, `clear` empties it."""

    def __init__(self, *, counted: bool = True) -> None:
        """Builds the empty table. counted=False: nothing is left over from an unlimited plan."""
        self._counted = counted
        with el("div", classes="card flush table-wrap") as self.root, el("table"):
            el("caption", "Every movement of your credits, newest first", classes="sr-only")
            with el("thead"), el("tr"):
                el("th", "What for", scope="col")
                el("th", "Credits", scope="col", classes="num")
                if counted:
                    el("th", "Left", scope="col", classes="num")
            self._body = el("tbody")

    def clear(self) -> None:
        """Takes every row away."""
        self._body.clear()

    def add(self, entries: Sequence[tuple[EntryView, str | None]]) -> None:
        """Each entry with the address of what it was for, if that is still there."""
        with self._body:
            for entry, href in entries:
                _row(entry, href, counted=self._counted)


def _row(entry: EntryView, href: str | None, *, counted: bool) -> El:
    """One movement. One that leaves what is available as it was says its number in words."""
    kind = KINDS.get(entry.kind, entry.kind)
    still = counted and not entry.change
    with el("tr") as row:
        with el("td"):
            el("a" if href else "span", entry.reason, classes="wrap-any", href=href)
            said = f"{kind} {entry.credits}" if still else kind
            el("p", f"{said} · {formatting.moment(entry.at)}", classes="tiny muted")
        if still:
            el("td", "±0", classes="num muted")
        else:
            change = f"{entry.change:+}".replace("-", "−") if counted else f"{entry.credits}"
            el("td", change, classes="num strong")
        if counted:
            el("td", f"{entry.after}", classes="num")
    return row
