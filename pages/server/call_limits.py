"""Counts each call under what it does, and turns away what is too much for a minute."""

import re
from collections.abc import Iterable

from nicegui import ui
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server import errors
from pages.server.request_bodies import SAFE
from services.accounts.users import UserView
from services.app import metrics
from services.deps import Deps
from services.errors import DomainError, TooManyRequests
from services.limits.calls import Asking, Calls, Standing
from services.limits.policy import Act

# Not counted: what a browser keeps, a signature or the key of a GPU worker opens, and what watches
# the installation.
FREE = re.compile(
    r"^/(_nicegui/\d[^/]*|assets|static|files|worker|api/worker)/"
    r"|^/(favicon\.ico|service-worker\.js|healthz|readyz|metrics|api/webhooks/stripe)$"
)
READING = re.compile(
    r"^(?P<sockets>/_nicegui_ws/)"
    r"|^(?P<pictures>/api/images/[^/]+/file$|/s/[^/]+/[^/]+/)"
)
CHANGING = re.compile(
    r"^(?P<generate>/api/(generate|compare|packs/[^/]+/run)$)"
    r"|^(?P<uploads>/api/models/[^/]+/images(/|$)|/phone/photos$)"
    r"|^(?P<models>/api/models(/|$))"
    r"|^(?P<shares>/api/shares(/|$))"
    r"|^(?P<verify>(/api)?/verify$)"
    r"|^(?P<sign_in>/(login|register|reset|phone/open)$|/api/auth/(login|register)$)"
    r"|^(?P<sockets>/_nicegui_ws/)"
)


def act_of(scope: Scope) -> Act | None:
    """What a call does, by its address; None where it is not counted."""
    path = scope["path"]
    if FREE.match(path):
        return None
    reads = scope["type"] == "websocket" or scope["method"] in SAFE
    found = (READING if reads else CHANGING).match(path)
    if found:
        return Act(next(name for name, part in found.groupdict().items() if part is not None))
    return Act.READS if reads else Act.WRITES


class CallLimits:
    """Stands inside the doorkeeper, which knows who asks, and before bodies are read.

    Adds RateLimit-Limit, -Remaining and -Reset to what it lets through.
    """

    def __init__(self, app: ASGIApp, deps: Deps) -> None:
        self.app = app
        self._calls = deps.calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        calls = self._calls
        act = act_of(scope) if calls and scope["type"] in {"http", "websocket"} else None
        if calls is None or act is None:
            return await self.app(scope, receive, send)
        try:
            standing = _counted(calls, act, scope)
        except TooManyRequests as error:
            return await _refuse(error, scope, receive, send)
        return await self.app(scope, receive, _with_headers(send, standing))


def counted_refusal(error: DomainError, scope: Scope) -> DomainError:
    """What a call that the doorkeeper turns away is answered: that there are too many of them."""
    calls: Calls | None = scope["state"]["deps"].calls
    try:
        if calls:
            _counted(calls, Act.REFUSED, scope)
    except TooManyRequests as too_many:
        return too_many
    return error


async def _refuse(error: TooManyRequests, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4429})
        return
    details = error.details
    standing = Standing(details["limit"], 0, details["retry_after"])
    await errors.answer(error, scope)(scope, receive, _with_headers(send, standing))


def _with_headers(send: Send, standing: Standing) -> Send:
    added = list(_headers(standing))

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return send_with_headers


def _headers(standing: Standing) -> Iterable[tuple[bytes, bytes]]:
    yield b"ratelimit-limit", b"%d" % standing.limit
    yield b"ratelimit-remaining", b"%d" % standing.remaining
    yield b"ratelimit-reset", b"%d" % standing.reset


def _counted(calls: Calls, act: Act, scope: Scope) -> Standing:
    """Raises TooManyRequests, which the metrics count."""
    try:
        return calls.count(act, asking(scope))
    except TooManyRequests:
        metrics.REFUSED.labels(f"limit_{act}").inc()
        raise


def asking(scope: Scope) -> Asking:
    """Who makes a call, as far as the doorkeeper found out."""
    state, client = scope["state"], scope.get("client")
    user: UserView | None = state["user"]
    return Asking(
        address=client[0] if client else "",
        member=user.id if user else None,
        key=state.get("api_key"),
        plan=user.plan if user else None,
    )


def count_in_page(act: Act) -> None:
    """Count what a handler of the open page is about to do. Raises TooManyRequests."""
    scope = ui.context.client.request.scope
    calls: Calls | None = scope["state"]["deps"].calls
    if calls:
        _counted(calls, act, scope)
