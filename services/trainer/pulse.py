"""Signs of life while a library works without a word, as loading a base does for minutes.

The parent ends a process that is silent for long. A pulse is a report of what is known already;
it beats only while the process computes or reads, so that one that hangs is still ended.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.trainer.reporting import Reporter

EVERY = 30.0  # seconds
BUSY = 0.02  # of an interval on the CPU
READ = 2**20  # bytes in an interval
IO = Path("/proc/self/io")


@dataclass(frozen=True, slots=True)
class Work:
    """What a process has done so far: CPU seconds and bytes read."""

    cpu: float
    read: int


def alive(before: Work, now: Work, seconds: float) -> bool:
    """Whether the process did something within these seconds."""
    return now.cpu - before.cpu >= BUSY * seconds or now.read - before.read >= READ


@contextmanager
def pulse(report: Reporter, every: float = EVERY) -> Iterator[None]:
    """Report now and then until the block ends; the block itself must not report."""
    ended = threading.Event()

    def beat() -> None:
        before = _work()
        while not ended.wait(every):
            now = _work()
            if alive(before, now, every):
                report.now()
            before = now

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _work() -> Work:
    """Of this process; where the system does not say what was read, the CPU has to do."""
    lines = IO.read_text().splitlines() if IO.exists() else []
    read = sum(int(line.split()[1]) for line in lines if line.startswith(("rchar", "read_bytes")))
    return Work(time.process_time(), read)
