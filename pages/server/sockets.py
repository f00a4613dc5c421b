"""Open pages: only the browser that was given a page may speak for it, and only while signed in.

NiceGUI takes the page's id as proof enough; here the session cookie has to match as well.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from nicegui import Client, background_tasks, core
from nicegui import nicegui as internals
from socketio.exceptions import ConnectionRefusedError
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server import socket_messages
from pages.server.request_bodies import first
from pages.server.socket_messages import Handshake, is_frame, parsed
from services.accounts import sessions
from services.app import metrics
from services.deps import Deps
from services.errors import Forbidden
from services.kit.notify import RECONNECTED

REPORTED = 300  # characters of a page's report that are logged
VERIFIED_FOR = 10.0  # seconds in which a page's events need no look at the database
GRACE = 0.5  # seconds for a page that ended its own session, by a form, to get where it is going
log = logging.getLogger("likeness.pages")
Handler = Callable[[str, dict[str, Any]], Any]


def install(deps: Deps) -> None:
    """Take over all that NiceGUI receives: only what a page of ours sends reaches its handlers."""
    core.sio.eio.cors_allowed_origins = []  # the middleware compares the Origin, at one place
    core.sio.eio.on("message", _receive)
    # it would log what strangers ask for as errors
    vars(core.sio.eio)["_log_error_once"] = lambda _text, _key: _count("socket_request")
    core.sio.on("connect", _connect)
    core.sio.on("handshake", _handshake)
    for name, handler in _HANDLERS.items():
        core.sio.on(name, _guarded(deps, handler))


class SocketFrames:
    """Drops the frames that Engine.IO can't read, of a websocket or of a polling request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call; the body of a polling request was read whole by `RequestBodies`."""
        if scope["type"] == "websocket":
            receive = _readable(receive)
        elif _is_polling(scope) and scope["method"] == "POST":
            whole = await receive()
            if not socket_messages.are_frames(whole["body"]):
                _count("socket_message")
                answer = PlainTextResponse("These are no messages.", HTTPStatus.BAD_REQUEST)
                return await answer(scope, receive, send)
            receive = first(whole, receive)
        return await self.app(scope, receive, send)


def _is_polling(scope: Scope) -> bool:
    return scope["type"] == "http" and bool(scope["path"].startswith("/_nicegui_ws/"))


def _readable(receive: Receive) -> Receive:
    async def receive_readable() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or is_frame(message.get("text")):
                return message
            _count("socket_message")

    return receive_readable


def is_socket(path: str) -> bool:
    """Whether this is NiceGUI's socket, or a route that belongs to one open page."""
    return path.startswith(("/_nicegui_ws/", "/_nicegui/client/"))


def check_owner(scope: Scope) -> None:
    """The page has to belong to the session of the cookie. Raises Forbidden."""
    path: str = scope["path"]
    asking = scope["state"]["session_id"]
    query = _query(scope["query_string"].decode("latin-1"))
    if path.startswith("/_nicegui/client/"):
        client_id = path.split("/")[3]
    else:
        client_id = query.get("client_id", "")
    client = Client.instances.get(client_id)
    if client is not None and _session_of(client) != asking:
        raise Forbidden("This page belongs to another session.")
    opened = core.sio.environ.get(query.get("sid", ""))  # by the first request of a polling socket
    if opened is not None and _opened_by(opened) != asking:
        raise Forbidden("This socket belongs to another session.")


def on_notice(deps: Deps) -> Callable[[str, UUID, UUID | None], None]:
    """A subscriber of the notice listener: closes the pages of sessions that ended."""

    def notice(topic: str, id: UUID, _user_id: UUID | None) -> None:
        if topic == "session":
            background_tasks.create(close_pages(id), name="close pages")
        elif topic == RECONNECTED:
            background_tasks.create(_close_stale(deps), name="close stale pages")

    return notice


async def close_pages(session_id: UUID) -> None:
    """End every open page of a session: at once its handlers never run again, then it leaves."""
    closed = [c for c in Client.instances.values() if _session_of(c) == session_id]
    for client in closed:
        client.request.state.user = None
        for task in client._delete_tasks.values():
            task.cancel()  # NiceGUI would delete a page twice that was about to go
        client.delete()
    if closed:
        await asyncio.sleep(GRACE)
    for client in closed:
        await core.sio.emit("open", {"path": "/login", "new_tab": False}, room=client.id)
        await core.sio.close_room(client.id)


async def _close_stale(deps: Deps) -> None:
    """Check all open pages, after notices may have been missed."""
    open_ids = {_session_of(c) for c in Client.instances.values()} - {None}
    for session_id in open_ids:
        if session_id and not await _is_live(deps, session_id):
            await close_pages(session_id)


async def _receive(eio_sid: str, data: object) -> None:
    """Pass a packet on to Socket.IO if a page of ours would send it, else count it."""
    connected = core.sio.manager.sid_from_eio_sid(eio_sid, "/") is not None
    if socket_messages.is_packet(data, connected=connected):
        await core.sio._handle_eio_message(eio_sid, data)
    else:
        _count("socket_message")


async def _connect(sid: str, environ: dict[str, Any], _auth: object = None) -> None:
    """NiceGUI's own, which takes the handshake from the address."""
    query = _query(environ["QUERY_STRING"])
    if query.get("implicit_handshake") == "true" and not await _handshake(sid, query):
        raise ConnectionRefusedError("Implicit handshake failed")  # the script knows these words


async def _handshake(sid: str, message: dict[str, Any]) -> bool:
    """NiceGUI's own, for a page of the session by which this socket was opened."""
    fields = parsed(Handshake, message)
    client = Client.instances.get(fields.client_id) if fields else None
    if fields is None or client is None:
        return False
    if _session_of(client) != _opened_by(core.sio.get_environ(sid)):
        return False
    return bool(await internals._on_handshake(sid, fields.model_dump()))


def _event(sid: str, message: dict[str, Any]) -> None:
    """NiceGUI's own, for a listener that is still there."""
    element = Client.instances[message["client_id"]].elements.get(message["id"])
    if element is not None and message["listener_id"] in element._event_listeners:
        internals._on_event(sid, message)


def _log(_sid: str, message: dict[str, Any]) -> None:
    """What a page reports is never an error of ours, and never more than one short line."""
    log.info("A page reports (%s): %r", message["level"], message["message"][:REPORTED])


_HANDLERS: dict[str, Handler] = {
    "event": _event,
    "javascript_response": internals._on_javascript_response,
    "ack": internals._on_ack,
    "log": _log,
}


def _guarded(deps: Deps, handler: Handler) -> Callable[..., Awaitable[None]]:
    """The handler, for a socket that did the page's handshake, while its session runs."""

    async def guarded(sid: str, message: dict[str, Any]) -> None:
        client = Client.instances.get(message["client_id"])
        if client is None or client.id not in core.sio.rooms(sid):
            return
        session_id = _session_of(client)
        if session_id is None or await _verified(deps, client, session_id):
            handler(sid, message)

    return guarded


async def _verified(deps: Deps, client: Client, session_id: UUID) -> bool:
    """Whether the page's session still runs; asked of the database now and then, not each time."""
    state = client.request.state
    if time.monotonic() - getattr(state, "verified_at", 0.0) > VERIFIED_FOR:
        if not await _is_live(deps, session_id):
            await close_pages(session_id)
            return False
        state.verified_at = time.monotonic()
    return state.user is not None


async def _is_live(deps: Deps, session_id: UUID) -> bool:
    async with deps.transaction() as session:
        return await sessions.is_live(session, deps, session_id=session_id)


def _session_of(client: Client) -> UUID | None:
    request = client._request
    return getattr(request.state, "session_id", None) if request is not None else None


def _opened_by(environ: dict[str, Any]) -> UUID | None:
    """The browser session of the request that opened a socket."""
    id: UUID | None = environ["asgi.scope"]["state"]["session_id"]
    return id


def _query(text: str) -> dict[str, str]:
    """The first value of each name, as NiceGUI reads them."""
    return {name: values[0] for name, values in parse_qs(text).items()}


def _count(reason: str) -> None:
    metrics.REFUSED.labels(reason).inc()
