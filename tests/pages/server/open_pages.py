"""A page that is open in a member's browser, and sockets that speak to it without one."""

import json
from dataclasses import dataclass
from uuid import UUID

import httpx
from nicegui import Client, ui
from playwright.async_api import Page
from websockets.asyncio.client import ClientConnection, connect

from services.app import metrics

NOBODY = {"client_id": "nobody", "tab_id": "x", "document_id": "y"}
HANDSHAKE_OF_NOBODY = "420" + json.dumps(["handshake", NOBODY])


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


def socket(address: str, client_id: str, cookie: str | None, origin: str | None) -> connect:
    query = f"EIO=4&transport=websocket&client_id={client_id}&implicit_handshake=false"
    headers = {"Cookie": f"likeness={cookie}"} if cookie else {}
    url = f"{address.replace('http', 'ws')}/_nicegui_ws/socket.io/?{query}"
    return connect(
        url,
        additional_headers=headers,
        origin=origin,  # type: ignore[arg-type]
        open_timeout=10,
    )


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


async def post_frames(client: httpx.AsyncClient, url: str, frames: bytes) -> httpx.Response:
    headers = {"Content-Type": "text/plain;charset=UTF-8"}
    return await client.post(url, content=frames, headers=headers)


def refused(reason: str) -> float:
    """How much was counted under a reason."""
    return float(metrics.REFUSED.labels(reason)._value.get())
