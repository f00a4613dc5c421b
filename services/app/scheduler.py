"""The scheduler of this process: calls short recurring work, each at its own interval.

APScheduler keeps the time, in memory. Every process has its own scheduler, so work that must
happen once among all processes claims itself in the database (see `services.jobs`).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from services.app import metrics
from services.kit.database_errors import log_failure

LIMIT_SECONDS = 60  # longer work is canceled, so that it cannot block its own next run for good
STOP_SECONDS = 5

Work = Callable[[], Awaitable[object]]
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Duty:
    name: str
    interval: timedelta
    work: Work
    running: asyncio.Task[None] | None = None
    finished_at: float = field(default_factory=time.monotonic)


class Scheduler:
    """A scheduler of `{name: (interval, work)}`; no work runs twice at once."""

    def __init__(self, duties: Mapping[str, tuple[timedelta, Work]]) -> None:
        self._duties = [_Duty(name, *duty) for name, duty in duties.items()]
        self._clock = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Run each work once and then at its interval; call this in the running event loop."""
        for duty in self._duties:
            self._clock.add_job(
                self._run,
                "interval",
                args=[duty],
                seconds=duty.interval.total_seconds(),
                next_run_time=datetime.now(UTC),
            )
        self._clock.start()

    async def stop(self) -> None:
        """Start nothing more, and give running work a few seconds to end."""
        if not self._clock.running:
            return
        self._clock.pause()
        running = {duty.running for duty in self._duties if duty.running}
        if running:
            await asyncio.wait(running, timeout=STOP_SECONDS)
        self._clock.shutdown(wait=False)  # cancels what is still running

    def late(self) -> list[str]:
        """Return the names of work that has not finished for three intervals and a minute."""
        now = time.monotonic()
        return [
            duty.name
            for duty in self._duties
            if now - duty.finished_at > 3 * duty.interval.total_seconds() + LIMIT_SECONDS
        ]

    async def _run(self, duty: _Duty) -> None:
        duty.running = asyncio.current_task()
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await duty.work()
        except Exception:
            metrics.DUTY_ERRORS.labels(duty.name).inc()
            log_failure(logger, "%s failed", duty.name)
        finally:
            duty.running = None
            duty.finished_at = time.monotonic()
