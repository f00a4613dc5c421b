"""The program on a DATA_DIR of a test, started with settings and arguments as an operator would."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from tests.programs import REPOSITORY, environment, free_port, postmasters, running

STOP_SECONDS = 40  # at most, on a machine that has other work


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A DATA_DIR that the database's own user can reach; no server may outlive the test."""
    folder = Path(tempfile.mkdtemp(prefix="likeness-"))
    folder.chmod(0o711)
    yield folder / "data"
    left = postmasters(folder / "data" / "postgres")
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)
    assert left == []


class Program:
    """`python main.py`, and what it says."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.said = ""

    def wait_for(self, words: str) -> str:
        """Reads what it prints up to the line with these words; fails if it ends before."""
        assert self.process.stdout
        while line := self.process.stdout.readline():
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"it ended without {words!r}: {self.said}{self.rest()[1]}")

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10, headers={"Accept": "application/json"})

    def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.process.send_signal(number)
        self.rest()
        return self.process.returncode

    def rest(self) -> tuple[str, str]:
        """What is left of its output, and its errors, when it has ended."""
        return self.process.communicate(timeout=STOP_SECONDS)


@pytest.fixture
def start(data_dir: Path) -> "Start":
    return Start(data_dir)


class Start:
    """Starts the program with settings; what is not said is safe to run beside other tests."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._open: list[AbstractContextManager[subprocess.Popen[str]]] = []

    def __call__(
        self, *arguments: str, python: Sequence[str] = (sys.executable,), **settings: str
    ) -> "Running":
        port = settings.setdefault("PORT", str(free_port()))
        env = environment(DATA_DIR=str(self.data_dir)) | settings
        command = [*python, str(REPOSITORY / "main.py"), *arguments]
        return Running(running(command, env=env, cwd="/"), int(port) if port.isdigit() else 0)

    def refusal(self, python: Sequence[str] = (sys.executable,), **settings: str) -> str:
        """What it says when it can't start: one sentence on standard error and an exit code."""
        with self(python=python, **settings) as program:
            out, err = program.rest()
        assert program.process.returncode == 1, (out, err)
        assert err.startswith("Likeness cannot start. "), err
        assert err.count("\n") == 1, err
        assert "Traceback" not in out + err
        return err


class Running:
    """A context in which a program runs."""

    def __init__(self, process: AbstractContextManager[subprocess.Popen[str]], port: int) -> None:
        self._process = process
        self._port = port

    def __enter__(self) -> Program:
        return Program(self._process.__enter__(), self._port)

    def __exit__(self, *error: object) -> None:
        self._process.__exit__(None, None, None)
