"""What a set of photos shows so far: a place for each kind, which fills as photos come."""

from components.dom import El, el
from services.training.coverage import Coverage

KINDS = {
    "left": "From the left",
    "front": "From the front",
    "right": "From the right",
    "close": "Close",
    "half": "Half figure",
    "whole": "Whole figure",
    "bright": "Bright",
    "dim": "Dim",
    "days": "Days",
}


class CoverageStrip:
    """Hidden until there is something to count. Its places stay, and their figures change."""

    def __init__(self) -> None:
        with el("ul", classes="coverage", aria_label="What the photos show") as self.root:
            self._places = {name: _place(text) for name, text in KINDS.items()}
        self.root.set_visibility(False)

    def show(self, found: Coverage | None) -> None:
        """None: nobody looked."""
        self.root.set_visibility(found is not None)
        if found is None:
            return
        for name, (place, figure) in self._places.items():
            count = getattr(found, name)
            figure.text = str(count)
            place.classes(add="have" if count else "", remove="" if count else "have")


def _place(text: str) -> tuple[El, El]:
    with el("li", classes="small") as place:
        el("span", text)
        figure = el("b", "0", classes="num")
    return place, figure
