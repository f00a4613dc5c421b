"""The worker as the child of another program, which it tells where it serves and ends with.

`python -m services.trainer.attached`, with TRAINER_* as for `serve`; host and port are its own.
Out: {"waiting": true} while another worker has the work folder, then {"serving": {"port", "key",
"hardware"}}, or {"refused": "why, in plain words"}. In: nothing; the end of stdin means that the
parent is gone, or wants this worker to end in good order.
"""

import fcntl
import json
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import uvicorn

from services.trainer import hardware
from services.trainer.config import WorkerConfig
from services.trainer.hardware import Hardware
from services.trainer.server import create_app
from services.trainer.supervisor import COMMAND

ADDRESS = "127.0.0.1"  # nobody but this machine reaches it
LOOK = 0.2  # seconds between two tries to have the work folder

Say = Callable[[dict[str, Any]], None]


def main(command: Sequence[str] = COMMAND) -> None:
    """Serve until stdin ends. command: of the processes that jobs run in."""
    say = private_stdout()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    config = WorkerConfig.from_environment()
    config = replace(config, key=secrets.token_urlsafe(32))  # of this one life
    parent = Parent(sys.stdin.buffer)
    try:
        with _alone(config.work_dir, parent, say):
            if not parent.gone.is_set():
                serve(config, hardware.require(config), parent, say, command)
    except SystemExit as refusal:
        say({"refused": str(refusal)})
        raise


def serve(
    config: WorkerConfig, found: Hardware, parent: "Parent", say: Say, command: Sequence[str]
) -> None:
    """Serve on a free port, which the parent is told once it answers."""
    logging.getLogger(__name__).info("jobs run on %s", found)
    with socket.create_server((ADDRESS, 0)) as listening:
        where = {
            "port": listening.getsockname()[1],
            "key": config.key,
            "hardware": {**asdict(found), "summary": str(found)},
        }
        app = create_app(config, found, command)
        settings = uvicorn.Config(app, log_config=None, access_log=False)
        server = _Server(settings, lambda: say({"serving": where}))
        parent.on_end(lambda: setattr(server, "should_exit", True))
        server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


class Parent:
    """Notices the end of the parent, however it ended: the kernel closes its end of the pipe."""

    def __init__(self, source: IO[bytes]) -> None:
        self.gone = threading.Event()
        self._act: Callable[[], None] = lambda: None
        threading.Thread(target=self._listen, args=(source,), daemon=True).start()

    def on_end(self, act: Callable[[], None]) -> None:
        """Call `act` when the parent has ended, or at once where it has."""
        self._act = act
        if self.gone.is_set():
            act()

    def _listen(self, source: IO[bytes]) -> None:
        until_end(source)
        self.gone.set()
        self._act()


def until_end(source: IO[bytes]) -> None:
    """Return when the other end is closed.

    Unbuffered, since Python can't exit while a thread holds the lock of a buffered reader.
    """
    while os.read(source.fileno(), 1024):
        pass


@contextmanager
def _alone(work_dir: Path, parent: Parent, say: Say) -> Iterator[None]:
    """Have the work folder alone: a predecessor may still be writing its last checkpoint."""
    work_dir.mkdir(parents=True, exist_ok=True)
    with (work_dir / "worker.lock").open("w") as lock:
        if not _locked(lock):
            say({"waiting": True})
        while not (_locked(lock) or parent.gone.wait(LOOK)):
            pass
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def private_stdout() -> Say:
    """Lines to the parent; what libraries print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(event: dict[str, Any]) -> None:
        try:
            answers.write(json.dumps(event) + "\n")
        except BrokenPipeError:  # the parent is gone, which stdin tells, too
            return

    return say


if __name__ == "__main__":
    main()
