"""/studio: a model, a sentence, a style; the price before the click; pictures as they come."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from nicegui import ui

from components import formatting, live
from components.controls import Choice, Field, Segments, button, focus_first_error
from components.dom import El, attach, el
from components.feedback import Banner, empty_state, toast
from components.icons import icon
from components.method_picker import MethodPicker
from components.pickers import StylePicker, aspect_picker, parameter_slider
from components.results import ResultCard
from components.second_person import SecondPerson
from components.shortcuts import shortcuts
from pages import waiting
from pages.server.call_limits import count_in_page
from pages.server.context import current_user
from pages.signed_in_frame import shell
from pages.studio_packs import StudioPacks
from pages.studio_prompt import StudioPrompt
from pages.studio_start import Start, as_id, asked_again, like, nothing_yet
from services.deps import Deps
from services.engines.base import Method
from services.errors import DomainError, NotFound
from services.gallery import images
from services.limits.policy import Act
from services.studio import generations, styles
from services.studio.generations import GenerationRequest, GenerationView
from services.studio.styles import StyleView
from services.training import methods, sheets, user_models
from services.training.methods import Choice as MethodChoice
from services.training.user_models import UserModelView

SHOWN = 6  # requests on the page, those under way first
COUNTS = (1, 2, 4, 8)
USUAL = 4


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/studio")
    async def studio(
        model: UUID | None = None,
        source: UUID | None = None,
        again: UUID | None = None,
        preset: str = "",
        prompt: str = "",
    ) -> None:
        request = ui.context.client.request
        source = source or as_id(request.query_params.get("from", ""))
        prompt = prompt[: generations.PROMPT_LENGTH]
        user, start = current_user(), Start(model=model, preset=preset, prompt=prompt)
        async with deps.transaction() as session:
            found = await user_models.list_(session, deps, user_id=user.id, limit=200)
            if source:
                start = like(await images.details(session, deps, user_id=user.id, image_id=source))
            elif again:
                start = asked_again(
                    await generations.get(session, deps, user_id=user.id, generation_id=again)
                )
            recent = await generations.list_(
                session, deps, user_id=user.id, limit=SHOWN, packs=False
            )
            known = await styles.all_styles(session)
        ready = [m for m in found.items if m.methods]
        async with shell(deps, "Studio", heading=False) as room:
            if not ready:
                el("h1", "Studio")
                nothing_yet(found.items)
                live.on("user_model", user.id, _opening(deps, user.id))
                return
            page = Studio(deps, user.id, ready, known, available=room.balance.available)
            page.build(start)
            await page.open(recent.items)


def _opening(deps: Deps, user_id: UUID) -> live.Handler:
    """Opens the studio as soon as there is a model for it."""

    async def changed(id: UUID) -> None:
        async with deps.transaction() as session:
            model = await user_models.get(session, deps, user_id=user_id, user_model_id=id)
        if model.methods:
            ui.navigate.reload()

    return changed


class Studio:
    """The form on the left, its results on the right."""

    def __init__(
        self,
        deps: Deps,
        user_id: UUID,
        models: Sequence[UserModelView],
        known: Sequence[StyleView],
        *,
        available: int | None,
    ) -> None:
        """models: those that are ready, newest first. available: credits, None is unlimited.

        known: all styles, also those that are not offered any more.
        """
        self._styles = {style.id: style for style in known}
        self._available = available
        self._deps = deps
        self._user_id = user_id
        self._models = {str(m.id): m for m in models}
        self._cards: dict[UUID, ResultCard] = {}

    def build(self, start: Start) -> None:
        """The form as it begins, and the results."""
        with el("div", classes="studio"):
            with el("section", classes="studio-form", aria_label="What to make"):
                with el("div", classes="row between"):
                    el("h1", "Studio")
                    with el("div", classes="row nowrap"):
                        shortcuts()
                        self._packs = StudioPacks(self._deps, self._user_id, chosen=self._of_whom)
                self._build_form(start)
            with el("section", classes="results", aria_label="Results") as self._results:
                self._packs.place = el("div", classes="stack")
                self._empty = el("div", classes="card")
                with self._empty:
                    empty_state(
                        "Your pictures appear here while they are made.",
                        symbol="gallery",
                    )

    def _build_form(self, start: Start) -> None:
        names = {key: m.name for key, m in self._models.items()}
        chosen = str(start.model)
        self.model = Choice(
            "Model",
            names,
            value=chosen if chosen in names else next(iter(names)),
            on_change=self._model_chosen,
        )
        self.second = SecondPerson(on_change=self._second_chosen)
        self.second.offer(self._others(), value=str(start.second))
        self.method = MethodPicker(on_change=self._method_chosen, on_both=self._compare)
        self.method.offer(self._methods)
        words = self._choice.engine.words
        self._sentence = StudioPrompt(self._deps, self._user_id, value=start.prompt, words=words)
        self.prompt = self._sentence.field
        offered = [style for style in self._styles.values() if style.offered]
        chosen = start.preset if start.preset in {style.id for style in offered} else ""
        self.style = StylePicker(offered, value=chosen)
        self.style.on_change(self._sentence.again)
        self._show_words()
        self.aspect = aspect_picker(generations.ASPECTS, value=start.aspect)
        most_at_once = self._choice.info.max_count
        counts = {str(n): str(n) for n in COUNTS if n <= most_at_once}
        most = min(USUAL, most_at_once, USUAL if self._available is None else self._available)
        usual = max((n for n in COUNTS if n <= most), default=1)
        count = str(start.count) if str(start.count) in counts else str(usual)
        self.count = Segments("How many", counts, value=count, on_change=self._price)
        self._build_advanced()
        self._show_parameters(start.negative)
        self._notice = Banner()
        self._notice.show(self._choice.info.notice)
        self._shown = self._choice
        with el("div", classes="studio-make"):
            self._make = button("Make images", self._submit, kind="primary", large=True, wide=True)
            self._make.mark("make")
            attach(self._make, aria_keyshortcuts="Control+Enter Meta+Enter")
            self._sentence.made_by(self._make)
            self._time = el("p", classes="tiny muted num", aria_live="polite")
            self._more = el("a", "See your plan and credits", href="/billing", classes="small")

    @property
    def _choice(self) -> MethodChoice:
        """Who makes the pictures by the method that is chosen."""
        people = 2 if self.second.value else 1
        return methods.usual(self._deps, method=self.method.value, people=people)

    @property
    def _methods(self) -> tuple[Method, ...]:
        """How pictures can be made of whoever is chosen: of two by photos of both."""
        return (Method.INSTANT,) if self.second.value else self._models[self.model.value].methods

    def _others(self) -> dict[str, str]:
        """The models that the chosen one can be seen with, where an engine shows two people."""
        able = {key: m.name for key, m in self._models.items() if Method.INSTANT in m.methods}
        if not able.pop(self.model.value, None) or not methods.pairs(self._deps):
            return {}
        return able

    async def _model_chosen(self) -> None:
        self.second.offer(self._others())
        await self._second_chosen()
        await self._show_tiles()

    def _compare(self) -> None:
        """The same sentence on the model's page, where it is made both ways."""
        ui.navigate.to(f"/models/{self.model.value}?{urlencode({'compare': self.prompt.value})}")

    async def _second_chosen(self) -> None:
        self.method.offer(self._methods)
        await self._method_chosen()

    async def _method_chosen(self) -> None:
        """What another engine takes, says and costs; what was typed stays."""
        if self._choice == self._shown:
            return
        self._shown = self._choice
        self._show_parameters(self.negative.value if self.negative else "")
        self._show_words()
        self._notice.show(self._shown.info.notice)
        await self._price()

    def _of_whom(self) -> tuple[UUID, Method | None]:
        """Whom a pack would show, and how it would be made."""
        return UUID(self.model.value), self.method.value

    def _show_words(self) -> None:
        """It reads what stands in the field by now."""
        self._sentence.show_words(self._choice.engine.words, style=self._look)

    def _look(self) -> str | None:
        """How the photo booth would draw it."""
        style = self._styles.get(self.style.value)
        return style.look if style else None

    def _build_advanced(self) -> None:
        """The seed, which every engine takes, and below it what this one takes."""
        with el("details", classes="advanced"):
            with el("summary"):
                icon("chevron-down", size="little")
                el("span", "Advanced")
            with el("div", classes="stack"):
                self.seed = Field(
                    "Seed",
                    help="The same seed and words give the same picture. Empty draws a new one.",
                    inputmode="numeric",
                    autocomplete="off",
                )
                self._parameters = el("div", classes="stack")

    def _show_parameters(self, negative: str) -> None:
        """Only what the engine takes, with its own defaults."""
        info = self._choice.info
        self._parameters.clear()
        with self._parameters:
            self.negative = None
            if info.negative_prompt:
                self.negative = Field("What to avoid", value=negative, maxlength="500")
            self.steps = parameter_slider("Steps", info.steps, "More takes longer.")
            self.guidance = parameter_slider(
                "Guidance scale", info.guidance_scale, "How closely the prompt is followed."
            )
            self.lora = parameter_slider(
                "LoRA scale", info.lora_scale, "How strong the likeness is."
            )

    async def open(self, recent: Sequence[GenerationView]) -> None:
        """Show what is under way and what came last, and follow it."""
        await self._price()
        await self._show_tiles()
        await self._packs.open()
        self._empty.set_visibility(not self._packs.any)
        for generation in reversed(recent):
            await self._show(generation)
        live.on("generation", self._user_id, self._changed)
        live.on("sheet", self._user_id, self._sheet_changed)

    async def _show_tiles(self) -> None:
        """The styles as they look on the chosen person, as far as her sheet is made."""
        chosen = self.model.value
        key = {"user_id": self._user_id, "user_model_id": UUID(chosen)}
        try:
            async with self._deps.transaction() as session:
                sheet = await sheets.get(session, self._deps, **key)
        except NotFound:  # deleted somewhere else
            return
        if self.model.value == chosen:  # and not another one meanwhile
            self.style.show({picture.preset: picture.url for picture in sheet.pictures})

    async def _sheet_changed(self, id: UUID) -> None:
        if str(id) == self.model.value:
            await self._show_tiles()

    async def _price(self) -> None:
        count = int(self.count.value)
        async with self._deps.transaction() as session:
            quote = await generations.quote(
                session,
                self._deps,
                user_id=self._user_id,
                count=count,
                method=self.method.value,
                people=2 if self.second.value else 1,
            )
        cost = "" if quote.available is None else f": {formatting.plural(quote.credits, 'credit')}"
        label = self._make.default_slot.children[-1]
        assert isinstance(label, El)  # noqa: S101  # the button's text
        label.text = f"Make {formatting.plural(count, 'image')}{cost}"
        time = f"Takes {formatting.duration(quote.seconds)}." if quote.seconds else ""
        if not quote.affordable:
            time = f"You have {formatting.plural(quote.available or 0, 'credit')} left."
        self._time.text = time
        self._more.set_visibility(not quote.affordable)

    def _request(self) -> GenerationRequest | None:
        """What the form says; None, with the errors beside the fields, if it cannot be asked."""
        seed = self.seed.value.strip()
        if seed and not (seed.isascii() and seed.isdigit()):
            self.seed.error = "A seed is a whole number, such as 20260504."
        if not self.prompt.value.strip():
            self.prompt.error = "Write what the picture shows, in a few words."
        if focus_first_error([self.prompt, self.seed]):
            return None
        return GenerationRequest(
            user_model_id=UUID(self.model.value),
            second_model_id=UUID(self.second.value) if self.second.value else None,
            prompt=self.prompt.value,
            method=self.method.value,
            preset=self.style.value or None,
            negative_prompt=self.negative.value if self.negative else None,
            count=int(self.count.value),
            aspect=self.aspect.value,
            seed=int(seed) if seed else None,
            steps=int(self.steps.value) if self.steps and self.steps.value else None,
            guidance_scale=self.guidance.value if self.guidance else None,
            lora_scale=self.lora.value if self.lora else None,
        )

    async def _submit(self) -> None:
        request = self._request()
        if request is None:
            return
        try:
            count_in_page(Act.GENERATE)
            async with self._deps.transaction() as session:
                made = await generations.create(
                    session, self._deps, user_id=self._user_id, request=request
                )
        except DomainError as error:
            toast(str(error), danger=True)
            return
        await self._show(made)
        self._cards[made.id].reveal()

    async def _changed(self, id: UUID) -> None:
        if id not in self._cards:
            return
        async with self._deps.transaction() as session:
            generation = await generations.get(
                session, self._deps, user_id=self._user_id, generation_id=id
            )
        await self._show(generation)

    async def _show(self, generation: GenerationView) -> None:
        self._empty.set_visibility(False)
        if generation.id not in self._cards:
            with self._results:
                card = ResultCard(
                    generation,
                    caption=self._caption(generation),
                    on_cancel=lambda: self._cancel(generation.id),
                )
            card.root.move(target_index=1)
            self._cards[generation.id] = card
        text = await waiting.generation(self._deps, self._user_id, generation)
        self._cards[generation.id].show(generation, waiting=text)

    def _caption(self, generation: GenerationView) -> str:
        style = self._styles.get(generation.preset or "")
        name = style.name if style else generation.preset or "No preset"
        names = [generation.user_model_name or "Deleted model", generation.second_model_name]
        return f"{' and '.join(filter(None, names))} · {name} · {generation.aspect}"

    async def _cancel(self, id: UUID) -> None:
        try:
            async with self._deps.transaction() as session:
                await generations.cancel(
                    session, self._deps, user_id=self._user_id, generation_id=id
                )
        except DomainError as error:
            toast(str(error), danger=True)
