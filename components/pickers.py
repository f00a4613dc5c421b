"""Choices that are seen: styles as pictures, formats as shapes, numbers as sliders."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from components import pictures
from components.dom import El, attach, el, html_id
from services.engines.base import Parameter
from services.studio.styles import StyleView


class Picker:
    """A group of radios whose labels are drawings; `value` is the chosen key, "" for none."""

    def __init__(self, title: str, *, classes: str, value: str) -> None:
        """title: said to screen readers and shown above."""
        self.value = value
        self._keys: set[str] = set()
        self._on_change: Callable[[], Any] | None = None
        with el("fieldset", classes="field") as self.root:
            el("legend", title)
            self._list = el("div", classes=classes)

    def on_change(self, handler: Callable[[], Any]) -> None:
        """Call this after each choice."""
        self._on_change = handler

    def option(self, key: str, **attributes: Any) -> El:
        """Add a choice; its drawing goes into the returned element."""
        self._keys.add(key)
        with self._list, el("label", **attributes):
            made = el("input", type="radio", name=f"pick-{self.root.id}", value=key)
            made.props["defaultChecked"] = key == self.value
            face = el("span")
        made.on("change", self._changed, js_handler="(e) => emit(e.target.value)")
        return face

    def _changed(self, event: Any) -> Any:
        if str(event.args) not in self._keys:
            return None
        self.value = str(event.args)
        return self._on_change() if self._on_change else None


class StylePicker(Picker):
    """Styles as pictures rendered in them; the first choice is no style at all."""

    def __init__(self, styles: Iterable[StyleView], *, value: str) -> None:
        """Stock pictures, until there are the member's own."""
        super().__init__("Preset", classes="styles", value=value)
        with self.option("", title="Only what the prompt says"):
            el("span", classes="style-none", aria_hidden="true")
            el("b", "No preset")
        self._tiles: list[tuple[StyleView, El]] = []
        for style in styles:
            with self.option(style.id, title=style.description):
                self._tiles.append((style, _tile(style)))
                el("b", style.name)

    def show(self, own: Mapping[str, str]) -> None:
        """own: look -> address of the chosen person's picture; stock pictures for the rest."""
        for style, image in self._tiles:
            url = own.get(style.look or "") or pictures.of_style(style)
            if url and url.partition("?")[0] != str(image.props.get("src")).partition("?")[0]:
                attach(image, src=url)


def _tile(style: StyleView) -> El:
    """Its picture, or an empty place of the same size."""
    url = pictures.of_style(style)
    if url is None:
        return el("span", classes="style-none", aria_hidden="true")
    return el(
        "img",
        src=url,
        alt="",
        loading="lazy",
        decoding="async",
        width="160",
        height="200",
    )


def aspect_picker(aspects: Mapping[str, tuple[int, int]], *, value: str) -> Picker:
    """Formats as their shapes. aspects: name -> (width, height) in pixels."""
    picker = Picker("Format", classes="aspects", value=value)
    for name, (width, height) in aspects.items():
        with picker.option(name, title=f"{width} × {height} pixels"):
            longest = max(width, height)
            shape = el("i", aria_hidden="true")
            shape.style(f"width:{28 * width / longest:.0f}px;height:{28 * height / longest:.0f}px")
            el("b", name)
    return picker


class Slider:
    """A number between two others; `value` is None until the member moves it."""

    def __init__(
        self,
        label: str,
        *,
        minimum: float,
        maximum: float,
        step: float,
        default: float,
        value: float | None = None,
        help: str = "",
    ) -> None:
        """default: what the engine takes when nothing is chosen."""
        self.value = value
        self._range = (minimum, maximum)
        shown = default if value is None else value
        with el("div", classes="field"):
            with el("div", classes="row between tight"):
                caption = el("label", label)
                self._figure = el("output", f"{shown:g}", classes="small num muted")
            control = el("input", type="range", classes="slider")
            attach(control, min=f"{minimum:g}", max=f"{maximum:g}", step=f"{step:g}")
            control.props["defaultValue"] = f"{shown:g}"
            if help:
                el("p", help, classes="help")
        attach(caption, for_=html_id(control))
        control.on(
            "input",
            self._moved,
            throttle=0.1,
            js_handler="(e) => emit(Number(e.target.value))",
        )

    def _moved(self, event: Any) -> None:
        if isinstance(event.args, int | float):
            low, high = self._range
            self.value = min(high, max(low, float(event.args)))
            self._figure.text = f"{self.value:g}"


def parameter_slider(label: str, parameter: Parameter | None, help: str) -> Slider | None:
    """A slider over what the engine takes; None where it takes no such number."""
    if parameter is None:
        return None
    return Slider(
        label,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        step=parameter.step,
        default=parameter.default,
        help=help,
    )
