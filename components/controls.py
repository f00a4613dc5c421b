"""Buttons and fields: native elements, so that keyboards, readers and phones know them."""

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal

from nicegui import ui

from components import formatting
from components.dom import El, Handler, attach, call, closes, el, html_id
from components.icons import IconName, icon

ButtonKind = Literal["plain", "primary", "quiet", "danger"]

# A double click or tap means it once. Browsers count a mouse's clicks themselves; 300 ms is the
# longest that they wait for the second tap.
ONE_CLICK = """(e) => {
    const button = e.currentTarget, soon = e.timeStamp - (button.clicked ?? -300) < 300;
    button.clicked = e.timeStamp;
    if (e.detail < 2 && !(soon && e.pointerType === 'touch')) emit();
}"""


def button(
    text: str,
    on_click: Handler | None = None,
    *,
    kind: ButtonKind = "plain",
    icon_name: IconName | None = None,
    icon_only: bool = False,
    submit: bool = False,
    large: bool = False,
    wide: bool = False,
    mark: str | None = None,
    **attributes: Any,
) -> El:
    """A button that says what it does with a verb; with `icon_only` the text is its label."""
    classes = f"btn {kind} {'large' if large else ''} {'wide' if wide else ''}"
    made = el("button", classes=classes, type="submit" if submit else "button", **attributes)
    _fill(made, text, icon_name, icon_only)
    if mark:
        made.mark(mark)
    if on_click:
        made.on("click", _one_at_a_time(on_click), js_handler=ONE_CLICK)
    return made


def _one_at_a_time(handler: Handler) -> Handler:
    """Clicks that come while an earlier one is still being answered are not asked for."""
    busy = False

    async def finish(work: Awaitable[Any]) -> None:
        nonlocal busy
        try:
            await work
        finally:
            busy = False

    def run() -> Any:
        nonlocal busy
        if busy:
            return None
        work = handler()
        busy = isinstance(work, Awaitable)
        return finish(work) if busy else work

    return run


def link_button(
    text: str,
    href: str,
    *,
    kind: ButtonKind = "plain",
    icon_name: IconName | None = None,
    icon_only: bool = False,
    large: bool = False,
    wide: bool = False,
    **attributes: Any,
) -> El:
    """A link that looks like a button: it goes somewhere, and opens in a new tab if asked to."""
    classes = f"btn {kind} {'large' if large else ''} {'wide' if wide else ''}"
    made = el("a", classes=classes, href=href, **attributes)
    _fill(made, text, icon_name, icon_only)
    return made


def _fill(made: El, text: str, icon_name: IconName | None, icon_only: bool) -> None:
    with made:
        if icon_name:
            icon(icon_name)
        if icon_only:
            made.classes("icon-only")
            attach(made, aria_label=text, title=text)
        else:
            el("span", text)


def relabel(made: El, text: str) -> None:
    """Let a button with a text say something else; it stays the same element."""
    label = made.default_slot.children[-1]
    assert isinstance(label, El)  # noqa: S101  # `_fill` has put it there
    label.text = text


def set_enabled(control: El, enabled: bool) -> None:
    """Enable or disable a button or field, in the page and for the server's handlers."""
    if bool(control.props.get("disabled")) is enabled:
        attach(control, disabled=not enabled)


class Field:
    """A labelled control; `value` is what the member sees in it, `error` shows beside it.

    The browser holds the text while it is typed, so no answer of the server can overwrite it.
    """

    def __init__(
        self,
        label: str,
        *,
        value: str = "",
        help: str = "",
        tag: Literal["input", "textarea"] = "input",
        on_change: Handler | None = None,
        on_commit: Handler | None = None,
        **attributes: Any,
    ) -> None:
        """attributes: HTML's own (name, type, autocomplete, placeholder, maxlength, required).

        on_change: at each keystroke. on_commit: when the member leaves the changed field.
        """
        self._value = value
        self._on_change = on_change
        with el("div", classes="field") as self.root:
            self._label = el("label", label)
            self.control = self._build(tag, attributes)
            self._help = el("p", help, classes="help")
            self._help.set_visibility(bool(help))
            self._error = el("p", classes="error", role="alert")
            self._error.set_visibility(False)
        attach(self._label, for_=html_id(self.control))
        if on_commit:
            self.control.on("change", on_commit, [])
        if help:
            attach(self.control, aria_describedby=html_id(self._help))

    def _build(self, tag: str, attributes: dict[str, Any]) -> El:
        control = el(tag, classes="input", **attributes)
        # `defaultValue` never competes with what is being typed, as `value` would.
        control.props["defaultValue"] = self._value
        control.on("input", self._typed, js_handler="(e) => emit(e.target.value)")
        return control

    def _typed(self, event: Any) -> Any:
        self._value = str(event.args)
        self.error = None
        return self._on_change() if self._on_change else None

    def on_change(self, handler: Handler) -> None:
        """Call this at each keystroke."""
        self._on_change = handler

    @property
    def value(self) -> str:
        """What stands in the field now."""
        return self._value

    @value.setter
    def value(self, value: str) -> None:
        self._value = value
        ui.run_javascript(
            f"getHtmlElement({self.control.id}).value = {formatting.javascript(value)}"
        )

    def rename(self, label: str) -> None:
        """Give the field another label."""
        self._label.text = label

    @property
    def error(self) -> str | None:
        """What is wrong with the value, in words; None when nothing is."""
        return self._error.text or None

    @error.setter
    def error(self, message: str | None) -> None:
        if (message or "") == self._error.text:
            return
        self._error.text = message or ""
        self._error.set_visibility(bool(message))
        described = self._error if message else self._help if self._help.text else None
        attach(
            self.control,
            aria_invalid="true" if message else None,
            aria_describedby=html_id(described) if described else None,
        )

    def focus(self) -> None:
        """Move the keyboard focus here, as after a refused form."""
        call(self.control, "focus")


class PasswordField(Field):
    """A password that can be shown, pasted and filled in by a password manager."""

    def _build(self, tag: str, attributes: dict[str, Any]) -> El:
        with el("div", classes="input-group"):
            control = super()._build(tag, {"type": "password", **attributes})
            show = el("button", "Show", classes="btn quiet", type="button", aria_pressed="false")
            attach(show, aria_label="Show password")
        show.on(
            "click",
            js_handler=f"""(e) => {{
                const field = getHtmlElement({control.id}), shown = field.type === "text";
                field.type = shown ? "password" : "text";
                e.currentTarget.textContent = shown ? "Show" : "Hide";
                e.currentTarget.setAttribute("aria-pressed", String(!shown));
            }}""",
        )
        return control


class Choice(Field):
    """One of few, in the browser's own list; options: value -> text."""

    def __init__(self, label: str, options: Mapping[str, str], *, value: str, **rest: Any) -> None:
        """The options keep their order."""
        self._options = options
        super().__init__(label, value=value, **rest)

    def _build(self, tag: str, attributes: dict[str, Any]) -> El:  # noqa: ARG002
        with el("select", classes="input", **attributes) as control:
            for value, text in self._options.items():
                el("option", text, value=value, selected=value == self._value)
        control.on("change", self._typed, js_handler="(e) => emit(e.target.value)")
        return control

    def _typed(self, event: Any) -> Any:
        # What a browser sends is not to be trusted: only what was offered counts.
        return super()._typed(event) if str(event.args) in self._options else None


class Tick:
    """A checkbox with its sentence; `name` makes it part of a plain form."""

    def __init__(
        self, text: str, *, value: bool = False, on_change: Handler | None = None, **rest: Any
    ) -> None:
        """rest: HTML attributes of the input."""
        self.value = value
        self._on_change = on_change
        with el("label", classes="tick") as self.root:
            self.control = el("input", type="checkbox", **rest)
            self.control.props["defaultChecked"] = value
            self.text = el("span", text)
        self.control.on("change", self._changed, js_handler="(e) => emit(e.target.checked)")

    def _changed(self, event: Any) -> Any:
        self.value = event.args is True
        return self._on_change() if self._on_change else None


class Segments:
    """One of few, side by side: a radio group that looks like a switch."""

    def __init__(
        self,
        label: str,
        options: Mapping[str, str],
        *,
        value: str,
        on_change: Handler | None = None,
        show_label: bool = True,
        stacked: bool = False,
    ) -> None:
        """options: value -> text. stacked: one below the other, for whole sentences."""
        self._stacked = stacked
        self.value = value
        self._options = options
        self._on_change = on_change
        with el("fieldset", classes="field") as self.root:
            el("legend", label, classes="" if show_label else "sr-only")
            with el("div", classes="stack tight" if stacked else "segments"):
                for key, text in options.items():
                    self._option(key, text)

    def _option(self, key: str, text: str) -> None:
        with el("label", classes="radio" if self._stacked else ""):
            made = el("input", type="radio", name=f"segments-{self.root.id}", value=key)
            made.props["defaultChecked"] = key == self.value
            el("span", text)
        made.on("change", self._changed, js_handler="(e) => emit(e.target.value)")

    def _changed(self, event: Any) -> Any:
        if str(event.args) not in self._options:
            return None
        self.value = str(event.args)
        return self._on_change() if self._on_change else None


def form(action: str, *, label: str | None = None) -> El:
    """A form that posts to the server itself: Enter submits, and it works before any script."""
    return el("form", classes="stack", method="post", action=action, aria_label=label)


def focus_first_error(fields: Sequence[Field]) -> bool:
    """Focus the first field that has an error; whether there was one."""
    for field in fields:
        if field.error:
            field.focus()
            return True
    return False


class Dialog(AbstractContextManager["Dialog"]):
    """Content goes into the `with` block; Escape and the close button close it."""

    def __init__(self, title: str, *, passing: bool = False) -> None:
        """title: said when it opens. passing: it is there until it is closed, and then gone."""
        with el("dialog", classes="sheet") as self.root:
            with el("div", classes="row between nowrap"):
                self.heading = el("h2", title, classes="grow")
                close = button("Close", kind="quiet", icon_name="close", icon_only=True)
            self.body = el("div", classes="stack")
        attach(self.root, aria_labelledby=html_id(self.heading))
        closes(close, self.root)
        if passing:
            self.root.on("close", self.root.delete, [])

    def __enter__(self) -> "Dialog":
        self.body.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.body.__exit__(*_)

    def show(self) -> None:
        """Open it from the server."""
        call(self.root, "showModal")

    def close(self) -> None:
        """Close it from the server."""
        call(self.root, "close")
