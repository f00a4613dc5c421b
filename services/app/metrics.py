"""What Prometheus reads at `/metrics`: this process's counters, and the database's totals."""

import math

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from services import jobs
from services.billing import events
from services.deps import Deps

REQUESTS = Counter("likeness_requests", "HTTP requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "likeness_request_seconds", "Time from request to the end of its answer.", ["route"]
)
REFUSED = Counter("likeness_refused", "What was turned away before it was read.", ["reason"])
DUTY_ERRORS = Counter("likeness_duty_errors", "Failed runs of recurring work.", ["duty"])

# The same in every process, because they are read from the database.
DATABASE = Gauge("likeness_database_up", "Whether the database answered: 1 or 0.")
JOBS = Gauge("likeness_jobs", "Open jobs.", ["kind", "state"])
JOBS_DEAD = Gauge("likeness_jobs_dead", "Jobs that were given up and wait for an operator.")
JOBS_DEPTH = Gauge("likeness_jobs_ready", "Jobs that are ready and have no worker yet.")
JOBS_OLDEST = Gauge("likeness_jobs_oldest_seconds", "How long the first in the line is ready.")
MEMBERS = Gauge("likeness_members", "Accounts.")
IMAGES = Gauge("likeness_images", "Images in galleries.")
MODELS = Gauge("likeness_user_models", "User models.", ["status"])
EVENTS_STALE = Gauge("likeness_stripe_events_stale", "Stripe's events unhandled for 10 minutes.")
RUNS = Gauge("likeness_engine_runs", "Trainings and generations at engines.", ["engine", "state"])

CONTENT_TYPE = CONTENT_TYPE_LATEST
COUNTS = {
    MEMBERS: "select count(*) from users",
    IMAGES: "select count(*) from generated_images where deleted_at is null",
    MODELS: "select status, count(*) from user_models group by status",
    RUNS: "select engine, state, count(*) from remote_jobs group by engine, state",
}


async def exposition(deps: Deps) -> bytes:
    """All of it in Prometheus's text format; without the database, what this process knows."""
    try:
        await _read(deps)
        DATABASE.set(1)
    except SQLAlchemyError:
        _forget()
        DATABASE.set(0)
    return generate_latest()


def _forget() -> None:
    """No number is better than an old one."""
    for gauge in (JOBS, JOBS_DEAD, JOBS_DEPTH, JOBS_OLDEST, EVENTS_STALE, *COUNTS):
        if gauge._labelnames:
            gauge.clear()
        else:
            gauge.set(math.nan)


async def _read(deps: Deps) -> None:
    async with deps.transaction() as session:
        queue = await jobs.overview(session, limit=0)
        EVENTS_STALE.set(await events.stale(session))
        counts = {gauge: (await session.execute(text(COUNTS[gauge]))).all() for gauge in COUNTS}
    _show_queue(queue)
    for gauge, rows in counts.items():
        if gauge._labelnames:
            gauge.clear()
        for *labels, count in rows:
            (gauge.labels(*labels) if labels else gauge).set(count)


def _show_queue(queue: jobs.QueueView) -> None:
    JOBS.clear()
    for kind in queue.kinds:
        for state in ("queued", "waiting", "leased"):
            JOBS.labels(kind.kind, state).set(getattr(kind, state))
    JOBS_DEAD.set(queue.dead_count)
    JOBS_DEPTH.set(queue.depth)
    JOBS_OLDEST.set(queue.oldest)
