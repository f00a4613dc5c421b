"""/models/new: who it is, consent, photos, price, Train. The draft lives in the database."""

import dataclasses
from typing import Any
from uuid import UUID

from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from components import formatting, live
from components.controls import Field, Segments, Tick, button, link_button, relabel, set_enabled
from components.coverage_strip import CoverageStrip
from components.dom import attach, el
from components.dropzone import Dropzone
from components.feedback import Bar, banner, toast
from components.icons import icon
from components.photo_examples import photo_examples
from db.states import MODEL_ACTIVE, ModelStatus
from pages.models.delete import DeleteButton
from pages.models.describing import Describing
from pages.models.from_phone import FromPhone
from pages.models.sheet import SheetPart
from pages.models.steps import step, which_photos
from pages.server.call_limits import count_in_page
from pages.server.context import caller, current_user
from pages.signed_in_frame import shell
from services.credits import plans
from services.deps import Deps
from services.errors import DomainError, NotFound
from services.faces.configured import COMMAND, missing
from services.files import uploads
from services.limits.policy import Act
from services.training import (
    consents,
    leaving_out,
    methods,
    photo_coach,
    photos,
    trainings,
    user_models,
)
from services.training.methods import Material
from services.training.photo_coach import SetVerdict
from services.training.photos import PhotoSet, PhotoState, PhotoView
from services.training.trainings import TrainingQuote
from services.training.user_models import UserModelView

SUBJECTS = {"person": "Person", "woman": "Woman", "man": "Man"}


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/models/new")
    async def new_model(draft: UUID | None = None, again: bool = False) -> Response | None:
        user, model, found = current_user(), None, None
        first = False
        if draft is None:
            async with deps.reading() as session:
                first = not (await plans.model_slots(session, user_id=user.id)).used
        else:
            async with deps.transaction() as session:
                key: dict[str, Any] = {"user_id": user.id, "user_model_id": draft}
                model = await user_models.get(session, deps, **key)
                found = await photos.list_(session, deps, **key)
            if model.active or (model.status == ModelStatus.READY and not again):
                return RedirectResponse(f"/models/{model.id}", 303)
        async with shell(deps, "New model", place="Dashboard", width="reading"):
            if user.is_admin and deps.faces is None and (todo := missing(deps.settings)):
                banner(todo, command=COMMAND)
            builder = Builder(deps, user.id, model, again=again)
            builder.build(found, first=first)
            await builder.open()
        return None


class Builder:
    """The form: it becomes a draft as soon as it has a name and consent."""

    def __init__(
        self, deps: Deps, user_id: UUID, model: UserModelView | None, *, again: bool = False
    ) -> None:
        """model: the draft that is taken up again; again: a trained one that gets more photos."""
        self._leave_at = MODEL_ACTIVE if again else (*MODEL_ACTIVE, ModelStatus.READY)
        self._deps = deps
        self._user_id = user_id
        self._model = model
        self._quote: TrainingQuote | None = None
        self._told: set[UUID] = set()  # photos that the page has been told of, with their URLs

    def build(self, found: PhotoSet | None, *, first: bool) -> None:
        """The three steps; without the last where the engine trains nothing.

        first: the member's first model, so photos that help are shown beside others.
        """
        trains = trainings.trainer(self._deps).info.trains
        one = bool(methods.possible(self._deps, Material(photos=1, lora=False)))
        with el("div", classes="steps"):
            self._who = step(1, "Who is it?")
            with self._who.body:
                self._build_who()
            self._photos_step = step(
                2,
                "Add 10 to 20 photos" if trains and not one else "Add photos",
                which_photos(one=one, trains=trains),
            )
            with self._photos_step.body:
                photo_examples(shown=first)
                self._build_photos(found)
                self._build_at_once()
            self._train_step = step(3, "Train")
            with self._train_step.body:
                self._build_train()
            self._train_step.root.set_visibility(trains)
        self._below = el("div", classes="row")

    async def open(self) -> None:
        """Fill the form with what there is."""
        if self._model:
            await self._follow(self._model)
        await self.refresh()

    async def _follow(self, model: UserModelView) -> None:
        """There is a draft: it can be deleted, and it may change somewhere else."""
        with self._below:
            self._delete = DeleteButton(self._deps, self._user_id, model)
        self._from_phone.follow(model.id)
        await self._sheet.follow(model.id)
        live.on("user_model", self._user_id, self._changed)

    def _build_who(self) -> None:
        model = self._model
        self.name = Field(
            "Name",
            value=model.name if model else "",
            help="Only you see it.",
            maxlength=str(user_models.NAME_LENGTH),
            placeholder="Anna",
            autocomplete="off",
            on_commit=self._edited,
        )
        self.subject = Segments(
            "In pictures this is a",
            SUBJECTS,
            value=model.subject if model else "person",
            on_change=self._edited,
        )
        with el("p", classes="row tight small muted") as self._given:
            icon("check-circle")
            el("span", "Your consent is recorded with this model.")
        self._given.set_visibility(model is not None)
        if model:
            return
        self._consent = el("div", classes="stack")
        with self._consent:
            self.subject_is = Segments(
                "Who is in the photos?", consents.SUBJECTS, value="self", stacked=True
            )
            self.agreed = Tick(consents.TEXTS[consents.current(self._deps)], on_change=self._edited)

    def _build_photos(self, found: PhotoSet | None) -> None:
        with el("div", classes="meter"):
            self._meter_text = el("p", classes="strong num", aria_live="polite")
            self._meter = Bar(0, label="Photos of the set")
            self._coverage = CoverageStrip()
        self._waits = el(
            "p",
            "Photos stay on your device until you have given the name and your consent above.",
            classes="small muted",
        )
        with el("div", classes="row"):
            self._from_phone = FromPhone(self._deps, self._user_id)
        self._dropzone = Dropzone(
            url=self._url(),
            photos=[_photo(p) for p in found.photos] if found else [],
            max_bytes=uploads.MAX_BYTES,
            least_side=photo_coach.MIN_SIDE,
            most_ratio=photo_coach.MAX_RATIO,
        )
        self._told = {photo.id for photo in found.photos} if found else set()
        self._sheet = SheetPart(self._deps, self._user_id, title="In every style", strip=True)
        self._describing = Describing(self._deps, self._user_id)

    def _build_at_once(self) -> None:
        """What can be done before anything is trained."""
        with el("div", classes="row between card") as self._at_once:
            el("p", "You can make pictures now. More photos make them better.", classes="grow")
            self._studio = link_button("Make pictures", "/studio")
        self._at_once.set_visibility(False)

    def _show_at_once(self, photos: int) -> None:
        there = Material(photos, lora=bool(self._model and self._model.lora))
        possible = self._model is not None and bool(methods.possible(self._deps, there))
        self._at_once.set_visibility(possible)
        if self._model and possible:
            attach(self._studio, href=f"/studio?model={self._model.id}")

    def _url(self) -> str | None:
        return f"/api/models/{self._model.id}/images" if self._model else None

    async def _edited(self) -> None:
        """Make the draft once it can be made, else keep what was changed."""
        if self._model is None and not self.agreed.value:
            return
        if not self.name.value.strip():
            self.name.error = "Give it a name, so that you find it again."
            return
        try:
            await self._save()
        except DomainError as error:
            self.name.error = str(error)

    async def _save(self) -> None:
        if self._model:
            await self._edit(self._model.id)
            return
        count_in_page(Act.MODELS)
        async with self._deps.transaction() as session:
            self._model = await user_models.create(
                session,
                self._deps,
                user_id=self._user_id,
                name=self.name.value,
                subject=self.subject.value,
                subject_is=self.subject_is.value,
                text_version=consents.current(self._deps),
                ip=caller(ui.context.client.request).ip,
            )
        ui.navigate.history.replace(f"/models/new?draft={self._model.id}")
        self._consent.set_visibility(False)
        self._given.set_visibility(True)
        self._dropzone.open(self._url() or "")
        await self._follow(self._model)
        await self.refresh()

    async def _edit(self, id: UUID) -> None:
        async with self._deps.transaction() as session:
            self._model = await user_models.edit(
                session,
                self._deps,
                user_id=self._user_id,
                user_model_id=id,
                name=self.name.value,
                subject=self.subject.value,
            )
        self._delete.show(self._model)

    async def _changed(self, id: UUID) -> None:
        if not self._model or id != self._model.id:
            return
        try:
            await self.refresh()
        except NotFound:  # deleted somewhere else
            ui.navigate.to("/dashboard")

    async def refresh(self) -> None:
        """Meter, price and button, from what the database says now. Raises NotFound."""
        verdict = await self._read(self._model.id) if self._model else None
        if self._quote and self._quote.status in self._leave_at:
            assert self._model  # noqa: S101  # it has a price
            ui.navigate.to(f"/models/{self._model.id}")
            return
        count = verdict.count if verdict else 0
        self._meter_text.text = verdict.message if verdict else "No photos yet"
        self._coverage.show(verdict.coverage if verdict else None)
        self._meter.progress = count / photo_coach.GOOD_PHOTOS
        self._waits.set_visibility(self._model is None)
        self._describing.show(self._model.id if self._model else None, count)
        self._who.done(self._model is not None)
        self._photos_step.done(count >= photo_coach.MIN_PHOTOS)
        self._show_at_once(count)
        await self._sheet.name("In every style", ready=count > 0)
        self._show_train()

    async def _read(self, id: UUID) -> SetVerdict:
        """The price and what is said of the photos; URLs are signed for new photos only."""
        key: dict[str, Any] = {"user_id": self._user_id, "user_model_id": id}
        async with self._deps.reading() as session:
            self._quote = await trainings.quote(session, self._deps, **key)
            state = await photos.state(session, **key)
            now = {photo.id for photo in state.photos}
            added: list[PhotoView] = []
            if new := now - self._told:
                added = await photos.some(session, self._deps, user_id=self._user_id, ids=new)
        self._told = now
        seen = {photo.id: _photo(photo) for photo in added}
        self._dropzone.tell([seen.get(photo.id) or _said(photo) for photo in state.photos])
        return state.verdict

    def _build_train(self) -> None:
        """Built once: what is pressed while the page refreshes has to stay the same element."""
        info = trainings.trainer(self._deps).info
        with el("div", classes="card stack"):
            with el("div", classes="stack tight"):
                el("h3", info.label)
                banner(info.notice)
                el("p", info.privacy, classes="small muted")
            self._price = el("p", classes="num")
            self._problem = el("p", classes="small muted", id="train-problem")
            with el("div", classes="row"):
                self._start = button("Train model", self._train, kind="primary", large=True)
                self._all = button("Use all photos", self._use_all, kind="quiet")

    def _show_train(self) -> None:
        quote = self._quote
        self._price.text = _price(quote) if quote else ""
        problem = quote.problem if quote else "First give the name, your consent and the photos."
        self._problem.text = problem or ""
        cost = f": {formatting.plural(quote.credits, 'credit')}" if quote and quote.credits else ""
        relabel(self._start, f"{_train_what(quote)}{cost}")
        self._all.set_visibility(bool(quote and (quote.left_out or quote.insisted)))
        if quote:
            every = f"Use all {quote.photos + quote.left_out}"
            relabel(self._all, every if quote.left_out else "Leave out what is flagged")
        if bool(problem) is not bool(self._start.props.get("disabled")):
            set_enabled(self._start, not problem)
            attach(self._start, aria_describedby="train-problem" if problem else None)

    async def _use_all(self) -> None:
        """Train on everything, or go by the coach again."""
        if self._model is None or self._quote is None:
            return
        try:
            async with self._deps.transaction() as session:
                await leaving_out.include_all(
                    session,
                    user_id=self._user_id,
                    user_model_id=self._model.id,
                    included=True if self._quote.left_out else None,
                )
        except DomainError as error:
            toast(str(error), danger=True)

    async def _train(self) -> None:
        if self._model is None:
            return
        try:
            count_in_page(Act.MODELS)
            async with self._deps.transaction() as session:
                await trainings.start(
                    session, self._deps, user_id=self._user_id, user_model_id=self._model.id
                )
        except DomainError as error:
            toast(str(error), danger=True)
            await self.refresh()
        else:
            ui.navigate.to(f"/models/{self._model.id}")


def _photo(photo: PhotoView) -> dict[str, Any]:
    """A photo that the page does not know yet."""
    return {"name": photo.name, "thumb_url": photo.thumb_url, **_said(photo)}


def _said(photo: PhotoView | PhotoState) -> dict[str, Any]:
    return {
        "id": str(photo.id),
        "warnings": [dataclasses.asdict(w) for w in photo.warnings],
        "face_box": photo.face_box,
        "used": photo.used,
        "turn": photo.turn,
    }


def _train_what(quote: TrainingQuote | None) -> str:
    """What the button does; what it leaves out is said before it is pressed."""
    if quote is None or not quote.left_out or quote.problem:
        return "Train model"
    return f"Train with {quote.photos} photos; {quote.left_out} left out"


def _price(quote: TrainingQuote) -> str:
    """What it costs and how long it takes."""
    parts = []
    if quote.credits:
        have = formatting.credits(quote.available)
        parts.append(f"Costs {formatting.plural(quote.credits, 'credit')}; you have {have}.")
    else:
        parts.append("Included in your plan.")
    if quote.slots is not None:
        parts.append(f"{quote.slots_used} of {quote.slots} models used.")
    if quote.seconds:
        parts.append(f"Takes {formatting.duration(quote.seconds)}.")
    return " ".join(parts)
