"""Open pages in a real browser: whose they are, and that they die with their session."""

import gc
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from nicegui import Client, ui
from playwright.async_api import Browser, Page
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pages.server import sockets
from pages.server.context import current_user
from services.accounts import administration, sessions, signing_in, users
from services.accounts.sessions import Caller
from services.deps import Deps
from tests.builders import PASSWORD, make_user
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("quick_hashes")

JUNK: list[Any] = [None, [], "x", {}, {"client_id": [1]}]


@dataclass
class Open:
    """A page with one button, open in a member's browser."""

    page: Page
    user_id: UUID
    session_id: UUID
    token: str
    clicks: list[str]

    async def click(self) -> None:
        await self.page.get_by_role("button", name="Count").click()

    async def event(self) -> tuple[str, str]:
        """The page's id, and the message that a click sends."""
        client_id: str = await self.page.evaluate("window.clientId")
        button = next(
            e for e in Client.instances[client_id].elements.values() if isinstance(e, ui.button)
        )
        (listener,) = button._event_listeners
        event = {"id": button.id, "client_id": client_id, "listener_id": listener, "args": []}
        return client_id, "42" + json.dumps(["event", event])


@pytest.fixture
async def opened(live_deps: Deps, chromium: Browser, address: str) -> AsyncIterator[Open]:
    clicks: list[str] = []

    @ui.page("/counter")
    def counter() -> None:
        ui.button("Count", on_click=lambda: clicks.append(current_user().email))

    async with live_deps.transaction() as session:
        user = users.view(await make_user(session))
        started = await sessions.start(
            session, live_deps, user=user, caller=Caller("127.0.0.1"), replaces=None
        )
    context = await chromium.new_context()
    await context.add_cookies([{"name": "likeness", "value": started.token, "url": address}])
    page = await context.new_page()
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    await page.goto(f"{address}/counter")
    await page.wait_for_function("window.did_handshake === true")
    yield Open(page, user.id, started.id, started.token, clicks)
    await context.close()
    # the server has to hear of it before it stops: what it begins then is never ended
    await eventually(lambda: not any(c.has_socket_connection for c in Client.instances.values()))
    assert not [p for p in problems if "Content Security Policy" in p]


async def test_a_click_arrives(opened: Open) -> None:
    await opened.click()
    await eventually(lambda: len(opened.clicks) == 1)


async def test_logout_in_another_tab_closes_the_page(opened: Open, address: str) -> None:
    async with httpx.AsyncClient(cookies={"likeness": opened.token}) as other:
        assert (await other.post(f"{address}/logout")).status_code == 303
    await opened.page.wait_for_url(f"{address}/login")


@pytest.mark.parametrize("how", ["password", "disabled", "elsewhere"])
async def test_whatever_ends_the_session_closes_the_page(
    opened: Open, live_deps: Deps, address: str, how: str
) -> None:
    if how == "password":
        async with live_deps.transaction() as session:
            user = await users.get(session, user_id=opened.user_id)
            here = await sessions.start(
                session, live_deps, user=user, caller=Caller("192.0.2.7"), replaces=None
            )
        await signing_in.change_password(
            live_deps,
            user_id=opened.user_id,
            session_id=here.id,
            current=PASSWORD,
            new="another quiet sentence",
            caller=Caller("192.0.2.7"),
        )
    async with live_deps.transaction() as session:
        if how == "disabled":
            admin = await make_user(session, role="admin")
            await administration.disable(
                session, live_deps, actor_id=admin.id, user_id=opened.user_id
            )
        if how == "elsewhere":
            await sessions.end_all(session, user_id=opened.user_id)
    await opened.page.wait_for_url(f"{address}/login")


async def test_no_handler_runs_after_the_session_ended(
    opened: Open, live_deps: Deps, database_url: str
) -> None:
    """Even where the notice is lost and the browser keeps its page."""
    client_id, message = await opened.event()
    client = Client.instances[client_id]
    (sid,) = client._socket_to_document_id
    async with live_deps.transaction() as session:
        await session.connection()
        await sessions.end_all(session, user_id=opened.user_id)
        client.request.state.verified_at = float("-inf")
    handler = sockets._guarded(live_deps, sockets._MESSAGES["event"])
    await handler(sid, json.loads(message[2:])[1])
    assert opened.clicks == []
    assert client_id not in Client.instances


def socket(address: str, client_id: str, cookie: str | None, origin: str | None) -> connect:
    query = f"EIO=4&transport=websocket&client_id={client_id}&implicit_handshake=false"
    headers = {"Cookie": f"likeness={cookie}"} if cookie else {}
    url = f"{address.replace('http', 'ws')}/_nicegui_ws/socket.io/?{query}"
    return connect(url, additional_headers=headers, origin=origin, open_timeout=10)  # type: ignore[arg-type]


@pytest.mark.parametrize("who", ["visitor", "another site", "another member"])
async def test_a_page_is_deaf_to_strangers(
    opened: Open, live_deps: Deps, address: str, who: str
) -> None:
    client_id, _ = await opened.event()
    cookie, origin = None, address
    if who == "another site":
        cookie, origin = opened.token, "https://evil.example"
    if who == "another member":
        async with live_deps.transaction() as session:
            user = users.view(await make_user(session))
            caller = Caller("127.0.0.1")
            started = await sessions.start(
                session, live_deps, user=user, caller=caller, replaces=None
            )
        cookie = started.token
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        async with socket(address, client_id, cookie, origin) as stranger:
            await stranger.recv()


async def test_a_socket_without_the_handshake_fires_nothing(opened: Open, address: str) -> None:
    """Its own member's cookie is not enough: another tab can't act in the name of this one."""
    client_id, message = await opened.event()
    async with socket(address, client_id, opened.token, address) as other:
        await connected(other)
        await other.send(message)
        await other.send('420["handshake",{"client_id":"","tab_id":"x","document_id":"y"}]')
        await answered(other)
    assert opened.clicks == []
    await opened.click()
    await eventually(lambda: opened.clicks)
    assert len(opened.clicks) == 1


async def test_knowing_a_pages_ids_is_not_enough_for_its_handshake(
    opened: Open, address: str
) -> None:
    """A socket that names no page when it is opened belongs to no page of a member."""
    client_id, message = await opened.event()
    ids = {"client_id": client_id, "tab_id": Client.instances[client_id].tab_id}
    handshake = ids | {"document_id": "mine", "next_message_id": 0}
    async with socket(address, "", None, address) as stranger:
        await connected(stranger)
        await stranger.send("420" + json.dumps(["handshake", handshake]))
        assert await answered(stranger) == "430[false]"
        await stranger.send(message)
        await stranger.send('420["handshake",{}]')
        await answered(stranger)
    assert opened.clicks == []


async def test_messages_that_no_page_sends_are_no_errors_of_ours(
    opened: Open, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Visitors could fill the operator's log of errors."""
    client_id, _ = await opened.event()
    async with socket(address, "", None, address) as stranger:
        await connected(stranger)
        for name in ("handshake", "event", "javascript_response", "ack", "log"):
            for junk in JUNK:
                await stranger.send("42" + json.dumps([name, junk]))
            await stranger.send("42" + json.dumps([name, {"client_id": client_id}]))
            await stranger.send("42" + json.dumps([name]))
        await stranger.send('420["handshake",{}]')
        await answered(stranger)
    gc.collect()  # asyncio reports what nobody waited for when it goes
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_uploads_of_a_page_take_its_own_session_only(opened: Open, address: str) -> None:
    client_id, _ = await opened.event()
    async with httpx.AsyncClient() as visitor:
        answer = await visitor.post(f"{address}/_nicegui/client/{client_id}/upload/1")
    assert answer.status_code == 403


async def connected(socket: ClientConnection) -> None:
    """Engine.IO's greeting, then Socket.IO's."""
    assert str(await socket.recv()).startswith("0")
    await socket.send("40")
    assert str(await socket.recv()).startswith("40")


async def answered(socket: ClientConnection) -> str:
    """The answer to message 0: by then the message before it was worked."""
    while not (answer := str(await socket.recv())).startswith("430"):
        pass
    return answer
