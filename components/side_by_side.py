"""Two requests beside each other: what each made, and how alike it is."""

from components.dom import El, attach, el
from components.models import stage_text
from services.faces.scale import WORDS, Word
from services.studio.generations import GenerationView


class SideBySide:
    """A column for each title; nothing moves when a picture comes."""

    def __init__(self, *titles: str) -> None:
        with el("div", classes="side-by-side") as self.root:
            self._sides = [_Side(title) for title in titles]
        self.root.set_visibility(False)

    def show(self, *requests: GenerationView) -> None:
        """One for each title, in their order."""
        self.root.set_visibility(True)
        for side, request in zip(self._sides, requests, strict=True):
            side.show(request)


class _Side:
    """One of the two."""

    def __init__(self, title: str) -> None:
        with el("figure") as self.root:
            self._place = el("div", classes="skeleton")
            with el("figcaption"):
                el("b", title)
                self._text = el("p", classes="small muted num", aria_live="polite")
        self._title = title
        self._image: El | None = None
        self._key = ""

    def show(self, request: GenerationView) -> None:
        self._place.style(f"aspect-ratio:{request.width}/{request.height}")
        self._place.classes(replace="skeleton" if request.active and not request.images else "")
        self._text.text = said(request)
        url = request.images[0].thumb_url if request.images else ""
        if url.partition("?")[0] == self._key:
            return
        self._key = url.partition("?")[0]
        if self._image:
            self._image.delete()
            self._image = None
        if url:
            with self._place:
                alt = f"{self._title}: {request.prompt}"
                self._image = el("img", src=url, decoding="async")
            attach(self._image, alt=alt)


def said(request: GenerationView) -> str:
    """`Likeness 81, close`, or how far it is, or why there is no picture."""
    if not request.images:
        return stage_text(request) if request.active else request.status_reason or "No picture."
    image = request.images[0]
    word = WORDS[Word(image.likeness_word)] if image.likeness_word else ""
    number = "" if image.likeness is None else f"Likeness {image.likeness:.0f}"
    alike = ", ".join(filter(None, [number, word])) or "No face was measured in it"
    return f"{alike[:1].upper()}{alike[1:]}.{'' if image.charged else ' Not charged.'}"
