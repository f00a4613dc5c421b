"""Messages that no page sends: they fire nothing, and write no errors into the operator's log."""

import contextlib
import json
from typing import Any

import httpx
from nicegui import Client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.pages.server.conftest import Errors
from tests.pages.server.open_pages import (
    HANDSHAKE_OF_NOBODY,
    Open,
    answered,
    connected,
    post_frames,
    refused,
    socket,
)

JUNK: list[Any] = [None, [], "x", 7, {}, {"client_id": [1]}]
# what is no message of Engine.IO or Socket.IO, or none that a page sends; "é" is a number's place
FRAMES = ["", "x", "0", "7", "9x", "b!!!", "é", "4", "4x", "4[]", "4{}", '4"a"', "4²", "42", "42{}"]
FRAMES += ["42[]", "42[[]]", '42["nothing",{}]', "40/admin,", '42/admin,["log",{}]', "40", "40[1]"]
FRAMES += ["430[]", "44", '451-["event",{"_placeholder":true,"num":0}]', "4" + "2" * 200 + "[]"]
FRAMES += ["41/x,", '42["connect",{}]', '42["disconnect"]', '42["event",1,2,3]', "4" + "[" * 5000]

ANYTHING: list[Any] = [None, "7", 1.5, True, [], ["error"], {}, {"0": "1"}, "x" * 1000]
QUERIES = [
    "transport=polling",
    "EIO=3&transport=polling",
    "EIO=4&transport=pigeon",
    "EIO=4&transport=websocket",
    "EIO=4&transport=polling&sid=gone",
    "EIO=4&transport=polling&j=x",
    "EIO=4&transport=polling&j=0",
    "%ff=%ff",
]


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


async def test_polling_takes_no_junk_either(address: str, errors: Errors) -> None:
    url = f"{address}/_nicegui_ws/socket.io/?EIO=4&transport=polling&client_id="
    passed = []
    for body in (*FRAMES[1:], "d=4", "40\x1ex", "\x1e".join(["3"] * 17), "\xff"):
        before = refused("socket_message")
        async with httpx.AsyncClient() as stranger:
            sid = json.loads((await stranger.get(url)).text[1:])["sid"]
            assert (await post_frames(stranger, f"{url}&sid={sid}", b"40")).status_code == 200
            answer = await post_frames(stranger, f"{url}&sid={sid}", body.encode("latin-1"))
            assert answer.status_code in {200, 400}, body
        if refused("socket_message") == before:
            passed.append(body)
    assert errors() == []
    assert passed == []


async def test_no_address_of_a_socket_is_an_error_of_ours(address: str, errors: Errors) -> None:
    for query in QUERIES:
        url = f"{address}/_nicegui_ws/socket.io/?{query}"
        async with httpx.AsyncClient() as stranger:
            for method in ("GET", "POST", "OPTIONS", "DELETE"):
                assert (await stranger.request(method, url)).status_code < 500, query
        with contextlib.suppress(InvalidStatus, ConnectionClosed):
            async with connect(url.replace("http", "ws")) as line:
                await line.recv()
                await line.send("41")
        assert errors() == [], query
