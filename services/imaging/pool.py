"""Worker processes that decode pictures: a bad file can take down its worker, and no more.

Plain subprocesses and not multiprocessing: they import neither main.py nor any page, get no
secret in their environment, and one that dies fails one file instead of a whole executor.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
WORKERS = max(1, min(4, os.cpu_count() or 1))
SECONDS = 60  # for one picture; 60 megapixels take about 4
TASKS = 200  # after so many a worker is replaced: decoders leak


class WorkerFailed(Exception):
    """The worker died on this picture or took too long."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker answered: facts, and the variants by name."""

    facts: dict[str, Any]
    blobs: dict[str, bytes]


class _Worker:
    """One process, used by one thread at a time."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", module, *arguments]
        pipe, clean = subprocess.PIPE, {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
        # or the memory that numpy's algebra sets aside grows with the machine's cores
        clean["OPENBLAS_NUM_THREADS"] = "1"
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            command, cwd=ROOT, env=clean, stdin=pipe, stdout=pipe
        )
        self.tasks = 0

    def ask(self, request: dict[str, Any], data: bytes) -> Reply:
        """Raises WorkerFailed, and then the process is gone."""
        self.tasks += 1
        with self._time_limit():
            try:
                return self._exchange(request, data)
            except (OSError, ValueError, KeyError) as error:
                self.stop()
                raise WorkerFailed(f"exit code {self._process.returncode}") from error

    def _exchange(self, request: dict[str, Any], data: bytes) -> Reply:
        requests, answers = self._process.stdin, self._process.stdout
        if requests is None or answers is None:
            raise OSError("no pipes to the worker")
        requests.write(json.dumps({**request, "bytes": len(data)}).encode() + b"\n" + data)
        requests.flush()
        facts = json.loads(answers.readline())
        blobs = {name: answers.read(size) for name, size in facts.pop("blobs").items()}
        return Reply(facts, blobs)

    def stop(self) -> None:
        """Kill the process; a call that waits for it ends with WorkerFailed."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    @contextlib.contextmanager
    def _time_limit(self) -> Iterator[None]:
        timer = threading.Timer(SECONDS, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class Pool:
    """Processes that run a worker module, started when first needed; for any event loop."""

    def __init__(
        self,
        module: str = "services.imaging.worker",
        arguments: Sequence[str] = (),
        *,
        workers: int = WORKERS,
    ) -> None:
        self._module, self._arguments = module, arguments
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=module)
        self._own = threading.local()
        self._workers: set[_Worker] = set()

    async def ask(self, request: dict[str, Any], data: bytes = b"") -> Reply:
        """Hand a request to the next free worker; raises WorkerFailed."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._ask, request, data
        )

    def close(self) -> None:
        """Kill the workers; pictures in the making fail."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in tuple(self._workers):
            worker.stop()
        self._threads.shutdown(wait=True)

    def _ask(self, request: dict[str, Any], data: bytes) -> Reply:
        worker: _Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            worker = self._own.worker = _Worker(self._module, self._arguments)
            self._workers.add(worker)
        try:
            reply = worker.ask(request, data)
        except WorkerFailed:
            self._retire(worker)
            raise
        if worker.tasks >= TASKS:
            self._retire(worker)
        return reply

    def _retire(self, worker: _Worker) -> None:
        worker.stop()
        self._workers.discard(worker)
        self._own.worker = None
