"""What the page says back: banners, toasts, badges, progress, empty states."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from nicegui import background_tasks, ui

from components.controls import button, link_button
from components.dates import Dated, Part
from components.dom import El, Handler, attach, el, html_id
from components.icons import IconName, icon

Tone = Literal["", "good", "warn", "danger", "accent"]
TOAST_SECONDS = 8.0  # long enough to read a sentence and reach for Undo
_TONE_ICON: dict[str, IconName] = {
    "good": "check-circle",
    "warn": "alert",
    "danger": "alert",
    "": "info",
}


def banner(
    text: str, *, tone: Tone = "", reference: str | None = None, command: str | None = None
) -> El:
    """One thing to know about the page.

    reference: an id to quote when asking for help. command: what to type at a terminal.
    """
    made = Banner(text, tone=tone)
    if command:
        with made.body:
            el("code", command, classes="small mono wrap-any")
    if reference:
        with made.body:
            el("p", f"Reference: {reference}", classes="tiny mono")
    return made.root


class Banner:
    """One thing to know about the page, which may change: said again only when it does."""

    def __init__(self, text: str | None = None, *, tone: Tone = "") -> None:
        """text None: there is nothing to know yet."""
        with el("div") as self.root:
            self._icon = icon("info")
            with el("div") as self.body:
                self._text = el("p")
        self._shown: tuple[str | None, Tone] | None = None
        self.show(text, tone=tone)

    def show(self, text: str | None, *, tone: Tone = "") -> None:
        """Say this instead, or nothing."""
        if self._shown == (text, tone):
            return
        self._shown = text, tone
        self.root.set_visibility(bool(text))
        self.root.classes(add=f"banner {tone}", remove=" ".join(t for t in _TONE_ICON if t != tone))
        attach(self.root, role="alert" if tone == "danger" else "status")
        self._icon.classes(replace=f"icon icon-{_TONE_ICON.get(tone, 'info')}")
        self._text.text = text or ""


def badge(text: str, *, tone: Tone = "") -> El:
    """A state in a word or two."""
    return el("span", text, classes=f"badge {tone}")


def toast(
    text: str, *, action: str | None = None, on_action: Handler | None = None, danger: bool = False
) -> None:
    """Say something briefly, with at most one thing to do about it, such as Undo."""
    region = _toast_region()
    with region, el("div", classes="toast", role="alert" if danger else "status") as root:
        el("span", text)
        if action and on_action:
            button(action, _once(root, on_action), kind="quiet")
        close = button("Close", kind="quiet", icon_name="close", icon_only=True)
    close.on("click", lambda: _remove(root), [])
    background_tasks.create(_expire(root), name="toast")


def _toast_region() -> El:
    """The page's live region, made on first use and kept."""
    client = ui.context.client
    region: El | None = getattr(client, "likeness_toasts", None)
    if region is None:
        with client.layout:
            region = el("div", classes="toasts")
        client.likeness_toasts = region  # type: ignore[attr-defined]
    return region


def _once(root: El, handler: Handler) -> Callable[[], Any]:
    def run() -> Any:
        _remove(root)
        return handler()

    return run


async def _expire(root: El) -> None:
    await asyncio.sleep(TOAST_SECONDS)
    _remove(root)


def _remove(root: El) -> None:
    if not root.is_deleted:
        root.delete()


class Bar:
    """A progress bar that says its figure to screen readers; `progress` is 0.0-1.0."""

    def __init__(self, progress: float, *, label: str) -> None:
        """label: what is in progress, such as `Training Anna`."""
        self.root = el("div", classes="bar", role="progressbar", aria_label=label)
        attach(self.root, aria_valuemin="0", aria_valuemax="100")
        with self.root:
            self._fill = el("div")
        self.progress = progress

    @property
    def progress(self) -> float:
        """0.0-1.0."""
        return self._progress

    @progress.setter
    def progress(self, progress: float) -> None:
        self._progress = min(1.0, max(0.0, progress))
        percent = round(self._progress * 100)
        self._fill.style(f"width:{percent}%")
        attach(self.root, aria_valuenow=str(percent))


def empty_state(
    sentence: str,
    *,
    title: str | None = None,
    action: tuple[str, str] | None = None,
    symbol: IconName | None = None,
) -> El:
    """One sentence, one icon, one button (its text and where it goes)."""
    with el("div", classes="empty") as root:
        if symbol:
            with el("div", classes="empty-icon", aria_hidden="true"):
                icon(symbol, size="big")
        if title:
            el("h2", title)
        el("p", sentence)
        if action:
            link_button(action[0], action[1], kind="primary")
    return root


def section(title: str, *, link: tuple[str, str] | None = None) -> El:
    """A part of a page under its own heading; `link` is (text, address) beside it."""
    with el("section", classes="section") as root, el("header"):
        heading = el("h2", title)
        if link:
            el("a", link[0], href=link[1])
    attach(root, aria_labelledby=html_id(heading))
    return root


def card(*, flush: bool = False, **attributes: Any) -> El:
    """A surface with a hairline; `flush` lets a picture reach its edges."""
    return el("div", classes=f"card {'flush' if flush else ''}".strip(), **attributes)


def table(label: str, headings: Sequence[str]) -> El:
    """A table that scrolls within itself where it is too wide; rows go into the `with` block."""
    with (
        el("div", classes="table-wrap", tabindex="0", role="region", aria_label=label),
        el("table"),
    ):
        with el("thead"), el("tr"):
            for heading in headings:
                el("th", heading, scope="col")
        return el("tbody")


def facts(items: Mapping[str, Part]) -> El:
    """Names and values, such as a recipe."""
    return Facts(items).root


class Facts:
    """Names and values that may change."""

    def __init__(self, items: Mapping[str, Part] | None = None) -> None:
        self.root = el("dl", classes="facts")
        self._values: dict[str, Dated] = {}
        self.show(items or {})

    def show(self, items: Mapping[str, Part]) -> None:
        """These, in this order. Nothing in it can be pressed, so other names are other elements."""
        if list(items) != list(self._values):
            self.root.clear()
            self._values = {}
            with self.root:
                for name in items:
                    el("dt", name)
                    self._values[name] = Dated("dd")
        for name, value in items.items():
            self._values[name].show(value)
