"""A TCP proxy before Postgres that can stop forwarding without closing anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.engine import make_url


class FaultProxy:
    """`url` leads to the server through here; while `open` is clear, bytes go nowhere."""

    def __init__(self, server_url: str) -> None:
        self._server = make_url(server_url)
        self.open = asyncio.Event()
        self.open.set()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways."""
        query = self._server.query
        path = f"{query['host']}/.s.PGSQL.{query.get('port', self._server.port or 5432)}"
        far_reader, far_writer = await asyncio.open_unix_connection(path)
        ways = (self._forward(reader, far_writer), self._forward(far_reader, writer))
        try:
            await asyncio.gather(*ways)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            far_writer.close()
            writer.close()

    async def _forward(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65536):
            await self.open.wait()
            to.write(chunk)
            await to.drain()
        to.close()


@asynccontextmanager
async def proxied(server_url: str) -> AsyncIterator[FaultProxy]:
    """A proxy on a free port of this machine, before the server that listens on a Unix socket."""
    proxy = FaultProxy(server_url)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    through = make_url(server_url).set(host="127.0.0.1", port=port, query={})
    proxy.url = through.render_as_string(hide_password=False)
    try:
        yield proxy
    finally:
        proxy.open.set()
        server.close()
