"""The credits of a member: what the plan gives, what is used, and every movement."""

from collections.abc import Sequence

from components import formatting
from components.dates import Moment, dated
from components.dom import attach, el
from components.feedback import Bar, Facts
from components.keyed_list import KeyedList
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


Movement = tuple[
    EntryView, str | None
]  # with the address of what it was for, if that is still there


class Usage:
    """What the plan gives and what is used of it."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        with el("div", classes="card stack"):
            self._facts = Facts()
            self._models = Bar(0, label="Models used of your plan")

    def show(
        self,
        *,
        plan: str,
        available: int | None,
        held: int,
        owed: int,
        used_this_month: int,
        models: int,
        model_slots: int | None,
    ) -> None:
        """available: None is unlimited. used_this_month: images since the 1st."""
        items = {
            "Plan": plan,
            "Credits": formatting.credits(available),
            "Used this month": formatting.plural(used_this_month, "credit"),
        }
        if held:
            items["Set aside"] = f"{formatting.plural(held, 'credit')} for work under way"
        if owed:
            items["Owed"] = (
                f"{formatting.plural(owed, 'credit')}, paid off by the next ones you get"
            )
        items["Models"] = f"{models} of {model_slots}" if model_slots is not None else f"{models}"
        self._facts.show(items)
        self._models.root.set_visibility(bool(model_slots))
        self._models.progress = models / model_slots if model_slots else 0


class Movements:
    """The table of movements, newest first; `add` puts each into its place."""

    def __init__(self, *, counted: bool = True) -> None:
        """Builds the empty table. counted=False: nothing is left over from an unlimited plan."""
        self._known: dict[int, Movement] = {}
        with el("div", classes="card flush table-wrap") as self.root, el("table"):
            el("caption", "Every movement of your credits, newest first", classes="sr-only")
            with el("thead"), el("tr"):
                el("th", "What for", scope="col")
                el("th", "Credits", scope="col", classes="num")
                if counted:
                    el("th", "Left", scope="col", classes="num")
            self._rows = KeyedList[Movement](
                el("tbody"),
                key=lambda movement: movement[0].id,
                build=lambda movement: _Row(movement[0], counted=counted),
            )

    @property
    def newest(self) -> int | None:
        """The id of the newest movement that is shown; None for none."""
        return max(self._known, default=None)

    def add(self, movements: Sequence[Movement]) -> None:
        """Older ones, newer ones, or the same with what they were for now."""
        self._known |= {movement[0].id: movement for movement in movements}
        self._rows.show(self._known[id] for id in sorted(self._known, reverse=True))


class _Row:
    """One movement. One that leaves what is available as it was says its number in words."""

    def __init__(self, entry: EntryView, *, counted: bool) -> None:
        kind = KINDS.get(entry.kind, entry.kind)
        still = counted and not entry.change
        with el("tr") as self.root:
            with el("td"):
                self._what_for = el("a", entry.reason, classes="wrap-any")
                said = f"{kind} {entry.credits}" if still else kind
                dated("p", f"{said} · ", Moment(entry.at), classes="tiny muted")
            if still:
                el("td", "±0", classes="num muted")
            else:
                change = f"{entry.change:+}".replace("-", "−") if counted else f"{entry.credits}"
                el("td", change, classes="num strong")
            if counted:
                el("td", f"{entry.after}", classes="num")

    def show(self, movement: Movement) -> None:
        """A movement itself never changes; what it was for comes, and may go."""
        if self._what_for.props.get("href") != movement[1]:
            attach(self._what_for, href=movement[1])
