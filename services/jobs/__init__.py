"""Jobs: work that survives crashes, is done once, and never hangs. Knows no feature."""

from services.jobs.base import (
    Again,
    Done,
    Handler,
    Job,
    Kind,
    LeaseLost,
    Outcome,
    Permanent,
    Priority,
)
from services.jobs.overview import PRUNING, QueueView, discard, overview, prune, retry
from services.jobs.position import ahead
from services.jobs.queue import cancel, enqueue, unmet
from services.jobs.worker import Worker

__all__ = [
    "PRUNING",
    "Again",
    "Done",
    "Handler",
    "Job",
    "Kind",
    "LeaseLost",
    "Outcome",
    "Permanent",
    "Priority",
    "QueueView",
    "Worker",
    "ahead",
    "cancel",
    "discard",
    "enqueue",
    "overview",
    "prune",
    "retry",
    "unmet",
]
