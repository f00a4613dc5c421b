"""The process that jobs run in: it takes lines on stdin, answers lines on stdout, holds the GPU.

In:  {"run": {"payload": ..., "folder": ..., "rung": 0}} and {"stop": "canceled" | "stopped"}.
Out: {"progress": ...}, then {"done": ...} or {"failed": "code: plain words"}.
It dies with its parent: the end of stdin means stop. Only one such process of each lane has a
work folder at a time, so that an orphan's last checkpoint is written before its successor starts.
"""

import contextlib
import fcntl
import gc
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from services.trainer.config import WorkerConfig
from services.trainer.spec import Code, ProgressInfo, from_wire

LAST_WORDS = 60.0  # seconds that a job may take to reach the edge of a step once the parent is gone


class Commands:
    """What the parent wants: jobs to run, one after the other, and the wish to stop the present."""

    def __init__(self, source: IO[str]) -> None:
        self.wish: Code | None = None
        self._source = source
        self._runs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Jobs until the parent is gone."""
        while (run := self._runs.get()) is not None:
            yield run

    def stop(self, *_signal: object) -> None:
        """Wish that the present job stops at the edge of its step."""
        self.wish = Code.STOPPED

    def _listen(self) -> None:
        for line in self._source:
            command = json.loads(line)
            if "stop" in command:
                self.wish = Code(command["stop"])
            else:
                self.wish = None
                self._runs.put(command["run"])
        self.stop()
        self._runs.put(None)
        timer = threading.Timer(LAST_WORDS, os._exit, args=(1,))
        timer.daemon = True
        timer.start()


def main() -> None:
    """Run jobs until stdin ends."""
    config = WorkerConfig.from_environment()
    answers = _private_stdout()
    commands = Commands(sys.stdin)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, commands.stop)
    with _alone(config.work_dir):
        warm: dict[str, Any] = {}
        for run in commands:
            _say(answers, run_one(run, config, commands, answers, warm))


def _private_stdout() -> IO[str]:
    """The pipe to the parent; what libraries print goes to stderr."""
    sys.stdout.flush()
    private = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return private


def _say(answers: IO[str], event: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the parent is gone: the job stops by itself
        answers.write(json.dumps(event) + "\n")


@contextlib.contextmanager
def _alone(work_dir: Path) -> Iterator[None]:
    work_dir.mkdir(parents=True, exist_ok=True)
    lane = os.environ.get("TRAINER_LANE", "jobs")
    with (work_dir / f"{lane}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run_one(
    run: dict[str, Any],
    config: WorkerConfig,
    commands: Commands,
    answers: IO[str],
    warm: dict[str, Any],
) -> dict[str, Any]:
    """Run one job and return its last event."""
    from services.trainer.errors import JobFailed, failure_of
    from services.trainer.pipelines import be_quiet

    def emit(info: ProgressInfo) -> None:
        _say(answers, {"progress": info.model_dump(mode="json")})

    be_quiet()
    try:
        outputs = _run(run, config, commands, emit, warm)
    except Exception as error:
        if not isinstance(error, JobFailed):
            traceback.print_exc()
            warm.clear()
        return {"failed": str(failure_of(error))}
    return {"done": outputs.model_dump(mode="json")}


def _run(
    run: dict[str, Any], config: WorkerConfig, commands: Commands, emit: Any, warm: dict[str, Any]
) -> Any:
    import torch

    from services.trainer.context import Context
    from services.trainer.jobs import run_job
    from services.trainer.reporting import reporter

    if not gc.get_freeze_count():
        gc.freeze()  # the libraries' 400,000 objects stay: a collection takes 0.25 s for them
    if config.threads:
        torch.set_num_threads(config.threads)
    report = reporter(emit, lambda: commands.wish)
    context = Context(config, Path(run["folder"]), report, rung=run["rung"], warm=warm)
    return run_job(from_wire(run["payload"]), context)


if __name__ == "__main__":
    main()
