"""The metrics at `/metrics` for Prometheus: this process's counters, and the database's totals.

`.github/ops/README.md` says for each metric which of the two it is, and how to query it.
"""

import asyncio
import math
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from db.states import JOB_OPEN
from services import jobs
from services.app.work_metrics import WorkMetrics
from services.billing import events
from services.deps import Deps
from services.figures import counting
from services.settings import Settings

REQUESTS = Counter("likeness_requests", "HTTP requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "likeness_request_seconds", "Time from request to the end of its answer.", ["route"]
)
REFUSED = Counter("likeness_refused", "What was turned away before it was read.", ["reason"])
DUTY_ERRORS = Counter("likeness_duty_errors", "Failed runs of recurring work.", ["duty"])
STORAGE_FREE = Gauge("likeness_storage_free_bytes", "Room on this process's disk, if it is used.")

# These are the same in every process, because they are read from the database.
DATABASE = Gauge("likeness_database_up", "Whether the database answered: 1 or 0.")
JOBS = Gauge("likeness_jobs", "Open jobs.", ["kind", "state"])
JOBS_DEAD = Gauge("likeness_jobs_dead", "Jobs that were given up and wait for an operator.")
JOBS_DEPTH = Gauge("likeness_jobs_ready", "Jobs that are ready and have no worker yet.")
JOBS_OLDEST = Gauge("likeness_jobs_oldest_seconds", "How long the first in the line is ready.")
JOBS_AGE = Gauge("likeness_jobs_age_seconds", "How long the first of its kind is ready.", ["kind"])
JOBS_UNMET = Gauge("likeness_jobs_unmet", "Jobs that no running process can work.", ["needs"])
JOBS_SILENT = Gauge("likeness_jobs_silent", "Jobs whose worker has stopped answering.")
MEMBERS = Gauge("likeness_members", "Accounts.")
IMAGES = Gauge("likeness_images", "Images in galleries.")
MODELS = Gauge("likeness_user_models", "User models.", ["status"])
EVENTS_STALE = Gauge("likeness_stripe_events_stale", "Stripe's events unhandled for 10 minutes.")
RUNS = Gauge("likeness_engine_runs", "Trainings and generations at engines.", ["engine", "state"])
RUNS_AGE = Gauge(
    "likeness_engine_oldest_seconds", "Age of the first training or generation open.", ["engine"]
)
WORKERS = Gauge("likeness_workers", "Processes that have jobs at work.")
WORKER_SEEN = Gauge(
    "likeness_worker_seen_seconds", "Since a process last said it has this.", ["offer"]
)
STORED = Gauge("likeness_storage_bytes", "Stored photos and images, all variants.", ["what"])
WORK = WorkMetrics()
REGISTRY.register(WORK)

CONTENT_TYPE = CONTENT_TYPE_LATEST
COUNTS = {
    RUNS_AGE: """
        select engine, extract(epoch from now() - min(created_at))::float from remote_jobs
        where state in ('queued', 'submitting', 'submitted', 'running', 'fetching', 'unknown')
        group by engine""",
    WORKERS: "select count(distinct lease_owner) from job_queue where state = 'leased'",
    JOBS_SILENT: "select count(*) from job_queue where state = 'leased' and lease_until < now()",
    WORKER_SEEN: "select name, extract(epoch from now() - seen_at)::float from job_offers",
}
# These queries read whole tables, so a process runs them once in SLOW_SECONDS.
SLOW_COUNTS = {
    MEMBERS: "select count(*) from users",
    IMAGES: "select count(*) from generated_images where deleted_at is null",
    MODELS: "select status, count(*) from user_models group by status",
    RUNS: "select engine, state, count(*) from remote_jobs group by engine, state",
    STORED: """
        select 'photos', coalesce(sum(bytes), 0) from training_images
        union all select 'images', coalesce(sum(bytes), 0) from generated_images""",
}
SLOW_SECONDS = 60.0
QUEUE = (JOBS, JOBS_DEAD, JOBS_DEPTH, JOBS_OLDEST, JOBS_AGE, JOBS_UNMET)

Rows = Sequence[Any]


@dataclass(slots=True)
class _Slow:
    """The last read of whole tables: its database, and its time."""

    deps: Deps | None = None
    at: float = 0.0


_slow = _Slow()


async def exposition(deps: Deps) -> bytes:
    """Return all metrics in Prometheus's text format; without the database, this process's own."""
    STORAGE_FREE.set(await asyncio.to_thread(_free, deps.settings))
    try:
        await _read(deps)
        DATABASE.set(1)
    except SQLAlchemyError:
        _forget()
        DATABASE.set(0)
    return generate_latest()


def _free(settings: Settings) -> float:
    """Return free bytes; NaN where files are stored elsewhere, or the disk does not answer."""
    try:
        return math.nan if settings.s3_bucket else shutil.disk_usage(settings.data_dir).free
    except OSError:
        return math.nan


def _forget() -> None:
    """Remove all values, since no number is better than an old one."""
    _slow.deps = None
    WORK.show(())
    for gauge in (*QUEUE, EVENTS_STALE, *COUNTS, *SLOW_COUNTS):
        if gauge._labelnames:
            gauge.clear()
        else:
            gauge.set(math.nan)


async def _read(deps: Deps) -> None:
    """Read everything before anything is set, so that two concurrent scrapes are both complete."""
    slow = _slow.deps is not deps or time.monotonic() - _slow.at > SLOW_SECONDS
    async with deps.transaction() as session:
        queue = await jobs.overview(session, limit=0)
        stale = await events.stale(session)
        sums = await counting.read(session)
        counts = await _counts(session, COUNTS | SLOW_COUNTS if slow else COUNTS)
    if slow:
        _slow.deps, _slow.at = deps, time.monotonic()
    EVENTS_STALE.set(stale)
    WORK.show(sums)
    _show_queue(queue)
    for gauge, rows in counts.items():
        if gauge._labelnames:
            gauge.clear()
        for *labels, count in rows:
            (gauge.labels(*labels) if labels else gauge).set(count)


async def _counts(session: AsyncSession, queries: Mapping[Gauge, str]) -> dict[Gauge, Rows]:
    return {gauge: (await session.execute(text(queries[gauge]))).all() for gauge in queries}


def _show_queue(queue: jobs.QueueView) -> None:
    JOBS.clear()
    JOBS_AGE.clear()
    JOBS_UNMET.clear()
    for kind in queue.kinds:
        JOBS_AGE.labels(kind.kind).set(kind.oldest or 0)
        for state in JOB_OPEN:
            JOBS.labels(kind.kind, state).set(getattr(kind, state))
    for unmet in queue.unmet:
        JOBS_UNMET.labels(unmet.needs).inc(unmet.jobs)
    JOBS_DEAD.set(queue.dead_count)
    JOBS_DEPTH.set(queue.depth)
    JOBS_OLDEST.set(queue.oldest)
