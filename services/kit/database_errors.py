"""What a database or storage failure means to the person who waits for an answer."""

import logging
import sys

from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.orm.exc import StaleDataError

from services.errors import Conflict, DomainError, Unavailable
from services.storage.base import StorageError

# PostgreSQL's appendix A
OVERTAKEN = frozenset({"23503", "40001", "40P01"})  # a referenced row is gone, or a deadlock
AWAY = ("08", "53", "57P")  # connection, resources, operator intervention
RETRY_AFTER = 10  # seconds


def plain(error: BaseException) -> DomainError | None:
    """Return the refusal that an error stands for; None if the error is a bug of ours."""
    if isinstance(error, BaseExceptionGroup):
        return plain(error.exceptions[0])
    if isinstance(error, StorageError):
        return _away("Files can’t be kept or read at present.")
    if isinstance(error, TimeoutError):  # no connection was free for ten seconds
        return _away("Too much is going on at present.")
    if isinstance(error, StaleDataError):
        return _overtaken()
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if state in OVERTAKEN:
            return _overtaken()
        lost = error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
        if state.startswith(AWAY) if state else lost:
            return _away("The database can’t be reached at present.")
    return None


def log_failure(log: logging.Logger, message: str, *arguments: object) -> None:
    """Log the exception that is being handled; in one line if only the database is down.

    Every tick that uses the database fails at that time, each second: tracebacks would hide
    the reason, and fill the disk.
    """
    error = sys.exc_info()[1]
    if isinstance(error, DBAPIError) and isinstance(plain(error), Unavailable):
        reason = str(error.orig).strip().partition("\n")[0]
        log.warning(f"{message}: %s", *arguments, reason)
    else:
        log.exception(message, *arguments)


def _away(what: str) -> Unavailable:
    return Unavailable(f"{what} Try again in a minute.", retry_after=RETRY_AFTER)


def _overtaken() -> Conflict:
    return Conflict("This was changed or deleted at the same moment. Look again.")
