"""Who is to be seen beside the person of a model: another model's, or nobody else."""

from collections.abc import Mapping

from components.controls import Choice
from components.dom import Handler, el

NOBODY = ""


class SecondPerson:
    """A list of the others, where there are any; `value` is the key of one of them, or NOBODY."""

    def __init__(self, *, on_change: Handler) -> None:
        """on_change: after the member has chosen."""
        self._on_change = on_change
        self._offered: dict[str, str] = {}
        self._choice: Choice | None = None
        self._root = el("div")

    @property
    def value(self) -> str:
        """The one that is chosen, while it is offered."""
        chosen = self._choice.value if self._choice else NOBODY
        return chosen if chosen in self._offered else NOBODY

    def offer(self, others: Mapping[str, str], *, value: str = NOBODY) -> None:
        """others: key -> name. value: begins with this one; a choice stays where it can."""
        value = self.value or value
        if dict(others) == self._offered:
            return
        self._offered = dict(others)
        self._root.clear()
        self._root.set_visibility(bool(others))
        with self._root:
            self._choice = Choice(
                "Together with",
                {NOBODY: "Nobody else", **others},
                value=value if value in others else NOBODY,
                on_change=self._on_change,
                help="Both are made from their photos, instantly.",
            )
