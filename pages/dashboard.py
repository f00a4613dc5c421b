"""/dashboard: what is under way, what to do next, models, the last pictures, credits."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from nicegui import ui

from components import formatting, live
from components.controls import link_button
from components.dom import el
from components.feedback import empty_state, section, toast
from components.icons import icon
from components.keyed_list import KeyedList
from components.models import LiveCard, ModelCard, stage_text
from components.notifying import tell
from db.states import GENERATION_OPEN, GenerationStatus, ModelStatus
from pages import waiting
from pages.gallery.dialogs import pictures
from pages.signed_in_frame import shell
from services.deps import Deps
from services.errors import DomainError
from services.studio import generations
from services.studio.generations import GenerationView
from services.training import methods, trainings, user_models
from services.training.methods import Material
from services.training.user_models import UserModelView

LAST_IMAGES = 12

Act = Callable[[UUID], Awaitable[None]]


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/dashboard")
    async def dashboard() -> None:
        async with shell(deps, "Dashboard", heading=False) as room:
            await Dashboard(deps, room.user.id).build(room.user.name.split(" ")[0])


class Dashboard:
    """Cards of live work on top, then models, then pictures."""

    def __init__(self, deps: Deps, user_id: UUID) -> None:
        """user_id: whose dashboard it is."""
        self._deps = deps
        self._user_id = user_id
        self._at_once = bool(methods.possible(deps, Material(photos=1, lora=False)))
        self._cards: dict[UUID, LiveCard] = {}
        self._progress: dict[UUID, tuple[str, float]] = {}

    async def build(self, name: str) -> None:
        """The whole page, and its subscriptions. name: how the member is greeted, or nothing."""
        models, work = await self._read()
        with el("div", classes="page-head"):
            with el("div"):
                welcome = "Welcome back" if models else "Welcome"
                el("h1", f"{welcome}, {name}" if name else welcome)
                self._next = el("p")
            with el("div", classes="row") as self._actions:
                link_button("New model", "/models/new", icon_name="plus")
                link_button("Make images", "/studio", kind="primary", icon_name="sparkle")
        self._live = el("div", classes="stack", aria_label="Under way", role="region")
        await self._build_models(begun=bool(models))
        self._pictures = section("Latest pictures", link=("Open the gallery", "/gallery"))
        self._pictures.set_visibility(False)
        self._show_models(models)
        for generation in work:
            await self._show_generation(generation)
        for model in models:
            await self._show_training(model)
        live.on("user_model", self._user_id, self._model_changed)
        live.on("generation", self._user_id, self._generation_changed)

    async def _build_models(self, *, begun: bool) -> None:
        """What leads to the first model, and the place of all models: one of them is shown."""
        with el("div", classes="card") as self._first:
            empty_state(
                "One person in each set: yourself, or an adult who gave you permission.",
                title="Add photos of one person",
                symbol="camera",
                action=("Add photos", "/models/new"),
            )
            _path(self._at_once, *(("", "") if begun else await self._prices()))
        self._all = section("Models")
        with self._all, el("div", classes="models") as grid:
            self._models = KeyedList[UserModelView](grid, key=lambda m: m.id, build=ModelCard)
            _new_card()

    async def _prices(self) -> tuple[str, str]:
        """What a picture and a training take and cost, as sentences."""
        key: dict[str, Any] = {"user_id": self._user_id}
        async with self._deps.transaction() as session:
            credits, seconds = await trainings.typical(session, self._deps, **key)
            try:
                picture = await generations.quote(session, self._deps, count=1, **key)
            except DomainError:  # nothing can make one now
                return "", _takes(seconds, credits)
        free = picture.available is None
        return _takes(picture.seconds, 0 if free else picture.credits), _takes(seconds, credits)

    async def _read(self) -> tuple[Sequence[UserModelView], Sequence[GenerationView]]:
        async with self._deps.transaction() as session:
            models = await user_models.list_(session, self._deps, user_id=self._user_id)
            work = await generations.list_(
                session, self._deps, user_id=self._user_id, dismissed=False, limit=20
            )
        shown = (*GENERATION_OPEN, GenerationStatus.FAILED)
        return models.items, [g for g in work.items if g.status in shown]

    def _show_models(self, models: Sequence[UserModelView]) -> None:
        self._next.text = _next_step(models, at_once=self._at_once)
        self._actions.set_visibility(any(_usable(m) for m in models))
        self._show_pictures(models)
        self._first.set_visibility(not models)
        self._all.set_visibility(bool(models))
        self._models.show(models)

    def _show_pictures(self, models: Sequence[UserModelView]) -> None:
        """From the first model that can be used; before, its scripts are not even fetched."""
        if self._pictures.visible or not any(_usable(m) for m in models):
            return
        self._pictures.set_visibility(True)
        with self._pictures:
            gallery = pictures(self._deps, self._user_id, limit=LAST_IMAGES)
            with gallery.empty:
                empty_state(
                    "Pictures that you make appear here.",
                    symbol="gallery",
                )

    async def _show_training(self, model: UserModelView) -> None:
        ended = model.status in {ModelStatus.READY, ModelStatus.FAILED}
        shown = model.active or (ended and not model.dismissed)
        if not shown:
            self._drop(model.id)
            return
        card = self._card(
            model.id,
            model.name,
            f"/models/{model.id}",
            self._cancel_model,
            self._dismiss_model,
            ready=("Make images", f"/studio?model={model.id}"),
        )
        text = stage_text(model) if model.active else _ended(model)
        last = model.samples[-1].url if model.samples else model.cover_url
        card.show(
            model, text=text + await waiting.model(self._deps, self._user_id, model), picture=last
        )
        self._track(model.id, model.name, model.progress, model.active)

    async def _show_generation(self, made: GenerationView) -> None:
        failed = made.status == GenerationStatus.FAILED
        if made.dismissed or not (made.active or failed or made.id in self._cards):
            self._drop(made.id)
            return
        card = self._card(
            made.id,
            made.prompt,
            "/studio",
            self._cancel_made,
            self._dismiss_made,
            failed=("Use again", f"/studio?again={made.id}"),
        )
        text = stage_text(made) if made.active else made.status_reason or "Done"
        last = made.images[-1].thumb_url if made.images else None
        card.show(
            made,
            text=text + await waiting.generation(self._deps, self._user_id, made),
            picture=last,
        )
        self._track(made.id, "images", made.progress, made.active)

    def _card(
        self, id: UUID, title: str, href: str, cancel: Act, dismiss: Act, **then: tuple[str, str]
    ) -> LiveCard:
        if id not in self._cards:
            with self._live:
                self._cards[id] = LiveCard(
                    title,
                    href=href,
                    on_cancel=lambda: cancel(id),
                    on_dismiss=lambda: dismiss(id),
                    then=then,
                )
        return self._cards[id]

    def _drop(self, id: UUID) -> None:
        if card := self._cards.pop(id, None):
            card.root.delete()
        self._track(id, "", 0, active=False)

    def _track(self, id: UUID, name: str, progress: float, active: bool) -> None:
        """The tab's title shows how far the first work under way is."""
        self._progress.pop(id, None)
        if active:
            self._progress[id] = (name, progress)
        first = next(iter(self._progress.values()), None)
        ahead = f"{formatting.percent(first[1])} · {first[0]} · " if first else "Dashboard · "
        ui.page_title(f"{ahead}Likeness")

    async def _model_changed(self, id: UUID) -> None:
        async with self._deps.transaction() as session:
            models = (await user_models.list_(session, self._deps, user_id=self._user_id)).items
        found = next((m for m in models if m.id == id), None)
        was_active = id in self._progress
        self._show_models(models)
        if found is None:
            self._drop(id)
            return
        await self._show_training(found)
        if was_active and not found.active:
            toast(_ended(found), danger=found.status == GenerationStatus.FAILED)
            ui.run_javascript(tell(_ended(found)))

    async def _generation_changed(self, id: UUID) -> None:
        async with self._deps.transaction() as session:
            made = await generations.get(
                session, self._deps, user_id=self._user_id, generation_id=id
            )
        await self._show_generation(made)

    async def _cancel_model(self, id: UUID) -> None:
        await self._try(trainings.cancel, user_model_id=id)

    async def _cancel_made(self, id: UUID) -> None:
        await self._try(generations.cancel, generation_id=id)

    async def _dismiss_model(self, id: UUID) -> None:
        async with self._deps.transaction() as session:
            await user_models.dismiss(session, user_id=self._user_id, user_model_id=id)

    async def _dismiss_made(self, id: UUID) -> None:
        async with self._deps.transaction() as session:
            await generations.dismiss(session, user_id=self._user_id, generation_id=id)

    async def _try(self, act: Callable[..., Awaitable[object]], **which: UUID) -> None:
        try:
            async with self._deps.transaction() as session:
                await act(session, self._deps, user_id=self._user_id, **which)
        except DomainError as error:
            toast(str(error), danger=True)


def _new_card() -> None:
    with el("a", classes="model-card new", href="/models/new"):
        with el("div", classes="model-cover"):
            icon("plus", size="big")
        with el("div"):
            el("h3", "New model")
            el("p", "Photos of one person", classes="small muted")


def _usable(model: UserModelView) -> bool:
    return model.status == ModelStatus.READY or bool(model.methods)


def _takes(seconds: float | None, credits: int) -> str:
    """Time and price in a sentence, what is known of them."""
    parts = [f"takes {formatting.duration(seconds)}"] if seconds is not None else []
    if credits:
        parts.append(f"costs {formatting.plural(credits, 'credit')}")
    return f" {', '.join(parts).capitalize()}." if parts else ""


def _path(at_once: bool, picture: str, training: str) -> None:
    """The way to the first picture, and to the best ones. picture, training: what each takes."""
    with el("ol", classes="path"):
        if at_once:
            _step("Add a photo", "One is enough to begin. More of them make pictures better.")
            _step("Make a picture", f"Write a place and a light, choose a style.{picture}")
            _step("Train for the best", f"With ten photos or more, whenever you like.{training}")
        else:
            _step("Add ten photos", "Different days, places and light, from near and far.")
            _step("Train a model", f"You can close the page meanwhile.{training}")
            _step("Make pictures", f"Write a sentence, choose a style.{picture}")


def _step(title: str, sentence: str) -> None:
    with el("li"):
        el("h3", title)
        el("p", sentence, classes="small muted")


def _next_step(models: Sequence[UserModelView], *, at_once: bool) -> str:
    """What to do next, in one sentence."""
    if not models:
        few = "a photo" if at_once else "ten photos"
        return f"Begin with {few} of one person."
    if any(m.active for m in models):
        return "A training is under way. You can close this page; it goes on."
    draft = next((m for m in models if m.status == ModelStatus.DRAFT), None)
    if draft and not any(m.status == ModelStatus.READY for m in models):
        have = f"{draft.name} has {formatting.plural(draft.photos, 'photo')}."
        return f"{have} Make pictures now, or train." if draft.methods else f"{have} Add more."
    return "Choose a style, write a sentence, and see."


def _ended(model: UserModelView) -> str:
    if model.status == ModelStatus.READY:
        return f"{model.name} is ready: make its first images in the studio."
    return model.status_reason or f"The training of {model.name} ended"
