"""Plain HTML elements: lighter than a widget, and they look like nothing but our own design."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any, Literal

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

Handler = Callable[..., Any]
El = TextElement

_VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


def el(tag: str, text: str = "", *, classes: str = "", **attributes: Any) -> El:
    """An element with text (always escaped); `aria_label` becomes `aria-label`, `for_` `for`.

    None and False leave an attribute out, True writes it without a value.
    """
    element = TextElement(tag=tag, text=text)
    # Past NiceGUI's observers, here and below: they would tell of each one, at twice the time
    # of the element itself, and the element is told of as a whole.
    list.extend(element.classes, classes.split())
    _set(element, attributes)
    return element


def still(tag: str, inside: str, *, classes: str = "", **attributes: Any) -> El:
    """An element whose inside never changes: for server and browser one, whatever it holds.

    inside: HTML of our own alone, never a member's words, as nothing in it is escaped.
    """
    return el(tag, classes=classes, innerHTML=inside, **attributes)


def attach(element: Element, **attributes: Any) -> None:
    """Set attributes; None and False take one away."""
    _set(element, attributes)
    element.update()


def _set(element: Element, attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        key = name.rstrip("_").replace("_", "-")
        if value is None or value is False:
            dict.pop(element.props, key, None)
        else:
            dict.__setitem__(element.props, key, value)


def html_id(element: Element) -> str:
    """The element's id in the page, for `for`, `aria-describedby` and links."""
    return element.html_id


def aim(element: Element, face: Sequence[float] | None) -> None:
    """Keep a face in sight where a picture is cut to its place.

    face: left, top, right, bottom in 0..1; None: the middle, as without it.
    """
    if face:
        left, top, right, bottom = face
        x, y = 50 * (left + right), 50 * (top + bottom)
        element.style(f"object-position: {x:.1f}% {y:.1f}%")


def call(element: Element, method: Literal["showModal", "close", "focus", "click"]) -> None:
    """Call a DOM method on the element in the member's browser."""
    ui.run_javascript(f"getHtmlElement({element.id})?.{method}()")


def opens(button: Element, dialog: Element) -> None:
    """Let a click open a native dialog without asking the server."""
    button.on("click", js_handler=f"() => getHtmlElement({dialog.id}).showModal()")


def closes(button: Element, dialog: Element) -> None:
    """Let a click close a native dialog without asking the server."""
    button.on("click", js_handler=f"() => getHtmlElement({dialog.id}).close()")


def to_html(element: Element) -> str:
    """The element and what is in it as static HTML: for pages that need no script."""
    return "".join(_pieces(element))


def _pieces(element: Element) -> Iterator[str]:
    attributes: dict[str, Any] = dict(element.props)
    if element.classes:
        attributes["class"] = " ".join(element.classes)
    if element.style:
        attributes["style"] = ";".join(f"{k}:{v}" for k, v in element.style.items())
    yield f"<{element.tag}"
    for name, value in attributes.items():
        if value is True:
            yield f" {name}"
        elif value not in (None, False):
            yield f' {name}="{escape(str(value))}"'
    yield ">"
    if element.tag in _VOID:
        return
    yield escape(getattr(element, "text", "") or "", quote=False)
    for child in element.default_slot.children:
        yield from _pieces(child)
    yield f"</{element.tag}>"
