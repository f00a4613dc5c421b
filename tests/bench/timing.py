"""Two ways to do a thing, measured in turn in one run: their ratio, not the machine, is told."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Comparison:
    """Medians of ours and of the reference in one unit, and the ratios' median and spread."""

    ours: float
    reference: float
    ratio: float
    lowest: float
    highest: float

    def line(self, name: str, unit: str) -> str:
        """One line for a terminal."""
        spread = f"{self.lowest:.2f}-{self.highest:.2f}"
        figures = f"{self.ours:.3g} / {self.reference:.3g} {unit}"
        return f"{name}: {figures}, ratio {self.ratio:.2f} ({spread})"


def compared(
    ours: Callable[[], float], reference: Callable[[], float], *, rounds: int = ROUNDS
) -> Comparison:
    """Both figures `rounds` times, in turn, after one round that does not count."""
    ours(), reference()
    pairs = [(ours(), reference()) for _ in range(rounds)]
    ratios = [own / other for own, other in pairs]
    return Comparison(
        statistics.median(own for own, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )


def per_second(work: Callable[[], object], *, units: float, times: int = 5) -> Callable[[], float]:
    """A figure: how many units a second of this process's CPU time `work` gets through."""

    def measure() -> float:
        started = time.process_time()
        for _ in range(times):
            work()
        return units * times / (time.process_time() - started)

    return measure
