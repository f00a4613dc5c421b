"""Recurring work: on time, never twice at once, never silenced by a failure."""

import asyncio
from datetime import timedelta

import pytest

from services.app import metrics, scheduler
from services.app.scheduler import Scheduler
from tests.waiting import eventually

OFTEN = timedelta(milliseconds=50)


class Work:
    """Counts its runs; each one lasts until `gate` is open."""

    def __init__(self) -> None:
        self.runs = self.at_once = self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> None:
        self.runs += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
        finally:
            self.at_once -= 1


async def test_it_ticks_at_once_and_then_at_its_interval() -> None:
    work = Work()
    ticking = Scheduler({"work": (OFTEN, work)})
    ticking.start()
    await eventually(lambda: work.runs >= 4)
    await ticking.stop()
    assert not ticking.late()


async def test_a_failure_is_counted_and_the_next_run_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runs = 0

    async def fails() -> None:
        nonlocal runs
        runs += 1
        raise ValueError("no luck")

    before = metrics.DUTY_ERRORS.labels("fails")._value.get()
    ticking = Scheduler({"fails": (OFTEN, fails)})
    ticking.start()
    await eventually(lambda: runs >= 3)
    await ticking.stop()
    assert metrics.DUTY_ERRORS.labels("fails")._value.get() - before >= 3
    assert "fails failed" in caplog.text


async def test_a_run_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "LIMIT_SECONDS", 0.1)
    work = Work()
    work.gate.clear()
    ticking = Scheduler({"work": (OFTEN, work)})
    ticking.start()
    await eventually(lambda: work.runs >= 3)
    await ticking.stop()
    assert work.most_at_once == 1


async def test_stopping_waits_for_what_runs_and_starts_nothing_more() -> None:
    work = Work()
    work.gate.clear()
    ticking = Scheduler({"work": (OFTEN, work)})
    ticking.start()
    await eventually(lambda: work.at_once == 1)
    asyncio.get_running_loop().call_later(0.2, work.gate.set)
    await ticking.stop()
    assert (work.runs, work.at_once) == (1, 0)
