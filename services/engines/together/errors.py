"""What went wrong at the other end, as plain words and as refused or unknown."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from together import (
    APIConnectionError,
    APIError,
    APIStatusError,
    InternalServerError,
    RateLimitError,
)

from services.engines.base import EngineError, Refused, Unknown

log = logging.getLogger(__name__)

# Whether asking again may help is the second of each pair; other 4xx are like 400.
WORDS = {
    400: ("{name} did not accept this request. The operator finds the details in the log.", False),
    401: ("{name} did not accept the API key. Please tell the operator.", False),
    402: ("The operator’s account at {name} is out of credit. Please tell the operator.", False),
    403: ("{name} does not allow this for the operator’s account.", False),
    404: ("{name} does not have the model or deployment that is configured.", False),
    422: ("The safety check of {name} refused this prompt or a photo. Try other words.", False),
    429: ("{name} is busy.", True),
    503: ("{name} is overloaded.", True),
}
# A part of the body of a 403, and what the operator can do about it.
GATES = {
    "third_party_data_sharing": "{name} does not allow this model for the operator’s account yet. "
    "The operator allows third-party data sharing in the organisation’s settings there, or "
    "chooses another TOGETHER_IMAGE_MODEL.",
    "zero_data_retention": "{name} does not allow this model while zero data retention is on. "
    "The operator switches that off there, or chooses another TOGETHER_IMAGE_MODEL.",
}
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
MAX_WAIT = 300.0  # seconds that we let the other end ask for


@contextmanager
def in_plain_words(name: str) -> Iterator[None]:
    """Turns the SDK's errors into Refused (surely not accepted) and Unknown (may have been)."""
    try:
        yield
    except APIStatusError as error:
        log.warning("%s answered %d: %s", name, error.status_code, _body(error))
        raise _of_status(name, error) from error
    except APIConnectionError as error:
        log.warning("%s can’t be reached: %r", name, error.__cause__)
        raise _of_connection(name, error) from error
    except (APIError, ValueError) as error:
        log.warning("%s sent an answer that can’t be read: %s", name, type(error).__name__)
        raise Unknown(f"{name} sent an answer that can’t be read.") from error


def _of_status(name: str, error: APIStatusError) -> EngineError:
    status = error.status_code
    if isinstance(error, InternalServerError) and status != 503:
        return Unknown(f"{name} failed without saying whether it took the job.")
    words, retryable = WORDS.get(status, WORDS[400])
    words = next((said for part, said in GATES.items() if part in _body(error)), words)
    wait = _wait(error) if isinstance(error, RateLimitError) or status == 503 else None
    return Refused(words.format(name=name), retryable=retryable, retry_after=wait)


def _of_connection(name: str, error: APIConnectionError) -> EngineError:
    if isinstance(error.__cause__, NEVER_SENT):
        return Refused(f"{name} can’t be reached.", retryable=True)
    return Unknown(f"The line to {name} broke before its answer came.")


def _wait(error: APIStatusError) -> float | None:
    for header in ("retry-after", "x-ratelimit-reset"):
        try:
            return min(MAX_WAIT, max(1.0, float(error.response.headers[header])))
        except (KeyError, ValueError):
            continue
    return None


def _body(error: APIStatusError) -> str:
    return str(error.body)[:500]
