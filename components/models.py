"""User models on pages: state in words, cards, live progress."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from components import formatting
from components.controls import button, link_button
from components.dom import attach, el
from components.feedback import Bar, Tone, badge
from db.states import GENERATION_OPEN, MODEL_ACTIVE, GenerationStatus, ModelStatus

# what a member reads, and how it looks
STATUS: dict[str, tuple[str, Tone]] = {
    ModelStatus.DRAFT: ("Draft", ""),
    ModelStatus.QUEUED: ("Waiting", "accent"),
    ModelStatus.PREPARING: ("Preparing", "accent"),
    ModelStatus.TRAINING: ("Training", "accent"),
    ModelStatus.READY: ("Ready", "good"),
    ModelStatus.FAILED: ("Failed", "danger"),
    ModelStatus.CANCELED: ("Cancelled", ""),
    GenerationStatus.RUNNING: ("Making", "accent"),
    GenerationStatus.SUCCEEDED: ("Done", "good"),
}
STAGES = {
    "preparing": "Preparing the photos",
    "encoding": "Reading the photos",
    "training": "Learning the likeness",
    "sampling": "Making sample pictures",
    "uploading": "Saving the model",
    "generating": "Making pictures",
    "again": "Making one again: it was not the person",
    "checking": "Checking whether the engine received it",
}


class Progressing(Protocol):
    """Work under way, as services show it."""

    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def stage(self) -> str: ...  # noqa: D102
    @property
    def progress(self) -> float: ...  # noqa: D102


class ModelLike(Progressing, Protocol):
    """A user model as a card shows it."""

    @property
    def id(self) -> UUID: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def photos(self) -> int: ...  # noqa: D102
    @property
    def cover_url(self) -> str | None: ...  # noqa: D102


def stage_text(work: Progressing) -> str:
    """What is being done now."""
    if work.status == ModelStatus.QUEUED and work.stage != "checking":
        return "Waiting for its turn"
    return STAGES.get(work.stage) or STATUS[work.status][0]


class StatusBadge:
    """The state in a word."""

    def __init__(self) -> None:
        self.root = badge("")

    def show(self, status: str) -> None:
        """status: a key of STATUS."""
        text, tone = STATUS[status]
        self.root.text = text
        self.root.classes(replace=f"badge {tone}")


class ModelCard:
    """A model as a picture with its name and state; the whole card leads to its page."""

    def __init__(self, model: ModelLike) -> None:
        with el("a", classes="model-card", href=f"/models/{model.id}") as self.root:
            with el("div", classes="model-cover"):
                self._cover = el("img", alt="", loading="lazy", decoding="async")
                self._initial = el("span", aria_hidden="true")
            with el("div", classes="row between nowrap tight"):
                with el("div", classes="grow"):
                    self._name = el("h3", classes="clip")
                    self._photos = el("p", classes="small muted")
                self._badge = StatusBadge()

    def show(self, model: ModelLike) -> None:
        """The model as it is now."""
        if self._cover.props.get("src") != model.cover_url:
            attach(self._cover, src=model.cover_url)
        self._cover.set_visibility(model.cover_url is not None)
        self._initial.set_visibility(model.cover_url is None)
        self._initial.text = model.name[:1]
        self._name.text = model.name
        self._photos.text = formatting.plural(model.photos, "photo")
        self._badge.show(model.status)


class LiveCard:
    """Work under way or just ended: headline, bar, time left, last picture, what can be done.

    `show` brings it up to date; nothing moves on the page when it does.
    """

    def __init__(
        self,
        title: str,
        *,
        href: str,
        on_cancel: Callable[[], Any],
        on_dismiss: Callable[[], Any],
        then: Mapping[str, tuple[str, str]],
    ) -> None:
        """href: the page that tells more. then: {state: (text, address) of what comes next}."""
        self.title = title
        with el("article", classes="card live", aria_label=title) as self.root:
            self._picture = el("img", classes="live-picture", alt="", width="96", height="96")
            with el("div", classes="live-words"):
                with el("div", classes="row between nowrap"):
                    el("a", title, href=href, classes="strong clip live-title")
                    self._badge = el("span", classes="badge")
                self._text = el("p", classes="small muted num", aria_live="polite")
                self._bar = Bar(0, label=title)
            with el("div", classes="row tight live-actions"):
                self._cancel = button("Cancel", on_cancel, kind="quiet")
                self._then = {
                    state: link_button(
                        text, address, kind="primary" if state == ModelStatus.READY else "plain"
                    )
                    for state, (text, address) in then.items()
                }
                self._dismiss = button(
                    "Put away", on_dismiss, kind="quiet", icon_name="close", icon_only=True
                )

    def show(self, work: Progressing, *, text: str, picture: str | None) -> None:
        """text: what happens, or happened. picture: the last one's URL, None for none yet."""
        name, tone = STATUS[work.status]
        active = work.status in (*MODEL_ACTIVE, *GENERATION_OPEN)
        self._badge.text = formatting.percent(work.progress) if active and work.progress else name
        self._badge.classes(replace=f"badge num {tone}")
        self._text.text = text
        done = work.status in {ModelStatus.READY, GenerationStatus.SUCCEEDED}
        self._bar.progress = 1.0 if done else work.progress
        self._bar.root.set_visibility(active)
        attach(self._picture, src=picture)
        self._picture.set_visibility(picture is not None)
        self.root.classes(add="" if active else "ended", remove="ended" if active else "")
        self._cancel.set_visibility(active)
        self._dismiss.set_visibility(not active)
        for state, link in self._then.items():
            link.set_visibility(state == work.status)
