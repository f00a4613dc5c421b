"""What an engine understands of a prompt, shown while it is typed, with words to pick."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from nicegui.element import Element

from components.controls import Field
from components.dom import html_id
from services.engines.base import Words

LONGEST = 4000  # characters that are read of what a browser sends


class PromptWords(Element, component="prompt_words.js"):
    """Follows a prompt's field; what is picked, and ideas, are written into it."""

    def __init__(
        self, field: Field, words: Words, *, style: Callable[[], str | None] = lambda: None
    ) -> None:
        """words: the engine's own. style: the one that is chosen now."""
        super().__init__()
        self._field = field
        self._words = words
        self._chosen = style
        self._options = {(o.kind, o.value): o for part in words.vocabulary for o in part.options}
        self.props["field"] = html_id(field.control)
        self.props["ideas"] = list(words.ideas)
        self.props["vocabulary"] = [asdict(part) for part in words.vocabulary]
        self._show(field.value)
        self.on("read", lambda event: self._show(str(event.args)))
        self.on("idea", lambda event: self._idea(event.args))
        self.on("pick", lambda event: self._pick(event.args))

    def _show(self, prompt: str, *, written: bool = False) -> None:
        """written: by us, so that the browser has to take over the text."""
        found = self._words.understand(prompt[:LONGEST], self._chosen())
        self.props["reading"] = {
            "text": prompt,
            "written": written,
            "understood": [asdict(term) for term in found.understood],
            "not_understood": [asdict(each) for each in found.not_understood],
        }

    def again(self) -> None:
        """Another style was chosen, which may show other words."""
        self._show(self._field.value)

    def write(self, prompt: str) -> None:
        """Write it into the field, and say what is understood of it."""
        self._field.value = prompt
        self._field.error = None
        self._show(prompt, written=True)

    def _idea(self, idea: Any) -> None:
        if idea in self._words.ideas:
            self.write(idea)

    def _pick(self, picked: Any) -> None:
        # What a browser sends is not to be trusted: only what was offered counts.
        sent = picked if isinstance(picked, dict) else {}
        option = self._options.get((str(sent.get("kind")), str(sent.get("value"))))
        if option:
            self.write(self._words.choose(str(sent.get("text", ""))[:LONGEST], option))
