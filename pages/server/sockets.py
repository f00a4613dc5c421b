"""Open pages: only the browser that was given a page may speak for it, and only while signed in.

NiceGUI takes the page's id as proof enough; here the session cookie has to match as well.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from nicegui import Client, background_tasks, core
from nicegui import nicegui as internals
from starlette.types import Scope

from services.accounts import sessions
from services.deps import Deps
from services.errors import Forbidden
from services.kit.notify import RECONNECTED

VERIFIED_FOR = 10.0  # seconds in which a page's events need no look at the database
GRACE = 0.5  # seconds for a page that ended its own session, by a form, to get where it is going
_MESSAGES: dict[str, Callable[[str, dict[str, Any]], Any]] = {
    "event": internals._on_event,
    "javascript_response": internals._on_javascript_response,
    "ack": internals._on_ack,
    "log": internals._on_log,
}


def install(deps: Deps) -> None:
    """Refuse sockets of other origins, and messages of those that did not do the handshake."""
    core.sio.eio.cors_allowed_origins = None  # NiceGUI's default lets every site connect
    core.sio.on("handshake", _handshake)
    for name, handler in _MESSAGES.items():
        core.sio.on(name, _guarded(deps, handler))


def is_socket(path: str) -> bool:
    """Whether this is NiceGUI's socket, or a route that belongs to one open page."""
    return path.startswith(("/_nicegui_ws/", "/_nicegui/client/"))


def check_owner(scope: Scope) -> None:
    """The page has to belong to the session of the cookie. Raises Forbidden."""
    path: str = scope["path"]
    if path.startswith("/_nicegui/client/"):
        client_id = path.split("/")[3]
    else:
        client_id = parse_qs(scope["query_string"].decode("latin-1")).get("client_id", [""])[0]
    client = Client.instances.get(client_id)
    if client is not None and _session_of(client) != scope["state"]["session_id"]:
        raise Forbidden("This page belongs to another session.")


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


async def _handshake(sid: str, message: Any = None) -> bool:
    """NiceGUI's own, for a page of the session by which this socket was opened."""
    client = _client_of(message)
    if client is None or not {"tab_id", "document_id"} <= message.keys():
        return False
    opened_by = core.sio.get_environ(sid)["asgi.scope"]["state"]["session_id"]
    return _session_of(client) == opened_by and bool(await internals._on_handshake(sid, message))


def _client_of(message: Any) -> Client | None:
    """The page that a message names; None for what no page of ours would send."""
    named = message.get("client_id") if isinstance(message, dict) else None
    return Client.instances.get(named) if isinstance(named, str) else None


def _guarded(
    deps: Deps, handler: Callable[[str, dict[str, Any]], Any]
) -> Callable[..., Awaitable[None]]:
    async def guarded(sid: str, message: Any = None) -> None:
        client = _client_of(message)
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
