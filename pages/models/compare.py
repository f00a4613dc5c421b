"""Instant beside trained on a model's page: one sentence, both ways, each with its number."""

from uuid import UUID

from components import formatting, live
from components.controls import Field, button, relabel
from components.dom import attach, call, el, html_id
from components.feedback import toast
from components.side_by_side import SideBySide
from pages.server.call_limits import count_in_page
from services.deps import Deps
from services.engines.base import Method
from services.errors import Conflict, DomainError
from services.limits.policy import Act
from services.studio import comparing, generations
from services.studio.comparing import Comparison
from services.studio.generations import GenerationRequest
from services.training.user_models import UserModelView

EXAMPLE = "head and shoulders, in a linen shirt by a tall window, soft morning light"


class ComparePart:
    """Shown where the model can be used both ways."""

    def __init__(self, deps: Deps, user_id: UUID, model_id: UUID, *, sentence: str | None) -> None:
        """sentence: what the member came with; None: what was compared last."""
        self._deps = deps
        self._user_id = user_id
        self._model_id = model_id
        self._sentence = sentence
        self._shown: Comparison | None = None
        self._open = False
        with el("section", classes="section") as self.root:
            with el("header"):
                title = el("h2", "Instant beside trained")
            with el("div", classes="card stack"):
                self.prompt = Field(
                    "One sentence, made both ways",
                    value=EXAMPLE,
                    help="With the same seed. The number says how alike it is: 90 is as alike as "
                    "your own photos are to each other.",
                    maxlength=str(generations.PROMPT_LENGTH),
                )
                with el("div", classes="row"):
                    self._make = button("Make both", self._submit, mark="compare")
                    self._time = el("p", classes="small muted num")
                self._pictures = SideBySide("Instant", "Trained")
        attach(self.root, aria_labelledby=html_id(title))
        self.root.set_visibility(False)

    async def show(self, model: UserModelView) -> None:
        """The model as it is now."""
        there = set(comparing.BOTH) <= {Method(method) for method in model.methods}
        self.root.set_visibility(there and not model.active)
        if not there or self._open:
            return
        self._open = True
        live.on("generation", self._user_id, self._changed)
        async with self._deps.reading() as session:
            self._shown = await comparing.latest(
                session, self._deps, user_id=self._user_id, user_model_id=self._model_id
            )
        if self._shown and self._sentence is None:
            self.prompt.value = self._shown.trained.prompt
            self._pictures.show(self._shown.instant, self._shown.trained)
        await self._price()
        if self._sentence is not None:
            self.prompt.value = self._sentence[: generations.PROMPT_LENGTH] or EXAMPLE
            call(self.prompt.control, "focus")

    async def _price(self) -> None:
        try:
            async with self._deps.reading() as session:
                quote = await comparing.quote(session, self._deps, user_id=self._user_id, count=1)
        except Conflict:  # an engine has gone
            self.root.set_visibility(False)
            return
        cost = "" if quote.available is None else f": {formatting.plural(quote.credits, 'credit')}"
        relabel(self._make, f"Make both{cost}")
        self._time.text = f"Takes {formatting.duration(quote.seconds)}." if quote.seconds else ""

    async def _submit(self) -> None:
        if not self.prompt.value.strip():
            self.prompt.error = "Write what the picture shows, in a few words."
            return
        request = GenerationRequest(
            user_model_id=self._model_id, prompt=self.prompt.value, count=1, aspect="1:1"
        )
        try:
            count_in_page(Act.GENERATE)
            async with self._deps.transaction() as session:
                self._shown = await comparing.create(
                    session, self._deps, user_id=self._user_id, request=request
                )
        except DomainError as error:
            toast(str(error), danger=True)
        else:
            self._pictures.show(self._shown.instant, self._shown.trained)

    async def _changed(self, id: UUID) -> None:
        if self._shown is None or id not in (self._shown.instant.id, self._shown.trained.id):
            return
        async with self._deps.reading() as session:
            self._shown = await comparing.again(
                session, self._deps, user_id=self._user_id, comparison=self._shown
            )
        self._pictures.show(self._shown.instant, self._shown.trained)
