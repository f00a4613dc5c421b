"""A GPU worker as an administrator sees it: what it is, what it does, when it was heard of."""

from collections.abc import Awaitable, Callable

from components.controls import button
from components.dates import Dated, Moment
from components.dom import attach, el
from components.feedback import Tone, badge
from services.workers.keys import WorkerView

DOING = {"generate": "Makes pictures", "train": "Trains"}

Act = Callable[[WorkerView], Awaitable[None]]


class WorkerRow:
    """One worker; `show` brings it up to date in place."""

    def __init__(self, view: WorkerView, *, on_rename: Act, on_revoke: Act) -> None:
        """on_rename, on_revoke: called with the worker as it was last shown."""
        self._view = view
        with el("li", classes="card row between").mark(f"worker-{view.prefix}") as self.root:
            with el("div"):
                with el("div", classes="row"):
                    self._name = el("p", classes="strong wrap-any")
                    self._state = badge("")
                self._hardware = el("p", classes="small wrap-any")
                self._seen = Dated("p", classes="small muted")
            with el("div", classes="row"):
                self._rename = button(
                    "Rename", lambda: on_rename(self._view), kind="quiet", mark="ask-worker-name"
                )
                self._revoke = button(
                    "Revoke", lambda: on_revoke(self._view), kind="danger", mark="revoke-worker"
                )

    def show(self, view: WorkerView) -> None:
        """The worker as it is now."""
        self._view = view
        self._name.text = view.name
        text, tone = state_of(view)
        self._state.text = text
        self._state.classes(replace=f"badge {tone}")
        self._hardware.text = view.hardware
        self._hardware.set_visibility(bool(view.hardware))
        seen = (", last heard of ", Moment(view.seen_at)) if view.seen_at else (", never used",)
        self._seen.show(f"Key {view.prefix}…", *seen)
        attach(self._rename, aria_label=f"Rename {view.name}")
        attach(self._revoke, aria_label=f"Revoke the key of {view.name}")


def state_of(view: WorkerView) -> tuple[str, Tone]:
    """What a worker does, in a word or two."""
    if view.seen_at is None:
        return "Not started yet", ""
    if not view.present:
        return "Away", "warn"
    if not view.doing:
        return "Waits for work", "good"
    return ", ".join(DOING[kind] for kind in dict.fromkeys(view.doing)), "good"
