"""The one shape of an error, for the documentation of every route."""

from typing import Any

from pydantic import BaseModel, Field

Responses = dict[int | str, dict[str, Any]]


class ErrorBody(BaseModel):
    """What every answer of 400 and above carries."""

    error: str = Field(description="A code for programs, such as `NotFound`.")
    message: str = Field(description="The reason in plain words, fit to be shown.")
    details: dict[str, Any] = Field(description="More about it; often empty.")


_MEANINGS = {
    400: "Well-formed, but not acceptable; `message` says why.",
    401: "No valid session or API key came with the request.",
    402: "The balance does not cover the price.",
    403: "Not allowed, or the request came from another site.",
    404: "There is no such object, or it belongs to somebody else.",
    409: "The object's present state, or the Idempotency-Key, does not allow this.",
    413: "Too large.",
    415: "The body is not of a content type that this route takes.",
    422: "The payload does not match this documentation.",
    429: "Too many requests; the header Retry-After says for how many seconds.",
    503: "A part that this needs is not reachable at present.",
}


def documented(*statuses: int) -> Responses:
    """The `responses=` of a route that may answer with these errors, besides the usual ones."""
    return {
        status: {
            "model": ErrorBody,
            "description": _MEANINGS[status],
        }
        for status in statuses
    }
