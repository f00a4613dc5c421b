"""The engine as the operator sees it: what is in use, what could be, and a test of it."""

from collections.abc import Awaitable, Callable, Sequence

from components.controls import button, set_enabled
from components.dom import attach, el
from components.feedback import banner, facts
from services.engines.base import EngineError, EngineInfo, Offer


class EnginePanel:
    """What the engine is, a button that tests it, and how to connect another one."""

    def __init__(
        self, info: EngineInfo, *, check: Callable[[], Awaitable[str]], offers: Sequence[Offer]
    ) -> None:
        """check: one sentence on the engine's state; raises EngineError with what is wrong.

        offers: engines to connect instead.
        """
        self._check = check
        with el("div", classes="card stack"):
            el("h3", info.label)
            el("p", info.notice, classes="muted")
            facts({"Base model": info.base_model, "Photos": info.privacy})
            with el("div", classes="row"):
                self._button = button("Test the connection", self._test, icon_name="bolt")
            self._answer = el("div", aria_live="polite")
        if offers:
            self._how(offers)

    async def _test(self) -> None:
        set_enabled(self._button, False)
        attach(self._button, aria_busy="true")
        try:
            text, works = await self._check(), True
        except EngineError as error:
            text, works = str(error), False
        attach(self._button, aria_busy=None)
        set_enabled(self._button, True)
        self._answer.clear()
        with self._answer:
            banner(text, tone="good" if works else "danger")

    @staticmethod
    def _how(offers: Sequence[Offer]) -> None:
        with el("div", classes="choices"):
            for offer in offers:
                with el("div", classes="card stack tight"):
                    el("h3", offer.title)
                    el("p", offer.text, classes="small muted")
                    el("pre", offer.settings, classes="settings mono", tabindex="0")
                    el("p", "Write this into .env and start again.", classes="small muted")
