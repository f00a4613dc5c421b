"""What anybody on the network may try against the running program, without an account."""

import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from db.embedded.server import EmbeddedPostgres
from tests.conftest import database_of_its_own
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
    port = free_port()
    with database_of_its_own(postgres) as url:
        env = environment(
            DATA_DIR=str(tmp_path_factory.mktemp("data")), DATABASE_URL=url, PORT=str(port)
        )
        command = [sys.executable, str(REPOSITORY / "main.py")]
        with running(command, env=env, cwd="/") as process:
            assert process.stdout
            while "is ready" not in (line := process.stdout.readline()):
                assert line, process.communicate()[1]
            yield Program(port, psutil.Process(process.pid))


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def pour(program: Program, beginning: bytes, *, megabytes: int) -> str:
    """Send the beginning of a request and zeros after it; the status line of the answer."""
    with program.connect() as line:
        line.sendall(beginning)
        try:
            for _ in range(megabytes):
                line.sendall(bytes(MB))
        except OSError:
            pass  # it was refused already
        return line.recv(4096).split(b"\r\n")[0].decode()


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
