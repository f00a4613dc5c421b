"""A real worker process on tiny bases, for this folder's tests, the engines' and the browser's.

Needs no torch itself: `trainer_python` finds an environment that has it.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx

from tests.waiting import eventually_sync

ROOT = Path(__file__).parents[2]
KEY = "the key of the tests"


def trainer_python() -> str | None:
    """A Python with the trainer's packages: this, LIKENESS_TRAINER_PYTHON or .venv-trainer."""
    if find_spec("torch"):
        return sys.executable
    own = ROOT / ".venv-trainer" / "bin" / "python"
    return os.environ.get("LIKENESS_TRAINER_PYTHON") or (str(own) if own.exists() else None)


def build_bases(folder: Path) -> Path:
    """Write the tiny bases with the trainer's Python."""
    command = [trainer_python() or "", "-m", "tests.trainer.tiny", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Worker:
    """A worker on a fixed port, so that it can be killed and started again in its place."""

    base_dir: Path
    work_dir: Path
    port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        choices = {
            "TRAINER_BASE_DIR": str(self.base_dir),
            "TRAINER_WORK_DIR": str(self.work_dir),
            "TRAINER_PORT": str(self.port),
            "TRAINER_KEY": KEY,
            "TRAINER_ACCEPT_LICENCES": "FLUX.1-dev",
            "TRAINER_DEVICE": "cpu",
            "TRAINER_THREADS": "1",
        }
        command = [trainer_python() or "", "-m", "services.trainer", "serve"]
        with (self.work_dir.parent / "worker.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **choices}, stdout=log, stderr=log
            )
        eventually_sync(self._answers, timeout=60)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health").is_success
        except httpx.TransportError:
            return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and wait; its exit status."""
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(how)
        return process.wait(90)

    def post(self, path: str, body: Any) -> httpx.Response:
        """Call its API with the key."""
        return httpx.post(f"{self.url}/v1/queue/{path}", json=body, headers=self._headers())

    def status(self, request_id: str) -> dict[str, Any]:
        """The status of a job, or {} for one that it does not know."""
        parameters = {"model": "tiny", "request_id": request_id}
        answer = httpx.get(
            f"{self.url}/v1/queue/status", params=parameters, headers=self._headers()
        )
        found: dict[str, Any] = answer.json() if answer.is_success else {}
        return found

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {KEY}"}


@contextmanager
def running_worker(base_dir: Path, work_dir: Path) -> Iterator[Worker]:
    """A started worker; ended with the block."""
    work_dir.mkdir(parents=True, exist_ok=True)
    worker = Worker(base_dir, work_dir)
    try:
        worker.start()
        yield worker
    finally:
        worker.end(signal.SIGKILL)
