"""What Prometheus reads at `/metrics`: this process's counters, and the database's totals."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

from services.deps import Deps

REQUESTS = Counter("likeness_requests", "HTTP requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "likeness_request_seconds", "Time from request to the end of its answer.", ["route"]
)
DUTY_ERRORS = Counter("likeness_duty_errors", "Failed runs of recurring work.", ["duty"])
ENGINE_ERRORS = Counter(
    "likeness_engine_errors", "Calls that an engine refused or left unanswered.", ["engine", "kind"]
)
CONTENT_TYPE = CONTENT_TYPE_LATEST


async def exposition(deps: Deps) -> bytes:  # noqa: ARG001
    """All of it in Prometheus's text format."""
    return generate_latest()
