"""The worker of this machine on the administrator's page: what it found, and its weights."""

from collections.abc import Awaitable, Callable

from components import formatting
from components.controls import button, set_enabled
from components.dom import attach, el
from components.feedback import Banner, Bar, Facts
from services.engines.local.state import Fetch, LocalState, Trial, Weights

Press = Callable[[], Awaitable[None]]


class LocalPanel:
    """Hardware and weights, and the buttons that fetch them; `show` brings it up to date."""

    def __init__(
        self,
        state: LocalState,
        *,
        on_look: Press,
        on_fetch: Press,
        on_hold: Press,
        on_trial: Press,
    ) -> None:
        """on_look: asks the hub for licence and size. on_fetch, on_hold: the download.

        on_trial: makes a picture, to measure how long one takes.
        """
        with el("div", classes="stack").mark("local-worker"):
            self._worker = Facts()
            with el("div", classes="stack") as self._absent:
                self._size = el("p", classes="small num")
                self._bar = Bar(0, label="Fetching the weights")
                with el("div", classes="row"):
                    self._look = button("Ask for size and licence", on_look, mark="look")
                    self._fetch = button(
                        "Fetch the weights",
                        on_fetch,
                        kind="primary",
                        icon_name="download",
                        mark="fetch",
                    )
                    self._hold = button("Stop the download", on_hold, mark="hold")
                self._note = el("p", classes="tiny muted wrap-any")
            with el("div", classes="stack") as self._trial:
                self._measured = el("p", classes="small")
                with el("div", classes="row"):
                    self._try = button("Make a trial picture", on_trial, mark="trial")
            self._trouble = Banner(tone="danger")
        self.show(state)

    def show(self, state: LocalState) -> None:
        """The worker as it is now."""
        weights = {_short(each.name): _said(each) for each in state.weights}
        self._worker.show({"Worker": state.status, **state.hardware, **weights})
        self._show_fetch(state, state.fetch)
        self._show_trial(state)
        trouble = state.fetch.trouble or (state.trial.trouble if state.trial else None)
        self._trouble.show(trouble, tone="danger")

    def _show_trial(self, state: LocalState) -> None:
        trial = state.trial or Trial()
        here = all(each.there for each in state.weights)
        self._trial.set_visibility(state.trial is not None and here)
        self._measured.text = _took(trial)
        set_enabled(self._try, state.running and not trial.running)
        attach(self._try, aria_busy="true" if trial.running else None)

    def _show_fetch(self, state: LocalState, fetch: Fetch) -> None:
        lacking = [each for each in state.weights if not each.there]
        known = all(each.size is not None for each in lacking)
        self._absent.set_visibility(bool(lacking) or fetch.fetching)
        self._size.text = _how_far(fetch)
        self._size.set_visibility(fetch.total > 0)
        self._bar.progress = fetch.done / fetch.total if fetch.total else 0
        self._bar.root.set_visibility(fetch.fetching)
        self._look.set_visibility(not known and not fetch.fetching)
        self._fetch.set_visibility(known and not (fetch.fetching or fetch.asking))
        self._hold.set_visibility(fetch.fetching)
        set_enabled(self._look, not fetch.asking)
        attach(self._look, aria_busy="true" if fetch.asking else None)
        self._note.text = (
            "They come from the Hugging Face hub, and a download that was cut off goes on where it "
            f"was. Or put the folders into {state.folder} yourself."
        )


def _short(name: str) -> str:
    """A repository without its owner."""
    return name.rpartition("/")[2]


def _said(weights: Weights) -> str:
    if weights.there:
        return "Here"
    if weights.size is None:
        return "Not here yet"
    left = formatting.size(weights.left or 0)
    return f"Licence {weights.licence}, {formatting.size(weights.size)}, {left} to fetch"


def _took(trial: Trial) -> str:
    if trial.running:
        return "A trial picture is being made. This may take many minutes."
    if trial.seconds is None:
        return "Members are offered pictures on this CPU once a trial says how long one takes."
    exactly = f"{trial.seconds:,.1f} seconds"
    return f"The last trial picture took {exactly} here, loading of the weights included."


def _how_far(fetch: Fetch) -> str:
    whole = formatting.size(fetch.total)
    return f"{formatting.size(fetch.done)} of {whole} are here."
