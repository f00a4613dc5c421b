"""Starting programs as an operator would, as root or as an ordinary user, and watching them."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).parents[1]
ORDINARY_USER = "nobody"


def ordinary_python() -> list[str]:
    """A command that runs Python, with this environment's packages, as an ordinary user.

    Skips the test where that can't be done: we are not root, or no interpreter is open to others.
    """
    if os.geteuid() != 0:
        return [sys.executable]
    runuser = shutil.which("runuser")
    if runuser is None:
        pytest.skip("there is no runuser here")
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        command = [runuser, "-u", ORDINARY_USER, "--", python]
        version = "import sys; print(*sys.version_info[:2], sep='.')"
        answer = subprocess.run([*command, "-c", version], capture_output=True, text=True)
        if answer.stdout.strip() == "{}.{}".format(*sys.version_info[:2]):
            return command
    pytest.skip("no interpreter of this version is open to an ordinary user")


def environment(**values: str) -> dict[str, str]:
    """An environment with these values, our packages, and nothing of who runs the tests."""
    packages = sysconfig.get_path("purelib")
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "PYTHONPATH": f"{REPOSITORY}:{packages}", "HOME": "/nonexistent", **values}


@contextlib.contextmanager
def running(command: Sequence[str], **options: object) -> Iterator[subprocess.Popen[str]]:
    """A program in a process group of its own, killed after the block if it is still there."""
    process = subprocess.Popen(
        command,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        **options,  # type: ignore[call-overload]
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def postmasters(root: Path) -> list[int]:
    """The PostgreSQL servers that run on a directory, by process number.

    A backend that was just forked has its server's command line until it names itself.
    """
    parents = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            arguments = process.cmdline()
            if arguments and arguments[0].endswith("postgres") and str(root / "data") in arguments:
                parents[process.pid] = process.ppid()
    return [pid for pid, parent in parents.items() if parent not in parents]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
