"""Logs: one JSON object a line for machines, plain lines at a terminal, and never a secret."""

import json
import logging
import sys
from collections import deque
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
KEPT_ERRORS = 50
SHORTEST_SECRET = 6  # characters; a shorter secret would hide ordinary words
QUIET = (
    "alembic",
    "apscheduler",
    "botocore",
    "boto3",
    "urllib3",
    "httpx",
    "httpcore",
    "PIL",
    "asyncio",
)


@dataclass(frozen=True, slots=True)
class ErrorView:
    """One error of this process; `reference` is the id of its request, if there was one."""

    at: datetime
    source: str
    message: str
    reference: str


_errors: deque[ErrorView] = deque(maxlen=KEPT_ERRORS)


def recent_errors() -> list[ErrorView]:
    """Return the last errors of this process since its start, newest first, for the admin page."""
    return list(reversed(_errors))


_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(level: str, *, secrets: Iterable[str] = ()) -> None:
    """Send all logs to standard error at `level`, with the given secrets replaced."""
    formatter = Plain() if sys.stderr.isatty() else Json()
    root = logging.getLogger()
    root.handlers[:] = [handler(sys.stderr, formatter, secrets), Kept(secrets)]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "nicegui"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def handler(
    stream: TextIO, formatter: logging.Formatter, secrets: Iterable[str]
) -> logging.Handler:
    """Return a handler that writes formatted records to `stream`, without the secrets."""
    result = logging.StreamHandler(stream)
    result.setFormatter(Redacted(formatter, secrets))
    return result


class Kept(logging.Handler):
    """A handler that keeps the last errors, without the secrets and without tracebacks."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(logging.ERROR)
        self.setFormatter(Redacted(logging.Formatter("%(message)s"), secrets))

    def emit(self, record: logging.LogRecord) -> None:
        """Store the record's error."""
        at = datetime.fromtimestamp(record.created, UTC)
        first = self.format(record).partition("\n")[0]
        _errors.append(ErrorView(at, record.name, first, REQUEST_ID.get()))


class Json(logging.Formatter):
    """One object a line: time, level, logger, message, request_id, and the fields of `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            fields["request_id"] = request_id
        fields |= {k: v for k, v in vars(record).items() if k not in _STANDARD}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str, ensure_ascii=False)


class Plain(logging.Formatter):
    """Time, level, message and request id, for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, followed by its traceback if it has one."""
        at = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        line = f"{at} {record.levelname:<7} {record.getMessage()}"
        if request_id := REQUEST_ID.get():
            line += f"  [{request_id}]"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Redacted(logging.Formatter):
    """Another formatter's output without the operator's secrets, whichever code logged them."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        self._secrets = sorted({s for s in secrets if len(s) >= SHORTEST_SECRET}, key=len)[::-1]

    def format(self, record: logging.LogRecord) -> str:
        """Return the inner line, with each secret replaced by `[secret]`."""
        line = self._inner.format(record)
        for secret in self._secrets:
            line = line.replace(secret, "[secret]")
        return line
