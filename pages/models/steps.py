"""The numbered steps of a page that is one long form."""

from dataclasses import dataclass

from components.dom import El, el


@dataclass(frozen=True)
class Step:
    """A numbered part of the form."""

    root: El
    number: El
    body: El

    def done(self, is_done: bool) -> None:
        """Tick it off."""
        self.root.classes(add="done" if is_done else "", remove="" if is_done else "done")


def step(number: int, title: str, text: str = "") -> Step:
    """One of them, with a heading and a sentence."""
    with el("section", classes="step", aria_label=title) as root:
        mark = el("span", str(number), classes="step-number", aria_hidden="true")
        with el("header"):
            el("h2", title)
            if text:
                el("p", text)
        body = el("div")
    return Step(root, mark, body)


def which_photos(*, one: bool, trains: bool) -> str:
    """What is asked for. one: a single photo will do; trains: more can be trained on."""
    enough = ""
    if one:
        enough = f"One is enough to begin{', 10 to 20 to train' if trains else ''}. "
    return (
        f"{enough}One person, clearly seen. Different days, places, light and distances teach "
        "most; no sunglasses, no filters, no groups."
    )
