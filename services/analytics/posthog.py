"""PostHog through its own library, which sends from its own thread."""

import asyncio
import logging
from typing import Any

from posthog import Posthog

from services.analytics.base import Event

log = logging.getLogger(__name__)
TIMEOUT = 5  # seconds for one request
PATIENCE = 10.0  # seconds to wait for the queue; with retries a batch may take longer
LAST_WORDS = 3.0  # the same at a stop
PROPERTIES = {"$process_person_profile": False}  # PostHog makes no profile of the random id


class PosthogAnalytics:
    """Analytics at PostHog. key: the project's, which can only write. host: receives the events."""

    enabled = True

    def __init__(self, key: str, *, host: str) -> None:
        logging.getLogger("posthog").setLevel(logging.CRITICAL)  # `_failed` logs it, as a warning
        self._failures = 0
        self._closed = False
        self._client = Posthog(
            key,
            host=host,
            timeout=TIMEOUT,
            max_retries=1,
            disable_geoip=True,
            enable_local_evaluation=False,
            on_error=self._failed,
        )

    def record(self, event: Event) -> None:
        """Put the event into the client's queue, which drops events beyond 10,000."""
        if self._closed:
            return
        self._client.capture(
            event.step.value,
            distinct_id=str(event.who),
            uuid=str(event.id),
            timestamp=event.at,
            properties=dict(PROPERTIES),
        )

    async def delivered(self) -> bool:
        """Send the queue at once; return False if an event was not sent."""
        before = self._failures
        await asyncio.to_thread(self._client.flush, PATIENCE)
        return self._failures == before and self._waiting() == 0

    async def close(self) -> None:
        """Send the rest; if PostHog does not answer, the client's thread ends with the process."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._client.flush, LAST_WORDS)
        if self._waiting() == 0:
            await asyncio.to_thread(self._client.shutdown)

    def _waiting(self) -> int:
        queue: Any = self._client.queue
        waiting: int = queue.unfinished_tasks
        return waiting

    def _failed(self, error: Exception, batch: list[Any]) -> None:
        """Count and log events that could not be sent; the client's thread calls this."""
        self._failures += 1
        log.warning("PostHog did not take %d events: %s", len(batch), type(error).__name__)
