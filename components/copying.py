"""What is there to be copied: a line of text, and the button that copies it and says so."""

from components.controls import ButtonKind, button
from components.dom import El, el

# Browsers have navigator.clipboard only over https and on this machine; elsewhere the older
# command copies what is selected, which has to be within the dialog while one is open.
COPY = """async (e) => {
    const pressed = e.currentTarget, source = getHtmlElement(%d);
    const label = pressed.querySelector("span"), status = pressed.nextElementSibling;
    const text = source.value ?? source.textContent;
    const copySelected = () => {
        const area = Object.assign(document.createElement("textarea"), { value: text });
        (pressed.closest("dialog") ?? document.body).append(area);
        area.select();
        const copied = document.execCommand("copy");
        area.remove();
        pressed.focus();
        return copied;
    };
    const copied = await Promise.resolve()
        .then(() => navigator.clipboard.writeText(text))
        .then(() => true, copySelected);
    if (!copied) source.select ? source.select() : getSelection().selectAllChildren(source);
    pressed.style.minWidth = `${pressed.offsetWidth}px`;
    pressed.dataset.label ??= label.textContent;
    label.textContent = status.textContent = copied ? "Copied" : "Not copied";
    clearTimeout(pressed.back);
    pressed.back = setTimeout(() => {
        label.textContent = pressed.dataset.label;
        status.textContent = "";
    }, 3000);
}"""


def copy_button(source: El, text: str = "Copy", *, kind: ButtonKind = "plain") -> El:
    """A button that copies what `source` shows, a field or a text, and then reads "Copied"."""
    with el("div", classes="copy") as root:
        made = button(text, kind=kind, icon_name="copy")
        el("span", classes="sr-only", role="status")
    made.on("click", js_handler=COPY % source.id)
    return root


def copyable(text: str, *, label: str) -> El:
    """A line of text that is selected as a whole, with a button that copies it."""
    with el("div", classes="copyable") as root:
        shown = el("input", classes="input", readonly=True, aria_label=label, defaultValue=text)
        shown.on("focus", js_handler="(e) => e.target.select()")
        copy_button(shown)
    return root
