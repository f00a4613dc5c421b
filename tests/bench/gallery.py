"""P7, P8, P9, what 500 open pages cost, and cold start: `python -m tests.bench.gallery`.

Ratios come from one run in which both sides take turns; only they say something.
"""

import ast
import asyncio
import http.client
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlencode, urlsplit

import psutil
import websockets
from sqlalchemy import text

from db.embedded.server import EmbeddedPostgres
from services.accounts import sessions, users
from tests.builders import THUMBHASH, make_generation, make_user
from tests.e2e.conftest import _free_port, reached, running
from tests.e2e.driving import Program, Server
from tests.e2e.test_gallery_of_100000 import INSERT
from tests.waiting import eventually_sync


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured: blocks of `each` calls in so many rounds, so many open pages."""

    rounds: int = 5
    each: int = 30
    pages: int = 500
    idle_seconds: float = 20
    requests: int = 300


WHOLE = Extent()


class Client:
    """One connection that is kept for the length of a block, and one member's cookie."""

    def __init__(self, url: str, cookie: str = "") -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)
        self._headers = {"Cookie": f"likeness={cookie}"} if cookie else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str) -> bytes:
        try:
            self._connection.request("GET", path, headers=self._headers)
            answer = self._connection.getresponse()
        except http.client.RemoteDisconnected:  # it was idle for too long
            self._connection.close()
            return self.get(path)
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body[:200])
        return body


async def member_with(server: Server, rows: int) -> tuple[str, str]:
    """A member with that many images: id and session token."""
    async with server.deps.transaction() as session:
        user = await users.get(session, user_id=(await make_user(session)).id)
        generation = await make_generation(session, user_id=user.id)
        values = {"user_id": user.id, "generation_id": generation.id, "rows": rows}
        await session.execute(INSERT, values | {"thumbhash": THUMBHASH})
        started = await sessions.start(
            session,
            server.deps,
            user=user,
            caller=sessions.Caller(ip="127.0.0.1"),
            replaces=None,
        )
    async with server.deps.transaction() as session:
        await session.execute(text("analyze generated_images"))
        # calls are counted as ever, but nothing is refused
        await session.execute(text("update plans set reads_per_minute = 1000000"))
    return str(user.id), started.token


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: seconds of each call, and of the serving process's CPU a call.

    each: calls in a round.
    """

    each: int
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def medians(self) -> list[float]:
        """Seconds of a call in each round."""
        starts = range(0, len(self.seconds), self.each)
        return [statistics.median(self.seconds[i : i + self.each]) for i in starts]

    @property
    def p95(self) -> float:
        """Of the calls."""
        return statistics.quantiles(self.seconds, n=20)[18]

    def __str__(self) -> str:
        time, used = statistics.median(self.seconds), statistics.median(self.cpu)
        return f"{time * 1e3:.1f} ms (CPU {used * 1e3:.1f})"


def compare(extent: Extent, *calls: tuple[Callable[[], object], int]) -> list[Side]:
    """Calls and the process that serves each, in turns, block by block."""
    sides = [Side(extent.each) for _ in calls]
    for call, _ in calls:
        for _ in range(min(10, extent.each)):
            call()
    for _ in range(extent.rounds):
        for (call, pid), side in zip(calls, sides, strict=True):
            used = cpu(pid)
            for _ in range(extent.each):
                begun = time.perf_counter()
                call()
                side.seconds.append(time.perf_counter() - begun)
            side.cpu.append((cpu(pid) - used) / extent.each)
    return sides


def cpu(pid: int) -> float:
    """Seconds of CPU that a process used, from the scheduler: the usual clock ticks in 10 ms."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def report(name: str, reference: str, sides: list[Side]) -> None:
    """The ratio of the medians and the spread of its rounds, of the p95s, and of CPU."""
    ours, other = sides
    rounds = [own / its for own, its in zip(ours.medians, other.medians, strict=True)]
    shares = [own / its for own, its in zip(ours.cpu, other.cpu, strict=True)]
    used = f"{statistics.median(shares):.2f} ({min(shares):.2f}-{max(shares):.2f})"
    say(
        f"{name}: time {statistics.median(rounds):.2f} ({min(rounds):.2f}-{max(rounds):.2f}), "
        f"p95 {ours.p95 / other.p95:.2f}, CPU {used}: {ours} against {other}, {reference}"
    )


def say(line: str) -> None:
    """To the terminal, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def open_page(url: str, cookie: str, html: bytes) -> websockets.ClientConnection:
    """The socket of a page that was loaded, as the browser opens it."""
    found = re.search(rb"query: (\{.*?\}),\s*\n", html)
    assert found
    given = ast.literal_eval(found[1].decode().replace("true", "True").replace("false", "False"))
    query = {**given, "EIO": 4, "transport": "websocket", "implicit_handshake": "true"}
    query |= {"document_id": "d", "tab_id": "t", "old_tab_id": ""}
    address = f"{url.replace('http', 'ws')}/_nicegui_ws/socket.io/?{urlencode(query)}"
    headers = {"Cookie": f"likeness={cookie}"}
    connection = await websockets.connect(
        address,
        origin=websockets.Origin(url),
        additional_headers=headers,
        compression=None,
        ping_interval=None,
    )
    await connection.recv()
    await connection.send("40")
    return connection


async def answer_pings(connection: websockets.ClientConnection) -> None:
    async for message in connection:
        if message == "2":
            await connection.send("3")


async def many_pages(server: Server, cookie: str, extent: Extent = WHOLE) -> None:
    """Memory and idle CPU with many open galleries, and what another request then takes."""
    with Client(server.url, cookie) as client:
        await _many_pages(server, cookie, client, extent)


async def _many_pages(server: Server, cookie: str, client: Client, extent: Extent) -> None:
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    connections, tasks = [], []
    for _ in range(extent.pages):
        connections.append(await open_page(server.url, cookie, client.get("/gallery")))
        tasks.append(asyncio.create_task(answer_pings(connections[-1])))
    after = process.memory_info().rss
    begun, used = time.monotonic(), process.cpu_times()
    await asyncio.sleep(extent.idle_seconds)
    spent = process.cpu_times()
    share = (spent.user + spent.system - used.user - used.system) / (time.monotonic() - begun)
    times = []
    for _ in range(extent.requests):
        asked = time.perf_counter()
        await asyncio.to_thread(client.get, "/api/auth/me")
        times.append(time.perf_counter() - asked)
    p99 = statistics.quantiles(times, n=100)[98]
    say(
        f"{extent.pages} pages: {before / 2**20:.0f} -> {after / 2**20:.0f} MiB, "
        f"{(after - before) / extent.pages / 1024:.0f} KiB each, idle CPU {share:.1%} of a core, "
        f"p99 of another request {p99 * 1000:.1f} ms"
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*(c.close() for c in connections), return_exceptions=True)


async def main() -> None:
    """All of it; some minutes."""
    begun = time.monotonic()
    with running() as program:
        say(f"from the command to ready, on an empty DATA_DIR: {time.monotonic() - begun:.1f} s")
        async with reached(program) as server:
            _, few = await member_with(server, 100)
            id, many = await member_with(server, 100_000)
            with reference_server(program, id) as reference:
                against(server, reference, few=few, many=many)
            await many_pages(server, few)


def against(
    server: Server,
    reference: tuple[int, int],
    *,
    few: str,
    many: str,
    extent: Extent = WHOLE,
) -> None:
    """P9, P8 and P7; few, many: the tokens of members with 100 and 100,000 images."""
    port, other_pid = reference
    pid, bare = server.process.pid, f"http://127.0.0.1:{port}"
    page = "/api/generations?limit=50"
    with (
        Client(server.url, few) as small,
        Client(server.url, many) as large,
        Client(bare) as other,
        Client(bare, many) as signed_in,
    ):
        lists = (lambda: large.get(page), pid)
        report("P9", "100 rows", compare(extent, lists, (lambda: small.get(page), pid)))
        rows = (lambda: other.get("/rows"), other_pid)
        report("P8", "bare FastAPI", compare(extent, lists, rows))
        same = (lambda: signed_in.get("/same"), other_pid)
        report("P8", "bare FastAPI that signs in and signs addresses", compare(extent, lists, same))
        ours, empty = (lambda: small.get("/gallery"), pid), (lambda: other.get("/empty"), other_pid)
        report("P7", "an empty page", compare(extent, ours, empty))


@contextmanager
def reference_server(program: Program, user_id: str) -> Iterator[tuple[int, int]]:
    """The reference in a process of its own: its port and process id."""
    port = _free_port()
    url = EmbeddedPostgres(program.settings.data_dir / "postgres").url()
    command = [sys.executable, "-m", "tests.bench.reference", str(port), url, user_id]
    process = subprocess.Popen(command)
    try:
        eventually_sync(lambda: _answers(port), timeout=30)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    try:
        with Client(f"http://127.0.0.1:{port}") as client:
            return bool(client.get("/rows"))
    except OSError:
        return False


if __name__ == "__main__":
    asyncio.run(main())
