"""How the person comes into the picture: instant, trained or the photo booth, in plain words."""

from collections.abc import Sequence

from components.controls import Segments, button
from components.dom import Handler, el
from services.engines.base import Method

NAMES = {
    Method.TRAINED: "Trained",
    Method.INSTANT: "Instant",
    Method.PREVIEW: "Photo booth",
}
MEANS = {
    Method.TRAINED: "By the model that was trained on your photos: most like you.",
    Method.INSTANT: "From your best photos, in seconds. Training makes it more like you.",
    Method.PREVIEW: "Cut out of your own photos and set into a scene. No AI.",
}
COMPARED = {Method.INSTANT, Method.TRAINED}


class MethodPicker:
    """A switch where there is more than one method; `value` is the one that is meant."""

    def __init__(self, *, on_change: Handler, on_both: Handler) -> None:
        """on_change: after the member has chosen another one. on_both: to see two at once."""
        self._on_change = on_change
        self._offered: tuple[Method, ...] = ()
        self._chosen: Method | None = None
        with el("div", classes="stack tight") as self.root:
            self._place = el("div")
            self._means = el("p", classes="small muted", aria_live="polite")
            self._both = button(
                "Compare instant and trained", on_both, kind="quiet", mark="compare-both"
            )

    @property
    def value(self) -> Method:
        """What the member has chosen; the best there is while she has not, or where it is away."""
        return self._chosen if self._chosen in self._offered else self._offered[0]

    def offer(self, methods: Sequence[Method]) -> None:
        """What the model can be used for, best first, at least one; a choice stays where it can."""
        if tuple(methods) == self._offered:
            return
        self._offered = tuple(methods)
        self._build()
        self._tell()

    def _build(self) -> None:
        self._place.clear()
        self.root.set_visibility(len(self._offered) > 1)
        self._both.set_visibility(set(self._offered) >= COMPARED)
        with self._place:
            self._segments = Segments(
                "How",
                {method: NAMES[method] for method in self._offered},
                value=self.value,
                on_change=self._changed,
            )

    def _tell(self) -> None:
        self._means.text = MEANS[self.value]

    async def _changed(self) -> None:
        self._chosen = Method(self._segments.value)
        self._tell()
        done = self._on_change()
        if done is not None:
            await done
