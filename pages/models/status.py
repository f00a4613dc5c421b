"""/models/{id}: how the training goes, what went wrong, or what the finished model is."""

from typing import Any
from uuid import UUID

from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from components import formatting, live
from components.controls import button, link_button
from components.dom import El, el
from components.feedback import Bar, banner, facts, section, toast
from components.loss_chart import LossChart, has_curve
from components.models import STATUS, stage_text, status_badge
from components.notifying import ask_to_notify, tell
from pages import waiting
from pages.models.delete import delete_button
from pages.server.context import current_user
from pages.signed_in_frame import shell
from services.deps import Deps
from services.errors import DomainError
from services.training import photos, trainings, user_models
from services.training.photos import PhotoView
from services.training.user_models import UserModelView

PLACES = 4  # kept for samples that are on their way


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/models/{id}")
    async def model_page(id: UUID) -> Response | None:
        user = current_user()
        async with deps.transaction() as session:
            model = await user_models.get(session, deps, user_id=user.id, user_model_id=id)
            found = await photos.list_(session, deps, user_id=user.id, user_model_id=id)
        if model.status == "draft":
            return RedirectResponse(f"/models/new?draft={id}", 303)
        async with shell(deps, model.name, place="Dashboard") as room:
            await ModelPage(deps, user.id, model).build(found.photos, room.actions)
        return None


class ModelPage:
    """One model; what changes is shown in place, a new state builds the page anew."""

    def __init__(self, deps: Deps, user_id: UUID, model: UserModelView) -> None:
        """model: as it is when the page opens."""
        self._deps = deps
        self._user_id = user_id
        self._model = model
        self._chart: LossChart | None = None
        self._samples: dict[str, El] = {}

    async def build(self, found: tuple[PhotoView, ...], actions: El) -> None:
        """Main column, and beside it what it is made of."""
        self._actions = actions
        with el("div", classes="columns"):
            self._main = el("div", classes="stack loose")
            with el("aside"):
                self._facts = el("div", classes="card stack")
                _photo_strip(found, self._model)
                delete_button(self._deps, self._user_id, self._model)
        await self._show()
        live.on("user_model", self._user_id, self._changed)

    async def _changed(self, id: UUID) -> None:
        if id != self._model.id:
            return
        async with self._deps.transaction() as session:
            before, self._model = (
                self._model,
                await user_models.get(session, self._deps, user_id=self._user_id, user_model_id=id),
            )
        if before.active and self._model.active:
            await self._update()
            return
        await self._show()
        if before.active:
            self._announce()

    async def _show(self) -> None:
        """Everything for the present state."""
        self._chart, self._samples = None, {}
        self._main.clear()
        with self._main:
            if self._model.active:
                self._show_progress()
            elif self._model.status == "ready":
                self._show_ready()
            else:
                self._show_ended()
            self._sample_part = section("Samples on the way" if self._model.active else "Samples")
            with self._sample_part:
                self._grid = el("div", classes="samples")
            with self._grid:
                self._places = [el("div", classes="skeleton") for _ in range(PLACES)]
            self._curve_part = section("Learning curve")
        self._show_facts()
        await self._update()

    def _show_badge(self) -> None:
        self._actions.clear()
        with self._actions:
            status_badge(self._model.status)

    def _show_progress(self) -> None:
        with el("section", classes="stage card", aria_label="Training"):
            with el("div", classes="stage-head"):
                self._stage = el("h2")
                self._percent = el("b")
            self._bar = Bar(0, label=f"Training {self._model.name}")
            self._left = el("p", classes="muted num", aria_live="polite")
            with el("div", classes="row between"):
                ask_to_notify("Tell me when it is ready")
                button("Cancel training", self._cancel, kind="quiet")
            el(
                "p",
                "You can leave this page: the training goes on, and your dashboard shows it.",
                classes="small muted",
            )

    def _show_ready(self) -> None:
        likeness = self._model.likeness
        with el("section", classes="card stack"):
            el("h2", f"{self._model.name} is ready")
            text = "Choose a style, write a sentence, and see."
            if likeness is not None:
                text = f"Likeness {likeness:.0f} of 100, measured on its samples. {text}"
            el("p", text, classes="muted")
            with el("div", classes="row"):
                link_button("Make images", f"/studio?model={self._model.id}", kind="primary")
                link_button("See its images", f"/gallery?model_id={self._model.id}")
                if self._model.lora:
                    link_button(
                        "Download LoRA", f"/api/models/{self._model.id}/lora", icon_name="download"
                    )

    def _show_ended(self) -> None:
        model = self._model
        tone: Any = "danger" if model.status == "failed" else ""
        with el("section", classes="card stack"):
            el("h2", "The training failed" if model.status == "failed" else "Training cancelled")
            banner(model.status_reason or STATUS[model.status][0], tone=tone)
            el("p", "Any credits set aside for it are back in your balance.", classes="muted")
            with el("div", classes="row"):
                button("Train again", self._again, kind="primary", icon_name="retry")
                link_button("Change the photos", f"/models/new?draft={model.id}")

    def _show_facts(self) -> None:
        model = self._model
        shown = {
            "Photos": str(model.photos),
            "Subject": model.subject.capitalize(),
            "Engine": self._engine_label(),
            "Base model": model.base_model or "",
            "Trigger word": model.trigger_word,
            "Seed": str(model.recipe.get("seed", "")),
            "Steps": str(model.recipe.get("steps", "")),
            "Created": formatting.date(model.created_at),
        }
        self._facts.clear()
        with self._facts:
            el("h2", "Recipe")
            facts({name: value for name, value in shown.items() if value})
            if model.engine == self._deps.engine.info.name:
                el("p", self._deps.engine.info.notice, classes="small muted")

    def _engine_label(self) -> str:
        info = self._deps.engine.info
        return info.label if self._model.engine == info.name else self._model.engine or ""

    async def _update(self) -> None:
        """What moves while it is trained."""
        model = self._model
        self._show_badge()
        if model.active:
            self._stage.text = stage_text(model)
            self._percent.text = formatting.percent(model.progress)
            self._bar.progress = model.progress
            self._left.text = _left(model, await waiting.model(self._deps, self._user_id, model))
            ui.page_title(f"{formatting.percent(model.progress)} · {model.name} · Likeness")
        else:
            ui.page_title(f"{model.name} · Likeness")
        self._show_samples()
        self._show_curve()

    def _show_samples(self) -> None:
        with self._grid:
            for sample in self._model.samples:
                key = sample.url.split("?")[0]
                if key not in self._samples:
                    made = _sample(sample.url, sample.step, self._model.name)
                    made.move(target_index=len(self._samples))
                    self._samples[key] = made
        for i, place in enumerate(self._places):
            place.set_visibility(self._model.active and i >= len(self._samples))
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
        ready = self._model.status == "ready"
        name = self._model.name
        text = f"{name} is ready." if ready else f"The training of {name} ended."
        toast(text, danger=self._model.status == "failed")
        ui.run_javascript(tell(text))

    async def _again(self) -> None:
        await self._try(trainings.start, "")

    async def _cancel(self) -> None:
        await self._try(trainings.cancel, "Training cancelled. Nothing was charged.")

    async def _try(self, act: Any, done: str) -> None:
        try:
            async with self._deps.transaction() as session:
                await act(session, self._deps, user_id=self._user_id, user_model_id=self._model.id)
        except DomainError as error:
            toast(str(error), danger=True)
        else:
            if done:
                toast(done)


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
            if photo.face_box:
                left, top, right, bottom = photo.face_box
                x, y = 50 * (left + right), 50 * (top + bottom)
                image.style(f"object-position: {x:.1f}% {y:.1f}%")  # the square shows the face


def _left(model: UserModelView, standing: str) -> str:
    if standing:
        return standing.removeprefix(" · ").capitalize()
    if model.status == "queued":
        return "It starts as soon as the engine is free."
    return f"Started {formatting.moment(model.started_at)}" if model.started_at else ""
