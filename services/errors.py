"""Errors that members may read: `str(error)` is always safe to show."""

from typing import Any


class DomainError(Exception):
    """A refusal with a plain reason; `status` is its HTTP status, `details` goes to the API."""

    status = 400

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details


class Invalid(DomainError):
    """The request is well-formed but not acceptable."""

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
    """The plan's limit is used up; the message names the limit and what raises it."""

    status = 403


class NotFound(DomainError):
    """The object does not exist or belongs to another member: the error never tells which."""

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
    """The request used a host name that is not this installation's."""

    status = 421


class Malformed(DomainError):
    """The payload does not have the documented form."""

    status = 422


class TooManyRequests(DomainError):
    """The caller is rate limited; `details["retry_after"]` is the seconds to wait."""

    status = 429


class Unavailable(DomainError):
    """A part that the request needs is not reachable at present."""

    status = 503
