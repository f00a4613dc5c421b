"""The keys of the studio and of the viewer: one list, and the dialog on `?` that shows it."""

from nicegui import ui

from components.controls import Dialog, button
from components.dom import El, el, html_id, opens

# What each does, and the keys for it; `viewer.js` acts on those of the second part.
SHORTCUTS: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...] = (
    (
        "Studio",
        (
            ("Make the images", ("Ctrl + Enter", "⌘ + Enter")),
            ("Show these shortcuts", ("?",)),
        ),
    ),
    (
        "A picture in full",
        (
            ("Previous or next picture", ("←", "→")),
            ("Edit", ("E",)),
            ("Favourite", ("F",)),
            ("Details", ("I",)),
            ("Zoom", ("Z",)),
            ("Rate by stars", ("1 to 5",)),
            ("See it before the change, while held", ("B",)),
            ("Move to the trash", ("Delete",)),
            ("Close", ("Esc",)),
        ),
    ),
)

# Never while somebody writes. In the page itself: a message to it would come after the first keys.
_ON_QUESTION_MARK = """<script>
    document.addEventListener("keydown", (e) => {{
        const box = document.getElementById("{id}");
        const writes = e.target.closest?.("input:not([type=radio]), textarea, select");
        if (e.key === "?" && box && !box.open && !writes) box.showModal();
    }});
</script>"""

# A key that is held, or pressed while a word is being composed, makes nothing.
_PRESSES = """(e) => {{
    if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.repeat || e.isComposing) return;
    e.preventDefault();
    getHtmlElement({id}).click();
}}"""


def shortcuts() -> None:
    """A button that opens the list, as `?` does anywhere on the page."""
    open_ = button("Shortcuts", kind="quiet", mark="shortcuts")
    open_.classes("with-keyboard")
    with Dialog("Keyboard shortcuts") as dialog:
        for place, keys in SHORTCUTS:
            el("h3", place)
            with el("dl", classes="shortcuts"):
                for what, names in keys:
                    _line(what, names)
    opens(open_, dialog.root)
    ui.add_head_html(_ON_QUESTION_MARK.format(id=html_id(dialog.root)))


def _line(what: str, names: tuple[str, ...]) -> None:
    el("dt", what)
    with el("dd"):
        for name in names:
            el("kbd", name)


def press_on_enter(field: El, pressed: El) -> None:
    """Ctrl or Cmd and Enter in the field click the button: as often as a click would."""
    field.on("keydown", js_handler=_PRESSES.format(id=pressed.id))
