"""Images as they come: one card a request, with a place kept for each picture."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from nicegui import ui

from components import formatting
from components.controls import button, link_button
from components.dom import El, aim, attach, el
from components.feedback import Banner, Bar, Tone, badge
from components.models import stage_text
from db.states import GenerationStatus
from services.gallery.images import ImageView
from services.studio.generations import GenerationView

REVEAL = """
    getHtmlElement({id}).scrollIntoView({{
        block: 'nearest',
        behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
    }})"""


class ResultCard:
    """One request: `show` brings it up to date without moving what is already there."""

    def __init__(
        self, request: GenerationView, *, caption: str, on_cancel: Callable[[], Any]
    ) -> None:
        """caption: model and style. on_cancel: called while it is under way."""
        across = {1: 1, 8: 4}.get(request.count, 2)
        with el("article", classes="result", aria_label=request.prompt) as self.root:
            with el("div", classes="result-status") as self._status:
                with el("div", classes="result-head"):
                    with el("div"):
                        el("p", request.prompt, classes="strong wrap-any")
                        el("p", caption, classes="small muted")
                        self._followed = el("p", classes="small muted")
                    self._cancel = button("Cancel", on_cancel, kind="quiet")
                    self._again = link_button(
                        "Use again", f"/studio?again={request.id}", kind="quiet", icon_name="retry"
                    )
                self._line = el("p", classes="small muted num", aria_live="polite")
                self._bar = Bar(0, label=f"Making {formatting.plural(request.count, 'image')}")
            self._problem = Banner()
            alone = "alone" if request.count == 1 else ""
            with el("div", classes=f"result-grid {alone}".strip()).style(f"--across:{across}"):
                self._places = [_place(request) for _ in range(request.count)]
        self._shown: dict[UUID, El] = {}

    def show(self, request: GenerationView, *, waiting: str) -> None:
        """waiting: how long it will take, in words, or nothing."""
        for image in request.images:
            if image.id not in self._shown:
                place = self._place_for(request)
                _fill(place, image, request.prompt)
                self._shown[image.id] = place
        self._followed.text = _followed(request)
        self._followed.set_visibility(bool(request.made_by))
        self._line.text = f"{stage_text(request)}{waiting}"
        self._line.set_visibility(request.active)
        self._bar.progress = request.progress
        self._bar.root.set_visibility(request.active)
        self._cancel.set_visibility(request.active)
        self._again.set_visibility(not request.active)
        if not request.active:
            self._end(request)

    def reveal(self) -> None:
        """Bring prompt, progress and Cancel into sight; where they are already, nothing moves."""
        ui.run_javascript(REVEAL.format(id=self._status.id))

    def _place_for(self, request: GenerationView) -> El:
        """The next free one; else that of an image that was replaced."""
        if len(self._shown) < len(self._places):
            return self._places[len(self._shown)]
        present = {image.id for image in request.images}
        place = self._shown.pop(next(id for id in self._shown if id not in present))
        place.clear()
        return place

    def _end(self, request: GenerationView) -> None:
        for place in self._places[len(self._shown) :]:
            place.set_visibility(False)
        stopped = request.status == GenerationStatus.CANCELED
        more = " Credits for pictures that were not made are back." if stopped else ""
        failed = request.status == GenerationStatus.FAILED
        tone: Tone = "" if stopped else "danger" if failed else "warn"
        reason = request.status_reason
        self._problem.show(f"{reason}{more}" if reason else None, tone=tone)


def _followed(request: GenerationView) -> str:
    """Who made it, which words it followed and which not."""
    done = [term.label for term in request.understood or ()]
    missed = [each.word for each in request.not_understood or ()]
    said = [f"{request.made_by}."]
    said += [f"Followed: {', '.join(done)}."] if done else []
    said += [f"Not followed: {', '.join(missed)}."] if missed else []
    said += [request.note] if request.note else []
    return " ".join(said)


def _place(request: GenerationView) -> El:
    place = el("div", classes="skeleton")
    return place.style(f"aspect-ratio:{request.width}/{request.height}")


def _fill(place: El, image: ImageView, prompt: str) -> None:
    place.classes(remove="skeleton")
    with place, el("a", href=f"/gallery?image={image.id}"):
        picture = el("img", src=image.thumb_url, alt=prompt, decoding="async")
    attach(picture, data_image=str(image.id))
    aim(picture, image.face_box)
    if not image.charged:
        with place:
            badge("Not charged").classes("on-picture")
