"""The studio's sentence: its field, what the engine makes of it, ideas, and earlier sentences."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from components.controls import Field
from components.dom import El, el
from components.feedback import toast
from components.icons import icon
from components.prompt_words import PromptWords
from components.shortcuts import press_on_enter
from services.deps import Deps
from services.engines.base import Words
from services.studio import generations, history

IDEAS = (
    "in a linen shirt by a tall window, soft morning light",
    "on a windy beach at dusk, wool coat, looking away",
    "as the captain of a small airship above the clouds",
    "reading in a café, rain on the glass, warm lamps",
)


class StudioPrompt:
    """The field for a prompt; whatever fills it can be taken back."""

    def __init__(self, deps: Deps, user_id: UUID, *, value: str, words: Words | None) -> None:
        """words: of an engine that follows a vocabulary; None where it takes any words."""
        self._deps = deps
        self._user_id = user_id
        self._shown: PromptWords | None = None
        asked = "Place, light, weather, colours, mood" if words else "Place, light, clothes, mood"
        self.field = Field(
            "Prompt",
            tag="textarea",
            value=value,
            placeholder=(words.ideas if words else IDEAS)[1],
            help=f"{asked}. You need not describe the person.",
            maxlength=str(generations.PROMPT_LENGTH),
        )
        self._words = el("div")
        self._build_history()

    def _build_history(self) -> None:
        """There from the start: the form does not move when the first sentence comes."""
        with el("details", classes="vocabulary") as earlier:
            with el("summary"):
                icon("chevron-down", size="little")
                el("span", "Sentences that you wrote before")
            self._sentences = el("ul", classes="sentences", aria_label="Earlier sentences")
            self._none = el("p", "Yours appear here once you make pictures.", classes="small muted")
        opened = "(e) => e.target.open && emit()"
        earlier.on("toggle", self._show_history, js_handler=opened)

    async def _show_history(self) -> None:
        """Read each time that it is opened: what was made meanwhile is among them."""
        async with self._deps.reading() as session:
            found = await history.sentences(session, user_id=self._user_id)
        self._none.set_visibility(not found)
        self._sentences.clear()
        with self._sentences:
            for sentence in found:
                with el("li"):
                    self._offer(sentence, "sentence")

    def _offer(self, sentence: str, classes: str) -> None:
        made = el("button", sentence, classes=classes, type="button")
        made.on("click", partial(self.fill, sentence), [])

    def show_words(self, words: Words | None, *, style: Callable[[], str | None]) -> None:
        """What the engine understands while one types, else ideas to begin with."""
        self._words.clear()
        self._shown = None
        with self._words:
            if words:
                self._shown = PromptWords(self.field, words, style=style)
                return
            with el("div", classes="ideas", role="group", aria_label="Ideas"):
                for idea in IDEAS:
                    self._offer(idea, "chip idea")

    def again(self) -> None:
        """Another style was chosen, which may show other words."""
        if self._shown:
            self._shown.again()

    def fill(self, sentence: str) -> None:
        """Write it into the field; what stood there comes back by Undo."""
        before = self.field.value
        self._write(sentence)
        self.field.focus()
        if before.strip() and before != sentence:
            toast("Sentence replaced.", action="Undo", on_action=lambda: self._write(before))

    def _write(self, sentence: str) -> None:
        if self._shown:
            self._shown.write(sentence)
        else:
            self.field.value = sentence
            self.field.error = None

    def made_by(self, make: El) -> None:
        """The button that Ctrl or Cmd and Enter press."""
        press_on_enter(self.field.control, make)
