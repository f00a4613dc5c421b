"""Progress of one job: measured, thinned to what a queue's `info` holds, and the will to stop."""

import math
import time
from collections.abc import Callable
from typing import Any

from services.trainer import device
from services.trainer.errors import JobFailed
from services.trainer.spec import INFO_LIMIT, Code, ProgressInfo, Stage

SMOOTHING = 0.05  # weight of the newest value in moving averages
INTERVAL = 1.0  # seconds between two reports of the same stage
CURVE_POINTS = 60

Emit = Callable[[ProgressInfo], None]
StopWish = Callable[[], Code | None]  # None, CANCELED or STOPPED


def curve(losses: list[float]) -> tuple[tuple[int, float], ...]:
    """At most 60 points of (last step, mean loss) over equal spans; skipped steps are NaN."""
    span = max(math.ceil(len(losses) / CURVE_POINTS), 1)
    starts = range(0, len(losses), span)
    means = ((min(at + span, len(losses)), mean_of(losses[at : at + span])) for at in starts)
    return tuple((step, round(mean, 4)) for step, mean in means if math.isfinite(mean))


def mean_of(losses: list[float]) -> float:
    """The mean of the finite values; NaN if there are none."""
    finite = [loss for loss in losses if math.isfinite(loss)]
    return sum(finite) / len(finite) if finite else math.nan


class Reporter:
    """Collects what a job says of itself and emits it, at most once a second within a stage."""

    def __init__(self, emit: Emit, wish: StopWish, clock: Callable[[], float]) -> None:
        self.info = ProgressInfo()
        self.warnings: list[str] = []
        self._emit, self._wish, self.clock = emit, wish, clock
        self._last = float("-inf")

    def check(self) -> None:
        """Raise JobFailed(CANCELED or STOPPED) as soon as someone wants the job to end."""
        if code := self._wish():
            words = {Code.CANCELED: "The job was canceled.", Code.STOPPED: "The worker stops."}
            raise JobFailed(code, words[code])

    def stage(self, stage: Stage, **changes: Any) -> None:
        """Enter a stage, and say so at once."""
        self.check()
        self.now(stage=stage, **changes)

    def update(self, **changes: Any) -> None:
        """Note changes; they are sent with the next report, at the latest a second later."""
        self._change(**changes)
        if self.clock() - self._last >= INTERVAL:
            self._send()

    def now(self, **changes: Any) -> None:
        """Note changes and send them at once."""
        self._change(**changes)
        self._send()

    def warn(self, message: str) -> None:
        """Add a note that does not end the job; the last eight are kept."""
        self.warnings = [*self.warnings, message[:200]][-8:]
        self.now(warnings=tuple(self.warnings))

    def _change(self, **changes: Any) -> None:
        self.info = self.info.model_copy(update=changes)

    def _send(self) -> None:
        self._last = self.clock()
        self._change(
            sequence=self.info.sequence + 1,
            vram_peak_bytes=device.vram_peak(),
            ram_peak_bytes=device.ram_peak(),
        )
        self._emit(fitting(self.info))


def fitting(info: ProgressInfo) -> ProgressInfo:
    """The same progress in under INFO_LIMIT bytes: warnings go first, then the loss curve."""
    for drop in (
        {},
        {"warnings": ()},
        {"loss_curve": ()},
        {"bands": ()},
        {"samples": (), "done_images": ()},
    ):
        info = info.model_copy(update=drop)
        if len(info.model_dump_json().encode()) < INFO_LIMIT - 512:  # room for keys of others
            return info
    return info


def moving_average(before: float | None, value: float) -> float:
    """An exponential moving average."""
    return value if before is None else before + SMOOTHING * (value - before)


def reporter(emit: Emit, wish: StopWish) -> Reporter:
    """A reporter on the real clock."""
    return Reporter(emit, wish, time.monotonic)
