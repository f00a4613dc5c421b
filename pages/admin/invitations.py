"""Invitations on /admin: made in a dialog, mailed where mail is set up, followed live."""

from dataclasses import dataclass
from uuid import UUID

from components import live
from components.controls import Dialog, Field, button
from components.copying import copyable
from components.dates import Day, dated
from components.dom import El, el
from components.feedback import section, toast
from components.keyed_list import KeyedList
from services.accounts import invitations, one_time_links
from services.accounts.invitations import InvitationView
from services.accounts.one_time_links import MailState
from services.accounts.users import UserView
from services.deps import Deps
from services.errors import DomainError
from services.kit import mail

DAYS = one_time_links.LASTS["invite"].days


@dataclass(frozen=True, slots=True)
class Row:
    """What is on the page of one invitation."""

    root: El
    state: El

    def show(self, view: InvitationView) -> None:
        """What became of it."""
        self.state.text = _state(view)


class Invitations:
    """Those that nobody has used yet, and the dialog that makes one."""

    def __init__(self, deps: Deps, actor: UserView) -> None:
        """actor: the administrator who looks."""
        self._deps = deps
        self._actor = actor
        self._shown: tuple[UUID, El] | None = None  # in the dialog, with the words of its state

    async def build(self) -> None:
        """The list, which is not there while it is empty, and its subscription."""
        with section("Invitations") as self._section:
            rows = el("ul", classes="stack")
        self._rows = KeyedList[InvitationView](rows, key=lambda view: view.id, build=self._row)
        self._dialog = Dialog("Invitation")
        await self._refresh(self._actor.id)
        live.on(invitations.TOPIC, None, self._refresh)

    async def ask(self) -> None:
        """Whom to invite."""
        self._fill("Invite somebody")
        mailed = mail.enabled(self._deps.settings)
        with self._dialog.body:
            what = "We mail the invitation to it." if mailed else "Only it can use the link."
            email = Field(
                "E-mail",
                type="email",
                autocomplete="off",
                help=f"{what} Empty: a link for whoever has it.",
            )
            button("Invite", lambda: self._make(email), kind="primary")
        self._dialog.show()

    async def _make(self, email: Field) -> None:
        try:
            async with self._deps.transaction() as session:
                made = await invitations.create(
                    session,
                    self._deps,
                    actor_id=self._actor.id,
                    email=email.value.strip() or None,
                )
        except DomainError as error:
            email.error = str(error)
            email.focus()
            return
        self._show(made)

    def _show(self, view: InvitationView) -> None:
        """One invitation in the dialog, with its link."""
        self._fill("Invitation")
        with self._dialog.body:
            el("p", _whom(view), classes="strong wrap-any")
            state = el("p", _state(view), role="status")
            if view.link:
                copyable(view.link, label="Link")
            until = Day(view.expires_at)
            dated("p", "The link works once, until ", until, ".", classes="small muted")
        self._shown = (view.id, state)

    def _fill(self, title: str) -> None:
        self._dialog.heading.text = title
        self._dialog.body.clear()
        self._shown = None

    async def _refresh(self, _: UUID) -> None:
        async with self._deps.transaction() as session:
            views = await invitations.waiting(session, self._deps, actor_id=self._actor.id)
        self._section.set_visibility(bool(views))
        self._rows.show(views)
        for view in views:
            if self._shown and self._shown[0] == view.id:
                self._shown[1].text = _state(view)

    def _row(self, view: InvitationView) -> Row:
        with el("li", classes="card row between") as root:
            with el("div"):
                el("p", _whom(view), classes="strong wrap-any")
                state = el("p", classes="small muted wrap-any")
            with el("div", classes="row"):
                self._buttons(view)
        return Row(root, state)

    def _buttons(self, view: InvitationView) -> None:
        async def show() -> None:
            self._show(view)
            await self._refresh(view.id)  # its mail has moved on since
            self._dialog.show()

        async def withdraw() -> None:
            try:
                async with self._deps.transaction() as session:
                    await invitations.withdraw(
                        session, actor_id=self._actor.id, invitation_id=view.id
                    )
            except DomainError as error:
                toast(str(error))
            else:
                toast("The invitation is withdrawn; its link works no more.")
            await self._refresh(view.id)

        whom = view.email or "anyone with the link"
        if view.link:
            button("Show link", show, aria_label=f"Show link for {whom}")
        button(
            "Withdraw", withdraw, kind="danger", aria_label=f"Withdraw the invitation for {whom}"
        )


def _whom(view: InvitationView) -> str:
    return view.email or "Anyone with the link"


def _state(view: InvitationView) -> str:
    """What became of it, and what there is to do."""
    match view.mail:
        case MailState.QUEUED:
            return "Being mailed."
        case MailState.SENT:
            return "Mailed."
        case MailState.FAILED:
            return f"Not mailed yet, so send the link yourself. {view.problem}"
        case None if view.email:
            return "Not mailed, as no mail server is set up: send the link yourself."
        case None:
            return "Send the link yourself, to one person."
