"""Add photos from a phone: the button, and the dialog with the QR code for its camera."""

from urllib.parse import urlsplit
from uuid import UUID

from nicegui import ui
from starlette.datastructures import Headers

from components import live
from components.controls import Dialog, button
from components.copying import copyable
from components.dates import Moment, dated
from components.dom import el
from components.feedback import banner
from components.qr import qr_code
from pages.server import context, cookies
from pages.server.call_limits import count_in_page
from services.deps import Deps
from services.kit.loopback import is_loopback
from services.limits.policy import Act
from services.training import phone_links
from services.training.phone_links import PhoneLinkView

ONLY_HERE = (
    "You opened Likeness by an address that only this machine can reach, so a phone cannot open "
    "the code. Open Likeness by its address in your network, or ask its operator to set PUBLIC_URL."
)


class FromPhone:
    """The button is there once the model is a draft; each press shows a new code."""

    def __init__(self, deps: Deps, user_id: UUID) -> None:
        self._deps, self._user_id = deps, user_id
        self._model_id: UUID | None = None
        self._link: PhoneLinkView | None = None
        self._button = button("Add from your phone", self._show, icon_name="phone")
        self._button.set_visibility(False)
        with Dialog("Add photos from your phone") as self._dialog:
            self._body = el("div", classes="stack phone-link")
            self._state = el("p", classes="small muted", role="status")
            self._again = button("Show a new code", self._show, kind="quiet")
        live.on(phone_links.TOPIC, user_id, self._opened)

    def follow(self, model_id: UUID) -> None:
        """From now on there is a model to add photos to."""
        self._model_id = model_id
        self._button.set_visibility(True)

    async def _show(self) -> None:
        session_id = context.session_id()
        if self._model_id is None or session_id is None:
            return
        count_in_page(Act.MODELS)
        async with self._deps.transaction() as session:
            self._link = await phone_links.create(
                session,
                self._deps,
                user_id=self._user_id,
                user_model_id=self._model_id,
                session_id=session_id,
            )
        self._fill(self._link)
        self._dialog.show()

    def _fill(self, link: PhoneLinkView) -> None:
        origin = _origin(self._deps)
        self._body.clear()
        with self._body:
            if _is_only_here(origin):
                banner(ONLY_HERE, tone="warn")
            el("p", "Point the camera of your phone at the code. You need not sign in there.")
            qr_code(origin + link.path, label="QR code with the address below")
            copyable(origin + link.path, label="Address for your phone")
            dated(
                "p",
                "For one phone and this model only, until ",
                Moment(link.expires_at),
                ".",
                classes="small muted",
            )
        self._state.text = "Waiting for your phone …"

    async def _opened(self, id: UUID) -> None:
        if self._link is None or id != self._link.id:
            return
        self._link = None
        self._body.clear()
        with self._body:
            banner("Your phone is connected. Its photos appear here as they arrive.", tone="good")
        self._state.text = ""


def _origin(deps: Deps) -> str:
    """How the phone reaches us: PUBLIC_URL, else as the member's own browser does."""
    if deps.settings.public_url:
        return deps.settings.base_url
    scope = ui.context.client.request.scope
    host = Headers(scope=scope).get("host")
    scheme = "https" if cookies.secure(deps.settings, scope) else "http"
    return f"{scheme}://{host}" if host else deps.settings.base_url


def _is_only_here(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    return is_loopback(host) or host == "localhost" or host.endswith(".localhost")
