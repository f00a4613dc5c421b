"""How an engine says no: surely, or perhaps."""


class EngineError(Exception):
    """An engine said no; `str(error)` is plain words that a member may read."""


class Refused(EngineError):
    """Surely not accepted, nothing was charged: submitting again is safe if `retryable`."""

    def __init__(self, message: str, *, retryable: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after


class Unknown(EngineError):
    """May have been accepted: the answer never came, so a second submit may charge twice."""
