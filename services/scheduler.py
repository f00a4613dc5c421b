"""Ticks: short recurring work, run at an interval and at once when something wakes it.

APScheduler keeps the time, in memory: each process ticks for itself, and what must happen once
among all processes is leased in the database by the handler (see `services.jobs`).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from services import metrics
from services.deps import Deps

TICK_SECONDS = 60  # a tick that takes longer is stopped, so that it cannot silence itself for good
STOP_SECONDS = 5

Handler = Callable[[Deps], Awaitable[object]]
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Tick:
    name: str
    interval: timedelta
    handler: Handler
    running: asyncio.Task[None] | None = None
    again: bool = False
    finished_at: float = field(default_factory=time.monotonic)


class Scheduler:
    """Runs `{name: (interval, handler)}`; a handler never runs twice at once in this process."""

    def __init__(self, deps: Deps, ticks: Mapping[str, tuple[timedelta, Handler]]) -> None:
        self._deps = deps
        self._ticks = {name: _Tick(name, *tick) for name, tick in ticks.items()}
        self._woken: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._clock = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begins to tick; has to be called in the running event loop."""
        for tick in self._ticks.values():
            seconds = tick.interval.total_seconds()
            self._clock.add_job(self._run, "interval", args=[tick], seconds=seconds, id=tick.name)
            self.wake(tick.name)
        self._clock.start()

    def wake(self, name: str) -> None:
        """Runs a tick now; if it is running already, once more after that."""
        tick = self._ticks.get(name)
        if tick is None or self._stopping:
            return
        if tick.running:
            tick.again = True
            return
        task = asyncio.create_task(self._run(tick), name=f"tick-{name}")
        self._woken.add(task)
        task.add_done_callback(self._woken.discard)

    async def stop(self) -> None:
        """Starts nothing more, and gives what runs a few seconds to end."""
        self._stopping = True
        self._clock.pause()
        running = {tick.running for tick in self._ticks.values() if tick.running}
        if running:
            await asyncio.wait(running, timeout=STOP_SECONDS)
        self._clock.shutdown(wait=False)  # cancels what it started; the rest we cancel
        for task in running:
            task.cancel()

    def late(self) -> list[str]:
        """Names of the ticks that have not finished for three intervals and a minute."""
        now = time.monotonic()
        return [
            tick.name
            for tick in self._ticks.values()
            if now - tick.finished_at > 3 * tick.interval.total_seconds() + TICK_SECONDS
        ]

    async def _run(self, tick: _Tick) -> None:
        if tick.running:
            tick.again = True
            return
        tick.running = asyncio.current_task()
        tick.again = True
        try:
            while tick.again and not self._stopping:
                tick.again = False
                await self._run_once(tick)
        finally:
            tick.running = None

    async def _run_once(self, tick: _Tick) -> None:
        try:
            async with asyncio.timeout(TICK_SECONDS):
                await tick.handler(self._deps)
        except Exception:
            metrics.TICK_ERRORS.labels(tick.name).inc()
            logger.exception("The tick %s failed", tick.name)
        tick.finished_at = time.monotonic()
