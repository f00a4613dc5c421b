"""The parent of the job's process: starts it, listens, brings it back, and knows when to give up.

A training has a process of its own, so that its memory is surely freed; for images one process
stays, with the base loaded. Out of memory is the next rung of the ladder, from the checkpoint; a
crash is tried again, at most MAX_CRASHES times, also over restarts of the worker itself.
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed
from services.trainer.files import read_json, write_json
from services.trainer.ladder import next_rung
from services.trainer.spec import (
    Code,
    Failure,
    GeneratePayload,
    ProgressInfo,
    TrainPayload,
    to_wire,
)

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "services.trainer.child")
LANE = "TRAINER_LANE"
# Photos of many sizes would leave GPU memory in pieces that fit none of the next.
ALLOCATOR = {"PYTORCH_ALLOC_CONF": "expandable_segments:True"}
MAX_CRASHES = 3
SILENCE = 900.0  # seconds without a word after which a job's process counts as hung
PATIENCE = 120.0  # seconds from a wish to stop until the process is killed
LINE_LIMIT = 2**20  # bytes of one event

OnInfo = Callable[[ProgressInfo], Awaitable[None]]


class _Gone(Exception):
    """The job's process ended, or had to be ended, in the middle of a job."""


class Supervisor:
    """Runs one job at a time in a process; `request_stop` may come at any moment."""

    def __init__(
        self, config: WorkerConfig, *, command: Sequence[str] = COMMAND, lane: str = "jobs"
    ) -> None:
        """lane: of all workers on a work folder, one process of a lane lives at a time."""
        self.config, self._lane = config, lane
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._used_for_training = False
        self._wish: Code | None = None
        self._deadline: asyncio.TimerHandle | None = None

    async def run(
        self, payload: TrainPayload | GeneratePayload, folder: Path, on_info: OnInfo
    ) -> dict[str, Any]:
        """The outputs of a job, as JSON; raises JobFailed."""
        self._wish = None
        try:
            while True:
                try:
                    return await self._attempt(payload, folder, on_info)
                except _Gone:
                    if self._wish:
                        raise JobFailed(self._wish, "The job was ended.") from None
                except JobFailed as error:
                    if error.code in {Code.CRASHED, Code.OUT_OF_MEMORY}:
                        await self.close()  # who knows what state its GPU is in
                    self._climb(error, payload, folder)
        finally:
            self._calm()

    def request_stop(self, code: Code) -> None:
        """End the running job at the edge of its step: CANCELED for good, STOPPED for later."""
        self._wish = code
        self._tell({"stop": code})
        if self._deadline is None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(PATIENCE, self._kill)

    async def close(self) -> None:
        """End the process; a job in it stops at the edge of its step."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _attempt(
        self, payload: TrainPayload | GeneratePayload, folder: Path, on_info: OnInfo
    ) -> dict[str, Any]:
        record = folder / "attempts.json"
        state = read_json(record) or {"rung": 0, "crashes": 0}
        if state["crashes"] > MAX_CRASHES:
            raise JobFailed(Code.CRASHED, "The job's process ended again and again.")
        write_json(record, {**state, "crashes": state["crashes"] + 1})
        await self._ready_for(payload)
        run = {"payload": to_wire(payload), "folder": str(folder), "rung": state["rung"]}
        self._tell({"run": run})
        if self._wish:
            self._tell({"stop": self._wish})
        async for event in self._events():
            if "progress" in event:
                await on_info(ProgressInfo.model_validate(event["progress"]))
                continue
            write_json(record, state)  # it ended in good order
            if "failed" in event:
                raise _failed(event["failed"])
            outputs: dict[str, Any] = event["done"]
            return outputs
        raise _Gone

    def _climb(
        self, error: JobFailed, payload: TrainPayload | GeneratePayload, folder: Path
    ) -> None:
        """Note the next rung after a lack of memory; any other failure goes on its way."""
        record = folder / "attempts.json"
        state = read_json(record) or {"rung": 0}
        lower = None
        if error.code is Code.OUT_OF_MEMORY and isinstance(payload, TrainPayload):
            lower = next_rung(state["rung"], payload.recipe)
        if lower is None or self._wish:
            raise error
        log.warning("out of memory: going on with rung %s", lower)
        write_json(record, {"rung": lower, "crashes": 0})

    async def _ready_for(self, payload: TrainPayload | GeneratePayload) -> None:
        """A process that suits: fresh for and after a training, else the warm one."""
        training = isinstance(payload, TrainPayload)
        ended = self._process is None or self._process.returncode is not None
        if not ended and (training or self._used_for_training):
            await self.close()
            ended = True
        if ended:
            self._process = await self._start()
        self._used_for_training = training

    async def _start(self) -> asyncio.subprocess.Process:
        hub = {} if self.config.hub else {"HF_HUB_OFFLINE": "1"}
        quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "TRANSFORMERS_VERBOSITY": "error"}
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={
                **ALLOCATOR,
                **os.environ,
                **quiet,
                **hub,
                **self.config.environment(),
                LANE: self._lane,
            },
            limit=LINE_LIMIT,
            start_new_session=True,  # Ctrl-C is for the parent, which tells its child in good order
        )

    async def _events(self) -> AsyncIterator[dict[str, Any]]:
        """What the process says, until it is gone or silent for too long."""
        process = self._process
        if process is None or process.stdout is None:
            return
        while True:
            try:
                line = await asyncio.wait_for(process.stdout.readline(), SILENCE)
            except TimeoutError:
                log.error("the job's process said nothing for %s s", SILENCE)
                self._kill()
                return
            if not line:
                await process.wait()
                log.error("the job's process ended with status %s", process.returncode)
                return
            yield json.loads(line)

    def _tell(self, command: dict[str, Any]) -> None:
        process = self._process
        if process and process.stdin and process.returncode is None:
            with contextlib.suppress(ConnectionError):
                process.stdin.write(json.dumps(command).encode() + b"\n")

    def _kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()

    def _calm(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = None


def _failed(text: str) -> JobFailed:
    failure = Failure.parse(text)
    return JobFailed(failure.code, failure.message)
