"""Open pages in a real browser: whose they are, and that they die with their session."""

import contextlib
import gc
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import nicegui
import pytest
from nicegui import Client, core, ui
from playwright.async_api import Browser, Page
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pages.server import socket_messages, sockets
from pages.server.context import current_user
from services.accounts import administration, sessions, signing_in, users
from services.accounts.sessions import Caller
from services.app import metrics
from services.deps import Deps
from tests.builders import PASSWORD, make_user
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("quick_hashes")

JUNK: list[Any] = [None, [], "x", 7, {}, {"client_id": [1]}]
# what is no message of Engine.IO or Socket.IO, or none that a page sends; "é" is a number's place
FRAMES = ["", "x", "0", "7", "9x", "b!!!", "é", "4", "4x", "4[]", "4{}", '4"a"', "4²", "42", "42{}"]
FRAMES += ["42[]", "42[[]]", '42["nothing",{}]', "40/admin,", '42/admin,["log",{}]', "40", "40[1]"]
FRAMES += ["430[]", "44", '451-["event",{"_placeholder":true,"num":0}]', "4" + "2" * 200 + "[]"]
FRAMES += ["41/x,", '42["connect",{}]', '42["disconnect"]', '42["event",1,2,3]', "4" + "[" * 5000]

ANYTHING: list[Any] = [None, "7", 1.5, True, [], ["error"], {}, {"0": "1"}, "x" * 1000]
NOBODY = {"client_id": "nobody", "tab_id": "x", "document_id": "y"}
HANDSHAKE_OF_NOBODY = "420" + json.dumps(["handshake", NOBODY])
Errors = Callable[[], list[str]]


@pytest.fixture
def errors(caplog: pytest.LogCaptureFixture) -> Errors:
    """What was logged as an error up to now, also by tasks that nobody waited for."""

    def found() -> list[str]:
        gc.collect()  # asyncio reports those when they go
        return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]

    return found


def refused(reason: str) -> float:
    """How much was counted under a reason."""
    return float(metrics.REFUSED.labels(reason)._value.get())


async def post_frames(client: httpx.AsyncClient, url: str, frames: bytes) -> httpx.Response:
    headers = {"Content-Type": "text/plain;charset=UTF-8"}
    return await client.post(url, content=frames, headers=headers)


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
    handler = sockets._guarded(live_deps, sockets._HANDLERS["event"])
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


async def test_messages_that_no_page_sends_are_no_errors_of_ours(
    opened: Open, address: str, errors: Errors
) -> None:
    """Visitors could fill the operator's log of errors."""
    client_id, _ = await opened.event()
    before = refused("socket_message")
    async with socket(address, "", None, address) as stranger:
        await connected(stranger)
        for name in ("handshake", "event", "javascript_response", "ack", "log"):
            for junk in JUNK:
                await stranger.send("42" + json.dumps([name, junk]))
            await stranger.send("42" + json.dumps([name, {"client_id": client_id}]))
            await stranger.send("42" + json.dumps([name]))
        for frame in FRAMES:
            await stranger.send(frame)
        await stranger.send(b"4bytes")
        await stranger.send(HANDSHAKE_OF_NOBODY)
        await answered(stranger)
    assert errors() == []
    assert refused("socket_message") - before == 5 * (len(JUNK) + 2) + len(FRAMES) + 1


async def test_a_member_s_own_page_writes_no_errors_either(
    opened: Open, address: str, errors: Errors
) -> None:
    """Her browser is hers: what it sends in the page's name has wrong fields."""
    client_id, message = await opened.event()
    client = Client.instances[client_id]
    right = json.loads(message[2:])[1]
    ids = {"tab_id": client.tab_id, "document_id": "x", "client_id": client_id}
    wrong: list[tuple[str, dict[str, Any]]] = [
        *(("event", {"id": each}) for each in ANYTHING),
        *(("event", {"listener_id": each}) for each in ("gone", *ANYTHING)),
        *(("event", {"args": each}) for each in (["{"], [7], ["NaN"], *ANYTHING) if each != []),
        *(("log", {"level": each, "message": "x"}) for each in ANYTHING),
        *(("log", {"level": "error", "message": each}) for each in ("the disk is full", *ANYTHING)),
        *(("ack", {"next_message_id": each}) for each in ANYTHING),
        *(("javascript_response", {"request_id": each}) for each in ANYTHING),
        *(("handshake", ids | {"next_message_id": each}) for each in ANYTHING),
    ]
    async with socket(address, client_id, opened.token, address) as own:
        await connected(own)
        await own.send("420" + json.dumps(["handshake", ids]))
        assert await answered(own) == "430[true]"
        for name, fields in wrong:
            await own.send("42" + json.dumps([name, right | fields]))
        await own.send(HANDSHAKE_OF_NOBODY)
        await answered(own)
    assert errors() == []
    assert opened.clicks == []


@pytest.mark.parametrize("body", [*FRAMES[1:], "d=4", "40\x1ex", "\x1e".join(["3"] * 17), "\xff"])
async def test_polling_takes_no_junk_either(address: str, body: str, errors: Errors) -> None:
    url = f"{address}/_nicegui_ws/socket.io/?EIO=4&transport=polling&client_id="
    before = refused("socket_message")
    async with httpx.AsyncClient() as stranger:
        sid = json.loads((await stranger.get(url)).text[1:])["sid"]
        assert (await post_frames(stranger, f"{url}&sid={sid}", b"40")).status_code == 200
        answer = await post_frames(stranger, f"{url}&sid={sid}", body.encode("latin-1"))
        assert answer.status_code in {200, 400}
    assert errors() == []
    assert refused("socket_message") > before


@pytest.mark.parametrize(
    "query",
    [
        "transport=polling",
        "EIO=3&transport=polling",
        "EIO=4&transport=pigeon",
        "EIO=4&transport=websocket",
        "EIO=4&transport=polling&sid=gone",
        "EIO=4&transport=polling&j=x",
        "EIO=4&transport=polling&j=0",
        "%ff=%ff",
    ],
)
async def test_no_address_of_a_socket_is_an_error_of_ours(
    address: str, query: str, errors: Errors
) -> None:
    url = f"{address}/_nicegui_ws/socket.io/?{query}"
    async with httpx.AsyncClient() as stranger:
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            assert (await stranger.request(method, url)).status_code < 500
    with contextlib.suppress(InvalidStatus, ConnectionClosed):
        async with connect(url.replace("http", "ws")) as line:
            await line.recv()
            await line.send("41")
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
