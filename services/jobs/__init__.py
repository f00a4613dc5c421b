"""Jobs: work that survives crashes, takes effect once, and never hangs. Knows no feature."""

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
    Tick,
)
from services.jobs.overview import QueueView, discard, overview, retry
from services.jobs.position import ahead
from services.jobs.queue import cancel, enqueue, unmet
from services.jobs.worker import Worker

__all__ = [
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
    "Tick",
    "Worker",
    "ahead",
    "cancel",
    "discard",
    "enqueue",
    "overview",
    "retry",
    "unmet",
]
