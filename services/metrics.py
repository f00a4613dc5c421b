"""What Prometheus reads at `/metrics`: this process's counters, and the database's totals."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("likeness_requests", "HTTP requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "likeness_request_seconds", "Time from request to the end of its answer.", ["route"]
)
TICK_ERRORS = Counter("likeness_tick_errors", "Failed runs of recurring work.", ["tick"])
ENGINE_ERRORS = Counter(
    "likeness_engine_errors", "Calls that an engine refused or left unanswered.", ["engine", "kind"]
)
