"""Errors that members may read: `str(error)` is always safe to show."""

from typing import Any


class DomainError(Exception):
    """A refusal with a plain reason; `status` is its HTTP status, `details` goes to the API."""

    status = 400

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details


class Invalid(DomainError):
    """What was asked is well-formed but not acceptable."""

    status = 400


class NotSignedIn(DomainError):
    """No valid session or API key came with the request."""

    status = 401


class InsufficientCredits(DomainError):
    """The balance does not cover the price."""

    status = 402


class Forbidden(DomainError):
    """The caller is known but may not do this."""

    status = 403


class LimitReached(DomainError):
    """The plan's limit is used up; the message says what it is and what lifts it."""

    status = 403


class NotFound(DomainError):
    """No such object, or it belongs to somebody else: the two are never told apart."""

    status = 404


class Conflict(DomainError):
    """The object's present state does not allow this."""

    status = 409


class TooLarge(DomainError):
    """A file, a set of files or a member's storage is over its limit."""

    status = 413


class WrongType(DomainError):
    """The body is of a content type that this route does not take."""

    status = 415


class Misdirected(DomainError):
    """The request came by a name that is not this installation's."""

    status = 421


class Malformed(DomainError):
    """The payload can't be what the documentation asks for."""

    status = 422


class TooManyRequests(DomainError):
    """Throttled; `details["retry_after"]` says for how many seconds."""

    status = 429


class Unavailable(DomainError):
    """A part that this needs is not reachable at present."""

    status = 503
