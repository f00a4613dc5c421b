"""Scripts and styles, compressed once as well as is worth it, and kept: for quick first visits."""

import asyncio
import re
from functools import lru_cache
from posixpath import normpath

import brotli  # type: ignore[import-untyped]
from nicegui import app
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server import nicegui_page

QUALITY = 10  # of 11: within 2 % of the smallest, at half its time; 5 % smaller than 9
SMALLEST = 1000  # bytes; below, headers outweigh it
TEXT = re.compile(r"^(text/|application/(javascript|json)|image/svg)")
STATIC = re.compile(r"^/(_nicegui/\d[^/]*|assets)/")


def install() -> None:
    """Put it in front of the routes, behind NiceGUI's gzip, which leaves its answers alone."""
    app.add_middleware(CompressedAssets)


class CompressedAssets:
    """Answers for immutable files with Brotli; what is not such a file passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[str, tuple[Message, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if not _eligible(scope):
            await self.app(scope, receive, send)
            return
        if scope["path"] not in self._kept:
            await self._compress(scope, receive, send)
            return
        start, body = self._kept[scope["path"]]
        await send({**start, "headers": list(start["headers"])})
        await send({"type": "http.response.body", "body": body})

    async def _compress(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the first time, and keep what may be kept."""
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, collect)
        data = bytes(body)
        if _worth_it(start, data):
            if nicegui_page.LOOKS.search(scope["path"]):
                data = nicegui_page.trimmed_looks(data)
            data = await asyncio.to_thread(_compressed, data)
            headers = MutableHeaders(scope=start)
            headers["Content-Encoding"] = "br"
            headers["Content-Length"] = str(len(data))
            headers.add_vary_header("Accept-Encoding")
            self._kept[scope["path"]] = start, data
        await send({**start, "headers": list(start["headers"])})
        await send({"type": "http.response.body", "body": data})


@lru_cache(maxsize=64)
def _compressed(data: bytes) -> bytes:
    """Kept beyond one application, as tests start many: all of NiceGUI's take half a second."""
    compressed: bytes = brotli.compress(data, quality=QUALITY)
    return compressed


def _eligible(scope: Scope) -> bool:
    """A file by its one name: of all its other spellings (`/./`) there is no end."""
    if scope["type"] != "http" or scope["method"] != "GET" or not STATIC.match(scope["path"]):
        return False
    if normpath(scope["path"]) != scope["path"]:
        return False
    headers = Headers(scope=scope)
    accepted = [
        part.split(";")[0].strip() for part in headers.get("accept-encoding", "").split(",")
    ]
    return "br" in accepted and "range" not in headers and "if-none-match" not in headers


def _worth_it(start: Message, data: bytes) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        start["status"] == 200
        and len(data) >= SMALLEST
        and "content-encoding" not in headers
        and bool(TEXT.match(headers.get("content-type", "")))
    )
