"""A worker's process as a child of ours: started, heard, started again when it dies, and ended.

What the two say to each other stands in `services/trainer/attached.py`.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

log = logging.getLogger("likeness.local_worker")

ROOT = Path(__file__).parents[3]  # where `services` is
LINE_LIMIT = 2**20  # bytes
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)  # seconds before it is started again
STEADY = 60.0  # seconds of service after which the pauses begin anew
HOPELESS = 3  # ends in a row after which nothing new is sent to it
GRACE = 15.0  # seconds for its end in good order; a job's process then ends by itself


@dataclass(frozen=True, slots=True)
class Serving:
    """Where a worker answers, by which key, and what it runs on."""

    port: int
    key: str
    hardware: Mapping[str, Any]


@dataclass(slots=True)
class Child:
    """Keeps one process of `command` alive from `start` to `stop`.

    serving: None while it does not answer. trouble: why not, in plain words, where that is known.
    ends: how often in a row it ended, or could not be started. changed: called after each change.
    """

    command: Sequence[str]
    environment: Callable[[], Mapping[str, str]]
    pauses: Sequence[float] = PAUSES
    serving: Serving | None = None
    trouble: str | None = None
    pid: int | None = None
    ends: int = 0
    changed: Callable[[], None] = lambda: None
    _refusal: str | None = None
    _last_words: str = ""
    _task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def hopeless(self) -> bool:
        """Whether starting it again has not helped so far."""
        return self.serving is None and (self._refusal is not None or self.ends >= HOPELESS)

    def start(self) -> None:
        """Begin to keep it alive, in the running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name="local worker")

    async def stop(self) -> None:
        """End it in good order: what runs stops at the edge of a step, with a checkpoint."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._live()
            except (OSError, ValueError) as error:
                self.trouble = f"It could not be started: {error}."
            self.ends = 1 if loop.time() - began > STEADY else self.ends + 1
            log.error("the local worker ended: %s", self.trouble)
            self.changed()
            await asyncio.sleep(self.pauses[min(self.ends, len(self.pauses)) - 1])

    async def _live(self) -> None:
        """One life of the process."""
        self._last_words = ""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=dict(self.environment()),
            limit=LINE_LIMIT,
            start_new_session=True,  # Ctrl-C is for us, who end it in good order
        )
        assert process.stdout  # noqa: S101  # a pipe, as the next
        assert process.stderr  # noqa: S101
        self.pid = process.pid
        try:
            await asyncio.gather(self._hear(process.stdout), self._log(process.stderr))
            status = await process.wait()
            words = f"It ended with status {status}. {self._last_words}".strip()
            self.trouble = self._refusal or words
        finally:
            self.serving = self.pid = None
            await _end(process)

    async def _hear(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            self._note(json.loads(line))
            self.changed()

    def _note(self, event: Mapping[str, Any]) -> None:
        if "serving" in event:
            self.serving, self.trouble = Serving(**event["serving"]), None
            self._refusal = None
        elif "refused" in event:
            self._refusal = self.trouble = str(event["refused"])
        else:
            self.trouble = "Another worker still has the work folder of this one."

    async def _log(self, lines: asyncio.StreamReader) -> None:
        """Its log becomes ours."""
        async for line in lines:
            text = line.decode(errors="replace").rstrip()
            level, _, words = text.partition(" ")
            number = logging.getLevelNamesMapping().get(level)
            log.log(number or logging.WARNING, "%s", words if number else text)
            self._last_words = text or self._last_words


async def _end(process: asyncio.subprocess.Process) -> None:
    """Closes its stdin, which it takes as the wish to end."""
    if process.stdin:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), GRACE)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
