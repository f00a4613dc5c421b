"""What anybody on the network may try against the running program, without an account."""

import contextlib
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.client import HTTPResponse
from pathlib import Path

import httpx
import psutil
import pytest

from db.embedded.server import EmbeddedPostgres
from tests.databases import database_of_its_own
from tests.programs import REPOSITORY, environment, free_port, running

MB = 2**20


@dataclass
class Program:
    """The program as it runs, and what it has used so far."""

    port: int
    process: psutil.Process

    def connect(self) -> socket.socket:
        """A connection that fails, rather than hangs, after 30 s without a byte."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def peak_memory(self) -> int:
        """The most memory that the process ever had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    def written(self) -> int:
        """Bytes that the process wrote to files and sockets."""
        io = Path(f"/proc/{self.process.pid}/io").read_text()
        return int(dict(line.split(": ") for line in io.splitlines())["wchar"])


@pytest.fixture(scope="module")
def program(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    with started(postgres, tmp_path_factory.mktemp("data")) as program:
        yield program


@contextlib.contextmanager
def started(server: EmbeddedPostgres, folder: Path, **settings: str) -> Iterator[Program]:
    """The program with these settings, on a database of its own."""
    port = free_port()
    with database_of_its_own(server) as url:
        env = environment(DATA_DIR=str(folder), DATABASE_URL=url, PORT=str(port), **settings)
        command = [sys.executable, str(REPOSITORY / "main.py")]
        with running(command, env=env, cwd="/") as process:
            assert process.stdout
            while "is ready" not in (line := process.stdout.readline()):
                assert line, process.communicate()[1]
            yield Program(port, psutil.Process(process.pid))


@pytest.fixture
def closing() -> Iterator[contextlib.ExitStack]:
    """Closes after the test what was entered."""
    with contextlib.ExitStack() as stack:
        yield stack


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def pour(program: Program, beginning: bytes, *, megabytes: int, filling: bytes = b"\0") -> str:
    """Send the beginning of a request and filling after it; the status line of the answer."""
    with program.connect() as line:
        line.sendall(beginning)
        with contextlib.suppress(OSError):  # it was refused already
            for _ in range(megabytes):
                line.sendall(filling * MB)
        return received_of(line).split(b"\r\n")[0].decode()


@pytest.mark.parametrize(
    ("kind", "status"),
    [("application/octet-stream", 415), ("application/JSON", 413), ("", 415)],
)
def test_no_body_fills_the_memory(program: Program, kind: str, status: int) -> None:
    before = program.peak_memory()
    headers = [f"Content-Type: {kind}"] if kind else []
    beginning = head("/api/auth/login", *headers, f"Content-Length: {200 * MB}")
    answer = pour(program, beginning, megabytes=200)
    assert program.peak_memory() - before < 20 * MB
    assert answer.startswith(f"HTTP/1.1 {status} ")


@pytest.mark.parametrize("path", ["/login", "/register", "/reset"])
def test_no_form_fills_the_disk(program: Program, path: str) -> None:
    before = program.written()
    part = b'--x\r\nContent-Disposition: form-data; name="email"; filename="a"\r\n\r\n'
    kind = "Content-Type: multipart/form-data; boundary=x"
    answer = pour(program, head(path, kind, f"Content-Length: {50 * MB}") + part, megabytes=50)
    assert program.written() - before < MB
    assert answer.startswith("HTTP/1.1 415 ")


def test_a_form_has_a_size(program: Program) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded"
    beginning = head("/login", kind, "Transfer-Encoding: chunked") + f"{50 * MB:x}\r\n".encode()
    before = program.peak_memory()
    answer = pour(program, beginning, megabytes=50)
    assert program.peak_memory() - before < 10 * MB
    assert answer.startswith("HTTP/1.1 413 ")


def answers_in_time(program: Program, working: Callable[[], object]) -> float:
    """The longest wait for another visitor's page, in seconds, until `working` is done."""
    with ThreadPoolExecutor() as pool:
        done, longest = pool.submit(working), 0.0
        while not done.done():
            started = time.monotonic()
            answer = httpx.get(f"http://127.0.0.1:{program.port}/healthz", timeout=60)
            assert answer.status_code == 200
            longest = max(longest, time.monotonic() - started)
        done.result()
    return longest


CHUNKED = head("/healthz", "Transfer-Encoding: chunked")
ENDLESS = {
    "header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
    "address": b"GET /",
    "method": b"",
    "trailer": CHUNKED + b"0\r\nX-Long: ",
    "chunk's extension": CHUNKED + b"1;x=",
}


@pytest.mark.quiet
@pytest.mark.parametrize("where", ENDLESS)
def test_no_head_stalls_the_others(program: Program, where: str) -> None:
    """What a parser keeps to itself: a header of 144 MB stopped everything for 4.7 s."""
    before = program.peak_memory()
    pouring = partial(pour, program, ENDLESS[where], megabytes=144, filling=b"a")
    longest = answers_in_time(program, pouring)
    assert longest < 1.0
    assert program.peak_memory() - before < 10 * MB


def test_many_headers_are_one_head(program: Program) -> None:
    lines = [f"X-{number}: {'a' * 990}" for number in range(70)]
    for count, status in ((60, 200), (70, 431)):
        with program.connect() as line:
            line.sendall(head("/healthz", *lines[:count], method="GET"))
            assert status_of(line) == status


def test_a_body_in_the_same_packet_is_no_head(program: Program) -> None:
    body = b'{"email": "' + b"a" * 300_000 + b'"}'
    headers = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    with program.connect() as line:
        for _ in range(2):  # kept alive
            line.sendall(head("/api/auth/login", *headers) + body)
            assert status_of(line) == 422


def test_a_head_has_ten_seconds(program: Program, closing: contextlib.ExitStack) -> None:
    """Also where a byte comes now and then, and on a connection that was good before."""
    beginnings = [b"", b"GET", head("/healthz", method="GET")[:-2], b"\r\n"]
    lines = [closing.enter_context(program.connect()) for _ in range(5)]
    lines[4].sendall(head("/healthz", method="GET"))
    assert status_of(lines[4]) == 200
    started, opened = time.monotonic(), set(lines)
    for line, beginning in zip(lines, [*beginnings, b"\r\nGET"], strict=True):
        line.sendall(beginning)
    said = dict.fromkeys(lines, b"")
    while opened and time.monotonic() - started < 30:
        readable, _, _ = select.select(opened, [], [], 0.5)
        for line in readable:
            said[line] += (received := received_of(line))
            if not received:
                opened.remove(line)
        for line in opened.intersection(lines[2:4]):
            with contextlib.suppress(OSError):
                line.send(b"\r\n" if line is lines[3] else b"a")
    assert not opened
    assert 9 < time.monotonic() - started < 20
    assert [said[line][9:12] for line in lines] == [b"", b"408", b"408", b"408", b"408"]


def status_of(line: socket.socket) -> int:
    """Of an answer that is read to its end."""
    answer = HTTPResponse(line)
    answer.begin()
    answer.read()
    return answer.status


def received_of(line: socket.socket) -> bytes:
    """What has come; nothing once the other side has closed."""
    try:
        return line.recv(4096)
    except ConnectionError:
        return b""


PUBLIC = {"PUBLIC_URL": "https://photos.example.com"}
BEARER = {"Authorization": "Bearer a long password"}
FROM_A_PROXY = {"X-Forwarded-For": "192.168.1.7"}


@pytest.mark.parametrize(
    ("settings", "requests"),
    [
        ({}, [({}, 200), ({"Host": "evil.example"}, 421), ({"Via": "1.1 cache"}, 404)]),
        # a proxy beside the program that adds no header looks like a visitor of this machine
        (PUBLIC, [({}, 404), (FROM_A_PROXY, 404), ({"Host": "photos.example.com"}, 404)]),
        (PUBLIC | {"TRUSTED_PROXIES": "127.0.0.1"}, [({}, 200), (FROM_A_PROXY, 200)]),
        (PUBLIC | {"TRUSTED_PROXIES": "10.0.0.1"}, [({}, 200), (FROM_A_PROXY, 404)]),
        (
            PUBLIC | {"METRICS_TOKEN": "a long password"},
            [({}, 404), (BEARER, 200), ({"Authorization": "Bearer a"}, 404)],
        ),
        ({"ROLE": "worker"}, [({}, 200), ({"Host": "evil.example"}, 404)]),
    ],
)
def test_metrics_stay_inside(
    postgres: EmbeddedPostgres,
    tmp_path: Path,
    settings: dict[str, str],
    requests: list[tuple[dict[str, str], int]],
) -> None:
    with started(postgres, tmp_path, **settings) as program:
        for headers, status in requests:
            url = f"http://127.0.0.1:{program.port}/metrics"
            assert httpx.get(url, headers=headers, timeout=60).status_code == status, headers
