"""The part of /account where a member chooses how to be told of what is ready."""

from uuid import UUID

from components.controls import Tick, button
from components.dates import Moment, dated
from components.devices import device_name
from components.dom import attach, el
from components.feedback import badge, section, toast
from components.push_switch import PushSwitch
from pages.server import context
from services.deps import Deps
from services.errors import DomainError
from services.notifications import choices, push_job
from services.notifications.choices import BrowserView, ChoicesView
from services.notifications.web_push import Message, Receiver

OFF = (
    "Nothing can be sent here yet. Set WEB_PUSH=on for messages to browsers, and SMTP_URL for "
    "e-mail."
)
TEST = Message(
    title="This is how Likeness tells you",
    body="You get it when pictures or a model are ready and you are elsewhere.",
    path="/account",
    tag="test",
)


def notifications_section(deps: Deps, found: ChoicesView, *, is_admin: bool) -> None:
    """Browsers and e-mail, as far as the operator has switched them on."""
    if not (found.push_key or found.mail or is_admin):
        return
    with section("Notifications") as part:
        attach(part, id="notifications")
        el("p", "When pictures or a model are ready while you are elsewhere.", classes="muted")
        if found.push_key:
            _Browsers(deps, found.push_key).show(found.browsers)
        if found.mail:
            _mail(deps, found)
        if not (found.push_key or found.mail):
            el("p", OFF, classes="small muted")


class _Browsers:
    """The switch of this browser, and all that are told."""

    def __init__(self, deps: Deps, key: str) -> None:
        self._deps = deps
        self._switch = PushSwitch(
            key=key, told=False, on_subscribe=self._subscribe, on_stop=self._stop
        )
        self._rows = el("ul", classes="stack")
        self._here: UUID | None = None

    def show(self, browsers: tuple[BrowserView, ...]) -> None:
        self._here = next((view.id for view in browsers if view.here), None)
        self._switch.show(self._here is not None)
        self._rows.clear()
        with self._rows:
            for view in browsers:
                self._row(view)

    def _row(self, view: BrowserView) -> None:
        name = device_name(view.user_agent)
        with el("li", classes="card row between"):
            with el("div"):
                with el("p", classes="row tight strong"):
                    el("span", name)
                    if view.here:
                        badge("This browser", tone="good")
                dated("p", "since ", Moment(view.created_at), classes="small muted")
            with el("div", classes="row tight"):
                button("Send a test", lambda: self._test(view), aria_label=f"Send a test: {name}")
                if not view.here:
                    label = f"Stop in {name}"
                    button("Stop", lambda: self._forget(view.id), kind="quiet", aria_label=label)

    async def _subscribe(self, receiver: Receiver) -> None:
        session_id = context.session_id()
        assert session_id is not None  # noqa: S101  # only the cookie opens a page
        try:
            async with self._deps.transaction() as session:
                await choices.subscribe(
                    session,
                    self._deps,
                    user_id=context.current_user().id,
                    session_id=session_id,
                    receiver=receiver,
                )
        except DomainError as error:
            toast(str(error), danger=True)
        await self._read()

    async def _stop(self) -> None:
        if self._here:
            await self._forget(self._here)

    async def _forget(self, id: UUID) -> None:
        try:
            async with self._deps.transaction() as session:
                await choices.unsubscribe(session, user_id=context.current_user().id, id=id)
        except DomainError as error:
            toast(str(error))
        await self._read()

    async def _test(self, view: BrowserView) -> None:
        user = context.current_user()
        async with self._deps.transaction() as session:
            await push_job.enqueue(session, subscription_id=view.id, user_id=user.id, message=TEST)
        toast("Sent. It is shown once you look away from this page.")

    async def _read(self) -> None:
        user_id, session_id = context.current_user().id, context.session_id()
        async with self._deps.transaction() as session:
            found = await choices.of_user(
                session, self._deps, user_id=user_id, session_id=session_id
            )
        self.show(found.browsers)


def _mail(deps: Deps, found: ChoicesView) -> None:
    async def choose() -> None:
        async with deps.transaction() as session:
            await choices.choose_mail(
                session,
                user_id=context.current_user().id,
                trainings=trainings.value,
                pictures=pictures.value,
            )
        toast("Saved.")

    with el("fieldset", classes="field"):
        el("legend", "By e-mail")
        trainings = Tick("A training has ended", value=found.mail_trainings, on_change=choose)
        pictures = Tick(
            "Pictures that took longer than five minutes are ready",
            value=found.mail_pictures,
            on_change=choose,
        )
