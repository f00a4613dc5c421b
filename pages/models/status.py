"""/models/{id}: how the training goes, what went wrong, or what the finished model is."""

from typing import Any
from uuid import UUID

from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from components import formatting, live
from components.controls import button, link_button
from components.dates import Dated, Day, Moment, Part
from components.dom import El, Handler, aim, attach, el, html_id
from components.feedback import Banner, Bar, Facts, section, toast
from components.loss_chart import LossChart, has_curve
from components.models import STATUS, StatusBadge, stage_text
from components.notifying import ask_to_notify, tell
from db.states import ModelStatus
from pages import waiting
from pages.models.compare import ComparePart
from pages.models.delete import DeleteButton
from pages.models.sheet import SheetPart
from pages.models.versions import Versions
from pages.server.call_limits import count_in_page
from pages.server.context import current_user
from pages.signed_in_frame import Shell, shell
from services.deps import Deps
from services.errors import DomainError, NotFound
from services.limits.policy import Act
from services.training import photos, trainings, user_models
from services.training.photos import PhotoView
from services.training.user_models import UserModelView

LORAS = {"Download LoRA": "", "LoRA for ComfyUI / BFL": "?form=comfyui"}
PLACES = 4  # kept for samples that are on their way


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/models/{id}")
    async def model_page(id: UUID, compare: str | None = None) -> Response | None:
        user = current_user()
        async with deps.transaction() as session:
            model = await user_models.get(session, deps, user_id=user.id, user_model_id=id)
            found = await photos.list_(session, deps, user_id=user.id, user_model_id=id)
        if model.status == ModelStatus.DRAFT:
            return RedirectResponse(f"/models/new?draft={id}", 303)
        async with shell(deps, model.name, place="Dashboard") as room:
            await ModelPage(deps, user.id, model, compare).build(found.photos, room)
        return None


class ModelPage:
    """One model. Its parts are built once and changed in place, whatever state it gets into."""

    def __init__(
        self, deps: Deps, user_id: UUID, model: UserModelView, compare: str | None
    ) -> None:
        """model: as it is when the page opens. compare: a sentence to be made both ways."""
        self._deps = deps
        self._user_id = user_id
        self._model = model
        self._sentence = compare
        self._chart: LossChart | None = None
        self._samples: dict[str, El] = {}

    async def build(self, found: tuple[PhotoView, ...], room: Shell) -> None:
        """Main column, and beside it what it is made of."""
        self._heading = room.heading
        with room.actions:
            self._badge = StatusBadge()
        with el("div", classes="columns"):
            with el("div", classes="stack loose"):
                self._build_main()
            with el("aside"):
                with el("div", classes="card stack"):
                    el("h2", "Recipe")
                    self._facts = Facts()
                    self._notice = el("p", classes="small muted")
                self._versions = Versions(self._deps, self._user_id, self._model.id)
                _photo_strip(found, self._model)
                self._delete = DeleteButton(self._deps, self._user_id, self._model)
        await self._show()
        await self._versions.refresh()
        await self._sheet.follow(self._model.id)
        live.on("user_model", self._user_id, self._changed)

    def _build_main(self) -> None:
        self._progress = _Progress(self._cancel)
        self._ready = _Ready(self._model.id)
        self._ended = _Ended(self._model.id, self._again)
        self._compare = ComparePart(
            self._deps, self._user_id, self._model.id, sentence=self._sentence
        )
        self._sheet = SheetPart(self._deps, self._user_id)
        self._sample_part = el("section", classes="section")
        with self._sample_part:
            with el("header"):
                self._sample_heading = el("h2")
            with el("div", classes="samples") as self._grid:
                self._places = [el("div", classes="skeleton") for _ in range(PLACES)]
        attach(self._sample_part, aria_labelledby=html_id(self._sample_heading))
        self._curve_part = section("Learning curve")

    async def _changed(self, id: UUID) -> None:
        if id != self._model.id:
            return
        key: dict[str, Any] = {"user_id": self._user_id, "user_model_id": id}
        before = self._model
        try:
            async with self._deps.transaction() as session:
                self._model = await user_models.get(session, self._deps, **key)
        except NotFound:  # deleted somewhere else
            ui.navigate.to("/dashboard")
            return
        await self._show()
        await self._versions.refresh()
        if before.active and not self._model.active:
            self._announce()

    async def _show(self) -> None:
        """Everything for the present state."""
        model = self._model
        self._heading.text = model.name
        self._delete.show(model)
        self._badge.show(model.status)
        self._progress.root.set_visibility(model.active)
        self._ready.root.set_visibility(model.status == ModelStatus.READY)
        self._ended.root.set_visibility(not model.active and model.status != ModelStatus.READY)
        ahead = ""
        if model.active:
            self._progress.show(model, await waiting.model(self._deps, self._user_id, model))
            ahead = f"{formatting.percent(model.progress)} · "
        elif model.status == ModelStatus.READY:
            self._ready.show(model)
        else:
            self._ended.show(model)
        ui.page_title(f"{ahead}{model.name} · Likeness")
        await self._sheet.name(f"{model.name} in every style", ready=bool(model.methods))
        await self._compare.show(model)
        self._show_facts()
        self._show_samples()
        self._show_curve()

    def _show_facts(self) -> None:
        model = self._model
        shown: dict[str, Part] = {
            "Photos": str(model.photos),
            "Subject": model.subject.capitalize(),
            "Engine": self._engine_label(),
            "Base model": model.base_model or "",
            "Trigger word": model.trigger_word,
            "Seed": str(model.recipe.get("seed", "")),
            "Steps": str(model.recipe.get("steps", "")),
            "Created": Day(model.created_at),
        }
        self._facts.show({name: value for name, value in shown.items() if value})
        engine = self._deps.engines.info(model.engine or "")
        self._notice.text = engine.notice if engine else ""
        self._notice.set_visibility(engine is not None)

    def _engine_label(self) -> str:
        engine = self._deps.engines.info(self._model.engine or "")
        return engine.label if engine else self._model.engine or ""

    def _show_samples(self) -> None:
        """Those of this training: a new one begins without any."""
        wanted = {sample.url.split("?")[0]: sample for sample in self._model.samples}
        for key in self._samples.keys() - wanted.keys():
            self._samples.pop(key).delete()
        with self._grid:
            for key in wanted.keys() - self._samples.keys():
                made = _sample(wanted[key].url, wanted[key].step, self._model.name)
                made.move(target_index=list(wanted).index(key))
                self._samples[key] = made
        for i, place in enumerate(self._places):
            place.set_visibility(self._model.active and i >= len(self._samples))
        self._sample_heading.text = "Samples so far" if self._model.active else "Samples"
        self._sample_part.set_visibility(self._model.active or bool(self._samples))

    def _show_curve(self) -> None:
        drawable = has_curve(self._model.metrics)
        self._curve_part.set_visibility(drawable)
        if not drawable:
            return
        if self._chart:
            self._chart.show(self._model.metrics)
            return
        with self._curve_part, el("div", classes="card"):
            self._chart = LossChart(self._model.metrics)

    def _announce(self) -> None:
        """A training just ended while somebody looked: say so, also outside of the tab."""
        ready = self._model.status == ModelStatus.READY
        name = self._model.name
        text = f"{name} is ready." if ready else f"The training of {name} ended."
        toast(text, danger=self._model.status == ModelStatus.FAILED)
        ui.run_javascript(tell(text))

    async def _again(self) -> None:
        await self._try(trainings.start, "")

    async def _cancel(self) -> None:
        await self._try(trainings.cancel, "Training cancelled. Nothing was charged.")

    async def _try(self, act: Any, done: str) -> None:
        try:
            count_in_page(Act.MODELS)
            async with self._deps.transaction() as session:
                await act(session, self._deps, user_id=self._user_id, user_model_id=self._model.id)
        except DomainError as error:
            toast(str(error), danger=True)
        else:
            if done:
                toast(done)


class _Progress:
    """A training under way."""

    def __init__(self, cancel: Handler) -> None:
        with el("section", classes="stage card", aria_label="Training") as self.root:
            with el("div", classes="stage-head"):
                self._stage = el("h2")
                self._percent = el("b")
            self._bar = Bar(0, label="Training")
            self._left = Dated("p", classes="muted num")
            attach(self._left.root, aria_live="polite")
            with el("div", classes="row between"):
                ask_to_notify("Tell me when it is ready")
                button("Cancel training", cancel, kind="quiet")
            el(
                "p",
                "You can leave this page: the training goes on, and your dashboard shows it.",
                classes="small muted",
            )

    def show(self, model: UserModelView, standing: str) -> None:
        """standing: position in the queue or time left, in words."""
        self._stage.text = stage_text(model)
        self._percent.text = formatting.percent(model.progress)
        self._bar.progress = model.progress
        self._left.show(*_left(model, standing))


class _Ready:
    """What can be done with a model that is trained."""

    def __init__(self, id: UUID) -> None:
        with el("section", classes="card stack") as self.root:
            self._heading = el("h2")
            self._text = el("p", classes="muted")
            with el("div", classes="row"):
                link_button("Make images", f"/studio?model={id}", kind="primary")
                link_button("See its images", f"/gallery?model_id={id}")
                link_button("Add photos, train again", f"/models/new?draft={id}&again=true")
                self._loras = [
                    link_button(text, f"/api/models/{id}/lora{query}", icon_name="download")
                    for text, query in LORAS.items()
                ]

    def show(self, model: UserModelView) -> None:
        """The model as it is now."""
        text = "Choose a style, write a sentence, and see."
        if reason := model.recipe.get("checkpoint", {}).get("reason"):
            text = f"{text} Kept: {reason[:1].lower()}{reason[1:]}"
        if model.likeness.sentence:
            text = f"{model.likeness.sentence} {text}"
        if model.status_reason:
            text = f"{model.status_reason} {text}"
        self._heading.text = f"{model.name} is ready"
        self._text.text = text
        for lora in self._loras:
            lora.set_visibility(model.lora)


class _Ended:
    """A training that failed or was cancelled, and how to go on."""

    def __init__(self, id: UUID, again: Handler) -> None:
        with el("section", classes="card stack") as self.root:
            self._heading = el("h2")
            self._reason = Banner()
            el("p", "Any credits set aside for it are back in your balance.", classes="muted")
            with el("div", classes="row"):
                button("Train again", again, kind="primary", icon_name="retry")
                link_button("Change the photos", f"/models/new?draft={id}")

    def show(self, model: UserModelView) -> None:
        """The model as it is now."""
        failed = model.status == ModelStatus.FAILED
        self._heading.text = "The training failed" if failed else "Training cancelled"
        reason = model.status_reason or STATUS[model.status][0]
        self._reason.show(reason, tone="danger" if failed else "")


def _sample(url: str, step: int, name: str) -> El:
    with el("figure") as made:
        el("img", src=url, alt=f"Sample of {name}", loading="lazy", decoding="async")
        if step:
            el("figcaption", f"Step {step:,}")
    return made


def _photo_strip(found: tuple[PhotoView, ...], model: UserModelView) -> None:
    if not found:
        return
    with section("Photos"), el("div", classes="thumbs"):
        for photo in found:
            image = el("img", src=photo.thumb_url, alt=f"Photo of {model.name}", loading="lazy")
            aim(image, photo.face_box)


def _left(model: UserModelView, standing: str) -> tuple[Part, ...]:
    if standing:
        return (standing.removeprefix(" · ").capitalize(),)
    if model.status == ModelStatus.QUEUED:
        return ("It starts as soon as the engine is free.",)
    return ("Started ", Moment(model.started_at)) if model.started_at else ()
