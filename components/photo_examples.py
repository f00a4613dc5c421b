"""Photos that help beside photos that teach nothing, of the sitter of `samples/README.md`."""

from components.dom import El, attach, el
from components.icons import icon
from components.pictures import example

# What helps and what does not: name, caption, and what is seen, for whoever sees no pictures.
PAIRS = (
    (("sharp", "Sharp", "A face in focus"), ("blurred", "Blurred", "The same face out of focus")),
    (("alone", "Alone", "One person"), ("group", "In a group", "Two people side by side")),
    (("light", "In good light", "A well lit face"), ("dark", "Dark", "A face that is hardly seen")),
    (("near", "Near", "A face that fills the photo"), ("far", "Far away", "A very small person")),
)


def photo_examples(*, shown: bool) -> El:
    """Four pairs to open and close. shown: they are open at first."""
    with el("details", classes="examples", open=shown) as root:
        el("summary", "Which photos help")
        with el("div", classes="examples-pairs"):
            for good, bad in PAIRS:
                with el("div"):
                    _photo(*good, helps=True)
                    _photo(*bad, helps=False)
    return root


def _photo(name: str, caption: str, seen: str, *, helps: bool) -> None:
    with el("figure", classes="good" if helps else "bad"):
        picture = el("img", src=example(name), alt=seen, width="160", height="200")
        attach(picture, decoding="async", loading="lazy")
        with el("figcaption"):
            icon("check" if helps else "close", size="little")
            el("span", "Helps: " if helps else "Does not help: ", classes="sr-only")
            el("span", caption)
