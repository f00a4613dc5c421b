"""What every request passes: its id, safe headers, who is asking, and whether they may."""

import re
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from nicegui import app
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from pages.server import cookies, errors, hosts, nicegui_page, sockets
from pages.server.call_limits import CallLimits, counted_refusal
from pages.server.request_bodies import SAFE, RequestBodies
from pages.server.security_headers import content_security_policy, with_safe_headers
from services.accounts import api_keys, sessions, tokens
from services.app.logs import REQUEST_ID
from services.deps import Deps
from services.errors import DomainError, Forbidden, NotSignedIn
from services.workers import keys

# none needs to know who asks: files and workers' reports are signed, and files are many
STATIC = re.compile(
    r"^/(_nicegui/\d[^/]*|assets|static|files|worker)/|^/(favicon\.ico|service-worker\.js)$"
)
# open without signing in, or by keys of workers; everything else that exists asks for it
PUBLIC = re.compile(
    r"^/($|login$|register$|reset$|pricing$|privacy$|quality$|verify$|healthz$|readyz$|metrics$"
    r"|_nicegui_ws/"
    r"|share/|s/|phone$|phone/|_nicegui/client/|api/worker/"
    r"|api/(auth/(register|login)|verify|docs|openapi\.json|webhooks/stripe)$)"
)
WORKERS = "/api/worker/"  # for GPU workers, which have keys of their own
WEBHOOKS = frozenset({"/api/webhooks/stripe"})  # signed by their sender: no session, no Origin


def install(deps: Deps) -> None:
    """Put all of it around the application; the last added is the outermost."""
    app.add_middleware(sockets.SocketFrames)
    app.add_middleware(RequestBodies)
    app.add_middleware(CallLimits, deps=deps)
    app.add_middleware(Doorkeeper, deps=deps)
    app.add_middleware(LastResort)
    app.add_middleware(SafeHeaders, deps=deps)
    app.add_middleware(RequestIds)
    # a list, so that an empty setting trusts nobody
    trusted: Any = _proxies(deps)  # FastAPI's type of a middleware knows no keywords
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)


def _proxies(deps: Deps) -> Sequence[str]:
    return [p.strip() for p in deps.settings.trusted_proxies.split(",") if p.strip()]


class RequestIds:
    """Gives each request a reference, for its logs and for members who ask for help."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = id
            await send(message)

        token = REQUEST_ID.set(id)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            REQUEST_ID.reset(token)


_NONCE = "{nonce}"


class SafeHeaders:
    """Content security policy with a fresh nonce for each HTML answer, and its companions."""

    def __init__(self, app: ASGIApp, deps: Deps) -> None:
        self.app = app
        self._deps = deps
        self._policy = content_security_policy(deps.settings, _NONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        nonce = secrets.token_urlsafe(16)
        policy = self._policy.replace(_NONCE, nonce)
        https = cookies.secure(self._deps.settings, scope)
        html: Message | None = None
        body = bytearray()

        async def send_safely(message: Message) -> None:
            nonlocal html
            if message["type"] == "http.response.start":
                message["headers"] = with_safe_headers(
                    message["headers"], policy=policy, https=https
                )
                if Headers(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                    html = message
                    return None
            if html is None:
                return await send(message)
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return None
            page = nicegui_page.trimmed(bytes(body))
            whole = _SCRIPT.sub(b'<script nonce="' + nonce.encode() + b'"', page)
            body.clear()  # an open page keeps its request, and with it what this function knows
            MutableHeaders(scope=html)["content-length"] = str(len(whole))
            await send(html)
            return await send({"type": "http.response.body", "body": whole})

        return await self.app(scope, receive, send_safely)


# only our own markup has this tag: texts of members arrive escaped
_SCRIPT = re.compile(rb"<script\b(?![^>]*\bnonce=)")


class Doorkeeper:
    """Finds out who is asking, and turns away who may not: one place for all routes.

    Leaves `user` (UserView or None), `session_id` and `deps` in the request's state.
    """

    def __init__(self, app: ASGIApp, deps: Deps) -> None:
        self.app = app
        self._deps = deps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] not in {"http", "websocket"}:
            return await self.app(scope, receive, send)
        state = scope.setdefault("state", {})
        state |= {"deps": self._deps, "user": None, "session_id": None}
        try:
            if not STATIC.match(scope["path"]):
                hosts.check(self._deps.settings, scope)
                await self._identify(scope)
                self._admit(scope)
        except DomainError as error:
            return await self._refuse(counted_refusal(error, scope), scope, receive, send)
        return await self.app(scope, receive, send)

    async def _identify(self, scope: Scope) -> None:
        state, headers = scope["state"], Headers(scope=scope)
        kind, _, key = headers.get("authorization", "").partition(" ")
        if scope["path"].startswith(WORKERS):
            return await self._identify_worker(scope, key.strip())
        if scope["path"].startswith("/api/") and kind.lower() == "bearer":
            async with self._deps.reading() as session:
                state["user"] = await api_keys.find(session, self._deps, key=key.strip())
            if state["user"]:
                state["api_key"] = tokens.digest(key.strip())
            elif scope["path"] not in WEBHOOKS:
                raise NotSignedIn("This API key is unknown or was revoked.")
            return None
        if token := cookies.read(self._deps.settings, scope):
            async with self._deps.reading() as session:
                if found := await sessions.find(session, self._deps, token=token):
                    state |= {"user": found.user, "session_id": found.session_id}
        return None

    async def _identify_worker(self, scope: Scope, key: str) -> None:
        """Leaves `worker`, its id, in the request's state. Raises NotSignedIn."""
        async with self._deps.reading() as session:
            scope["state"]["worker"] = await keys.find(session, key=key)
        if scope["state"]["worker"] is None and _exists(scope):
            raise NotSignedIn("This key of a GPU worker is unknown or was revoked.")

    def _admit(self, scope: Scope) -> None:
        """Raises Forbidden or NotSignedIn."""
        path = scope["path"]
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE
        if (unsafe or sockets.is_socket(path)) and path not in WEBHOOKS:
            self._refuse_other_sites(scope)
        if sockets.is_socket(path):
            sockets.check_owner(scope)
        elif scope["state"]["user"] is None and not PUBLIC.match(path) and _exists(scope):
            raise NotSignedIn("Sign in first.")

    def _refuse_other_sites(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            raise Forbidden("This request came from another site.")
        origin = headers.get("origin")
        if origin is not None and not hosts.may_write(self._deps.settings, scope, origin):
            raise Forbidden("This request came from another site.")

    async def _refuse(self, error: DomainError, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403})
            return
        await _refusal(error, scope)(scope, receive, send)


class LastResort:
    """Turns what nobody caught into an answer with a reference; the details go to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            await errors.broken(error, scope)(scope, receive, send)


def _refusal(error: DomainError, scope: Scope) -> Response:
    if isinstance(error, NotSignedIn) and errors.wants_page(scope):
        target = scope["path"] + (f"?{q.decode()}" if (q := scope["query_string"]) else "")
        next_page = f"?next={quote(target, safe='/')}" if scope["method"] == "GET" else ""
        return RedirectResponse(f"/login{next_page}", 303)
    return errors.answer(error, scope)


def _exists(scope: Scope) -> bool:
    """Whether some route would answer: what does not exist is a 404 for visitors as well."""
    return any(route.matches(scope)[0] is not Match.NONE for route in app.routes)
