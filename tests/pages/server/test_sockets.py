"""Open pages in a real browser: whose they are, and that they die with their session."""

import json
import re
from pathlib import Path
from urllib.parse import urlencode

import httpx
import nicegui
import pytest
from nicegui import Client, core
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pages.server import socket_messages, sockets
from services.accounts import administration, sessions, signing_in, users
from services.accounts.sessions import Caller
from services.deps import Deps
from tests.builders import PASSWORD, make_user
from tests.pages.server.conftest import Errors
from tests.pages.server.open_pages import (
    HANDSHAKE_OF_NOBODY,
    Open,
    answered,
    connected,
    post_frames,
    socket,
)
from tests.waiting import eventually


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
    handler = sockets._guarded(live_deps, sockets._HANDLERS["event"])
    await handler(sid, json.loads(message[2:])[1])
    assert opened.clicks == []
    assert client_id not in Client.instances


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
        await other.send(HANDSHAKE_OF_NOBODY)
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
        await stranger.send(HANDSHAKE_OF_NOBODY)
        await answered(stranger)
    assert opened.clicks == []


async def test_no_event_of_a_socket_can_be_another_ones_handshake(
    opened: Open, address: str
) -> None:
    """Socket.IO calls the handler of `connect` for an event of that name, too."""
    client_id, message = await opened.event()
    ids = {"client_id": client_id, "tab_id": Client.instances[client_id].tab_id}
    query = urlencode(ids | {"document_id": "mine", "implicit_handshake": "true"})
    async with socket(address, "", None, address) as stranger:
        await connected(stranger)
        for sent in ("42" + json.dumps(["connect", {"QUERY_STRING": query}]), message):
            await stranger.send(sent)
            await stranger.send(HANDSHAKE_OF_NOBODY)
            assert await answered(stranger) == "430[false]"
        assert opened.clicks == []
    await opened.click()
    await eventually(lambda: len(opened.clicks) == 1)


@pytest.mark.parametrize("ids", [{}, {"tab_id": "x"}, {"tab_id": "x", "next_message_id": "y"}])
async def test_a_handshake_by_address_is_checked_like_any_other(
    opened: Open, address: str, ids: dict[str, str], errors: Errors
) -> None:
    client_id, message = await opened.event()
    for page, cookie in (("", None), ("nobody", None), (client_id, opened.token)):
        query = urlencode({"EIO": "4", "transport": "websocket", "client_id": page} | ids)
        url = f"{address}/_nicegui_ws/socket.io/?{query}&implicit_handshake=true"
        headers = {"Cookie": f"likeness={cookie}"} if cookie else {}
        async with connect(url.replace("http", "ws"), additional_headers=headers) as stranger:
            await stranger.recv()
            await stranger.send("40")
            assert str(await stranger.recv()).startswith("44")  # refused
            await stranger.send(message)
    assert opened.clicks == []
    assert errors() == []


async def test_polling_belongs_to_the_browser_that_began_it(opened: Open, address: str) -> None:
    """Its session id stands in addresses, and so in the logs of proxies."""
    url = f"{address}/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    async with httpx.AsyncClient(cookies={"likeness": opened.token}) as own:
        sid = json.loads((await own.get(url)).text[1:])["sid"]
        async with httpx.AsyncClient() as stranger:
            assert (await stranger.get(f"{url}&sid={sid}")).status_code == 403
            assert (await post_frames(stranger, f"{url}&sid={sid}", b"40")).status_code == 403
        assert (await post_frames(own, f"{url}&sid={sid}", b"40")).status_code == 200


async def test_a_browser_without_websockets_still_works(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some proxies take none; after 20 s NiceGUI falls back to polling, and here at once."""
    monkeypatch.setattr(core.app.config, "socket_io_js_transports", ["polling"])
    await opened.page.reload()
    await opened.page.wait_for_function("window.did_handshake === true")
    assert await opened.page.evaluate("window.socket.io.engine.transport.name") == "polling"
    await opened.click()
    await eventually(lambda: len(opened.clicks) == 1)


def test_every_event_of_nicegui_is_known() -> None:
    """Fails when NiceGUI adds one: then it needs a model of its fields, and a guard."""
    lifecycle = {"connect", "disconnect"}  # of Socket.IO itself, never taken as events
    assert set(core.sio.handlers) == {"/"}
    assert set(core.sio.handlers["/"]) == lifecycle | set(socket_messages.EVENTS)
    assert core.sio.namespace_handlers == {}
    emitted = set()
    for script in Path(nicegui.__file__).parent.rglob("*.js"):
        emitted |= set(re.findall(r"""socket\??\.emit\(\s*["'](\w+)""", script.read_text("utf-8")))
    assert emitted == set(socket_messages.EVENTS)


async def test_uploads_of_a_page_take_its_own_session_only(opened: Open, address: str) -> None:
    client_id, _ = await opened.event()
    async with httpx.AsyncClient() as visitor:
        answer = await visitor.post(f"{address}/_nicegui/client/{client_id}/upload/1")
    assert answer.status_code == 403
