"""HTTP/1.1 as uvicorn speaks it, with limits on size and time where uvicorn has none."""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from pages.server.request_bodies import SOCKET
from services.app import metrics

HEAD_LIMIT = 64 * 2**10  # bytes: request line and headers together; also trailers
HEAD_SECONDS = 10.0  # from the connection, or from the first byte of a later request


class LimitedHttp(HttpToolsProtocol):
    """Closes a connection whose head is too large or too slow, before anything else sees it.

    Counted is what the parser takes in without passing anything on: a head, trailers, the
    extension of a chunk. It keeps those in memory, and the event loop stands still meanwhile.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head, self._passed_on, self._pending = True, False, 0
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a connection may not stay silent either."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, a head only up to its limit."""
        while data and not self.transport.is_closing():
            if self._in_head:
                self._start_clock()
            size = HEAD_LIMIT - self._pending if self._in_head else len(data)
            part, data = data[:size], data[size:]
            self._passed_on = False
            super().data_received(part)
            self._pending = 0 if self._passed_on else self._pending + len(part)
            if self._pending >= HEAD_LIMIT:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_size")
            if self.transport.get_protocol() is not self:  # it is a websocket from here on
                return

    def on_headers_complete(self) -> None:
        """The head is whole; the body has limits of its own, see `request_bodies`."""
        self._in_head, self._passed_on = False, True
        self._stop_clock()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of the body arrived."""
        self._passed_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next byte begins another head."""
        self._in_head, self._passed_on = True, True
        super().on_message_complete()

    def _start_clock(self) -> None:
        if self._clock is None:
            self._clock = self.loop.call_later(HEAD_SECONDS, self._run_out)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _run_out(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "head_time")

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        """Say why, unless another answer is under way, and close."""
        metrics.REFUSED.labels(reason).inc()
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and self._pending:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\n\r\n")
        self.transport.close()


UVICORN: dict[str, Any] = {  # settings of the server that keep out what strangers send
    "http": LimitedHttp,
    "ws_max_size": SOCKET.limit,
    "ws_per_message_deflate": False,  # and 170 KB less for each open page
    "proxy_headers": False,  # pages.server.middleware does it
}
