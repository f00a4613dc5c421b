"""Days and moments as the reader writes them: in the locale and time zone of the browser."""

from datetime import datetime
from typing import NamedTuple

from components import formatting
from components.dom import El, el

# <local-time> writes itself, as soon as what the server wrote in it is there: the text for
# browsers without scripts.
SCRIPT = """customElements.define("local-time", class extends HTMLElement {
static observedAttributes = ["datetime", "shown"];
attributeChangedCallback() {
    if (document.readyState !== "loading") this.write();
    else document.addEventListener("DOMContentLoaded", () => this.write(), { once: true });
}
write() {
    const at = new Date(this.getAttribute("datetime")), dateStyle = "long";
    if (isNaN(at)) return;
    const time = this.getAttribute("shown") === "day" ? {} : { timeStyle: "short" };
    this.textContent = new Intl.DateTimeFormat(undefined, { dateStyle, ...time }).format(at);
    this.title = new Intl.DateTimeFormat(undefined, { dateStyle, timeStyle: "long" }).format(at);
} });"""


class Day(NamedTuple):
    """A moment of which the day is shown."""

    at: datetime


class Moment(NamedTuple):
    """A moment that is shown to the minute."""

    at: datetime


Part = str | Day | Moment


class Dated:
    """An element that says its parts one after the other; `show` says others."""

    def __init__(self, tag: str, *parts: Part, classes: str = "") -> None:
        self.root = el(tag, classes=classes)
        self._parts: tuple[Part, ...] = ()
        self.show(*parts)

    def show(self, *parts: Part) -> None:
        """Say these parts; nothing moves where they are said already."""
        if parts == self._parts:
            return
        self._parts = parts
        self.root.clear()
        with self.root:
            for part in parts:
                _say(part)


def dated(tag: str, *parts: Part, classes: str = "") -> El:
    """An element that says the parts one after the other, such as "Used ", Moment(at)."""
    return Dated(tag, *parts, classes=classes).root


def _say(part: Part) -> El:
    if isinstance(part, str):
        return el("span", part)
    at = part.at.isoformat()
    if isinstance(part, Day):
        return el("local-time", formatting.date(part.at), datetime=at, shown="day")
    return el("local-time", formatting.moment(part.at), datetime=at)
