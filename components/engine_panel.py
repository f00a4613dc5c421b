"""The engine as the operator sees it: what is in use, what could be, and a test of it."""

from collections.abc import Awaitable, Callable

from components.controls import button, set_enabled
from components.dom import attach, el
from components.feedback import banner, facts
from services.engines.base import EngineError, EngineInfo

# (heading, what it gives, settings to write into .env)
CHOICES = (
    (
        "Your own GPU",
        "Photos stay on your own machines. Start the worker where the GPU is, as the README says, "
        "then tell this program where to find it.",
        "GPU_WORKER_URL=http://gpu-box:9000\nGPU_WORKER_KEY=the key of the worker",
    ),
    (
        "Together AI",
        "No hardware. Photos go to Together AI while they are needed. With a key alone, images "
        "are made from reference photos; trained models need the two containers of the README.",
        "TOGETHER_API_KEY=your key\nTOGETHER_TRAINER=name of the training container\n"
        "TOGETHER_GENERATOR=name of the image container",
    ),
)


class EnginePanel:
    """What the engine is, a button that tests it, and how to connect another one."""

    def __init__(self, info: EngineInfo, *, check: Callable[[], Awaitable[str]]) -> None:
        """check: one sentence on the engine's state; raises EngineError with what is wrong."""
        self._check = check
        with el("div", classes="card stack"):
            el("h3", info.label)
            el("p", info.notice, classes="muted")
            facts({"Base model": info.base_model, "Photos": info.privacy})
            with el("div", classes="row"):
                self._button = button("Test the connection", self._test, icon_name="bolt")
            self._answer = el("div", aria_live="polite")
        if info.name == "preview":
            self._how()

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
    def _how() -> None:
        with el("div", classes="choices"):
            for title, text, settings in CHOICES:
                with el("div", classes="card stack tight"):
                    el("h3", title)
                    el("p", text, classes="small muted")
                    el("pre", settings, classes="settings mono", tabindex="0")
                    el("p", "Write this into .env and start again.", classes="small muted")
