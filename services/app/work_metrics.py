"""Metrics of trainings and generations, from the sums in the database.

They are the same in every process: a query takes one instance's values, never their sum.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from db.states import WORK_ENDS
from services.figures import counting
from services.figures.counting import Sum
from services.figures.reasons import Reason

LABELS = ("engine", "method", "operation")
# name of the sum: metric, help
HISTOGRAMS = {
    "wait": ("likeness_work_wait_seconds", "From the click until an engine began to work."),
    "run": ("likeness_work_run_seconds", "From when an engine began to the end."),
    "total": ("likeness_work_seconds", "From the click to the end, of what succeeded."),
    "likeness": ("likeness_image_likeness", "Likeness of images to their person, 0 to 100."),
}
# name of the sum: metric, help
COUNTERS = {
    "ended": ("likeness_work_ended", "Trainings and generations that ended."),
    "failed": ("likeness_work_failures", "Trainings and generations that failed."),
    "images": ("likeness_images_made", "Images that engines made, erased ones too."),
    "charged": ("likeness_credits_charged", "Credits captured for what was made."),
    "given_back": ("likeness_credits_given_back", "Credits released when work ended."),
    "cost": ("likeness_engine_cost_usd", "What engines took for images, where known."),
}
# name of the sum: label of its detail, and all possible values
DETAILS = {
    "ended": ("outcome", WORK_ENDS),
    "failed": ("reason", tuple(Reason)),
}


class WorkMetrics(Collector):
    """A collector of the sums that were last read; empty while the database is away."""

    def __init__(self) -> None:
        self._sums: Sequence[Sum] = ()

    def show(self, sums: Sequence[Sum]) -> None:
        """Replace the sums; sums: as `counting.read` returns them, in its order."""
        self._sums = sums

    def collect(self) -> Iterator[Metric]:
        """Yield one family for each metric, even if it has no values."""
        by_name = {name: list(sums) for name, sums in groupby(self._sums, lambda sum: sum.name)}
        for name, (metric, text) in HISTOGRAMS.items():
            family = HistogramMetricFamily(metric, text, labels=LABELS)
            for labels, sums in groupby(by_name.get(name, ()), _labels):
                family.add_metric(labels, *_histogram(counting.HISTOGRAMS[name], sums))
            yield family
        works = {_labels(sum): None for sum in by_name.get("ended", ())}
        for name in COUNTERS:
            yield _counter(name, by_name.get(name, ()), works)


def _counter(name: str, sums: Iterable[Sum], works: Iterable[tuple[str, ...]]) -> Metric:
    """Return a counter that is 0 for outcomes without a count, so that the first one shows."""
    detail, values = DETAILS.get(name, ("", ("",)))
    known = {(*_labels(sum), sum.detail): sum.total for sum in sums}
    family = CounterMetricFamily(*COUNTERS[name], labels=(*LABELS, detail) if detail else LABELS)
    for work in works:
        for value in values:
            family.add_metric((*work, value) if detail else work, known.get((*work, value), 0))
    return family


def _labels(sum: Sum) -> tuple[str, ...]:
    return (sum.engine, sum.method, sum.operation)


def _histogram(
    bounds: Sequence[float], sums: Iterable[Sum]
) -> tuple[list[tuple[str, float]], float]:
    """Return Prometheus's buckets, each with the count up to its bound, and the sum of values."""
    known = list(sums)
    counts = {sum.bucket: sum.count for sum in known}
    below = accumulate(counts.get(i, 0) for i in range(len(bounds) + 1))
    uppers = [*(f"{float(bound):g}" for bound in bounds), "+Inf"]
    buckets = [(upper, float(count)) for upper, count in zip(uppers, below, strict=True)]
    return buckets, math.fsum(each.total for each in known)
