"""An engine as the operator sees it: what it is and costs, a test of it, and how to connect it."""

from collections.abc import Awaitable, Callable, Mapping

from components.controls import Field, PasswordField, button, set_enabled
from components.dom import attach, el
from components.feedback import Facts, badge, banner
from components.icons import icon
from services.engines.base import EngineError
from services.errors import DomainError
from services.remote.connections import ConnectionView, FieldView

Connect = Callable[[Mapping[str, str]], Awaitable[str]]


class EnginePanel:
    """What the engine is, a button that tests it, and a form where it can be connected here.

    more: room for what only this engine has.
    """

    def __init__(
        self,
        view: ConnectionView,
        *,
        check: Callable[[], Awaitable[str]] | None,
        on_connect: Connect,
        on_disconnect: Callable[[], Awaitable[None]],
    ) -> None:
        """check: one sentence on the engine's state; None where it is not connected.

        on_connect: takes the values of the form, by setting; says what the engine answered.
        All raise EngineError or DomainError with what is wrong.
        """
        self._on_connect = on_connect
        self._on_disconnect = on_disconnect
        with el("div", classes="card stack").mark(f"engine-{view.name}"):
            with el("div", classes="row between"):
                el("h3", view.info.label)
                self._badge = badge("")
            el("p", view.info.notice, classes="muted")
            if view.help:
                el("p", view.help, classes="small muted")
            self._facts = Facts()
            self.more = el("div")
            if check:
                with el("div", classes="row"):
                    test = button("Test the connection", self._test(check), icon_name="bolt")
                    self._test_button = test
            if view.fields:
                self._form(view)
            self._answer = el("div", aria_live="polite")
        self.show(view)

    def show(self, view: ConnectionView) -> None:
        """What may change by itself: its state, and why it is not used."""
        self._badge.text = _state(view)
        self._badge.classes(replace=f"badge {'good' if view.ready else ''}")
        self._facts.show(_facts(view))

    def _test(self, check: Callable[[], Awaitable[str]]) -> Callable[[], Awaitable[None]]:
        async def test() -> None:
            set_enabled(self._test_button, False)
            attach(self._test_button, aria_busy="true")
            await self._say(check)
            attach(self._test_button, aria_busy=None)
            set_enabled(self._test_button, True)

        return test

    async def _say(self, ask: Callable[[], Awaitable[str]]) -> None:
        try:
            text, works = await ask(), True
        except (EngineError, DomainError) as error:
            text, works = str(error), False
        self._answer.clear()
        with self._answer:
            banner(text, tone="good" if works else "danger")

    def _form(self, view: ConnectionView) -> None:
        with el("details", classes="advanced"):
            with el("summary"):
                icon("chevron-down", size="little")
                el("span", "Connect" if view.reason else "Change the connection")
            with el("div", classes="stack"):
                self._fields = {each.field.setting: _field(each) for each in view.fields}
                with el("div", classes="row"):
                    self._connect_button = button("Test and connect", self._connect)
                    self._connect_button.mark(f"connect-{view.name}")
                    if view.kept:
                        button("Disconnect", self._on_disconnect, kind="quiet")

    async def _connect(self) -> None:
        set_enabled(self._connect_button, False)
        values = {setting: field.value for setting, field in self._fields.items()}
        await self._say(lambda: self._on_connect(values))
        set_enabled(self._connect_button, True)


def _state(view: ConnectionView) -> str:
    if view.usual:
        return "In use"
    return "Ready" if view.ready else "Not in use"


def _facts(view: ConnectionView) -> dict[str, str]:
    info, cost = view.info, view.info.cost_per_image_usd
    shown = {
        "Reason": view.reason or "",
        "Base model": info.base_model,
        "Photos": info.privacy,
        "Cost": "" if cost is None else f"${cost:g} for an image" if cost else "Nothing",
    }
    return {name: value for name, value in shown.items() if value}


def _field(shown: FieldView) -> Field:
    """A secret is never shown again; what the environment says can't be changed here."""
    name = shown.field.setting.upper()
    kind = PasswordField if shown.field.secret else Field
    help = f"{name} is set in the environment, which wins." if shown.fixed else name
    if shown.field.secret and shown.given and not shown.fixed:
        help = f"{name}: there is one. Leave this empty to keep it."
    made = kind(
        shown.field.label,
        value="" if shown.fixed else shown.value,
        help=help,
        placeholder=shown.field.example,
        autocomplete="off",
        maxlength="300",
    )
    set_enabled(made.control, not shown.fixed)
    return made
