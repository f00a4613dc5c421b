"""Stops the embedded server when the program that used it has ended, however it ended.

Runs as a process of its own: `python warden.py ROOT PG_CTL UID GID`, with a pipe from the program
as its standard input. When the pipe closes, by a clean stop or by kill -9, and no other program
holds `users.lock`, it stops the server. Standard library only, so that it stays small.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STOP_SECONDS = 60
PROCESSES = Path("/proc")
GOODBYE = b"left"  # sent by a program that has released its lock, before it closes the pipe
DYING_SECONDS = 5  # within which the kernel frees the lock of a killed program


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`; the kernel frees it when the process dies."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def server_pid(data: Path) -> int | None:
    """Return the process id of this data directory's running server, or None.

    `postmaster.pid` alone proves nothing: after a crash its number may belong to a zombie, or to
    another user's process.
    """
    return pid_named_in(data / "postmaster.pid", data)


def pid_named_in(lock_file: Path, data: Path) -> int | None:
    """Return the process id in a lock file of PostgreSQL, if that process really serves `data`."""
    try:
        pid = int(lock_file.read_text().split()[0])
        with contextlib.suppress(OSError):
            os.waitpid(pid, os.WNOHANG)  # a zombie, if this process is its parent or process 1
        return pid if _serves(pid, data) else None
    except (OSError, ValueError, IndexError):
        return None


def _serves(pid: int, data: Path) -> bool:
    """Return whether a process's command names `data`. Raises OSError if the process is gone."""
    if PROCESSES.is_dir():
        return str(data).encode() in (PROCESSES / str(pid) / "cmdline").read_bytes().split(b"\0")
    asked = ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)]  # macOS
    command = subprocess.run(asked, capture_output=True, text=True).stdout
    return f" {data} " in f"{command.strip()} "


def _stop_if_last(root: Path, pg_ctl: str, user: dict[str, Any]) -> bool:
    """Stop the server; return False if another program uses it, which has a warden of its own."""
    data = root / "data"
    with exclusive(root / "start.lock"), (root / "users.lock").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if server_pid(data) is None:
            return True
        command = [pg_ctl, "-D", str(data), "-w", "-t", str(STOP_SECONDS), "-m", "fast", "stop"]
        subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, **user)
    return True


def main() -> None:
    """Wait for the end of the program, then stop the server unless it is shared."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole group; it ends last
    root, pg_ctl, uid, gid = sys.argv[1:]
    user = {"user": int(uid), "group": int(gid), "extra_groups": []} if os.geteuid() == 0 else {}
    killed = sys.stdin.buffer.read() != GOODBYE
    deadline = time.monotonic() + (DYING_SECONDS if killed else 0)
    while not _stop_if_last(Path(root), pg_ctl, user) and time.monotonic() < deadline:
        time.sleep(0.1)


if __name__ == "__main__":
    main()
