"""PostHog by its own library, which sends from a thread of its own."""

import asyncio
import logging
from typing import Any

from posthog import Posthog

from services.analytics.base import Event

log = logging.getLogger(__name__)
TIMEOUT = 5  # seconds for one request
PATIENCE = 10.0  # seconds to wait for what is on its way; with retries a batch may take longer
LAST_WORDS = 3.0  # the same at a stop
PROPERTIES = {"$process_person_profile": False}  # PostHog makes no profile of the random id


class PosthogAnalytics:
    """key: of the project, which can only write. host: where its events go."""

    enabled = True

    def __init__(self, key: str, *, host: str) -> None:
        logging.getLogger("posthog").setLevel(logging.CRITICAL)  # `_failed` says it, as a warning
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
        """Put it into the client's queue, which drops what is over 10,000 events."""
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
        """Send what is queued at once."""
        before = self._failures
        await asyncio.to_thread(self._client.flush, PATIENCE)
        return self._failures == before and self._waiting() == 0

    async def close(self) -> None:
        """The client's thread ends with the process where PostHog does not answer."""
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
        """Called by the client's thread for events that it gives up."""
        self._failures += 1
        log.warning("PostHog did not take %d events: %s", len(batch), type(error).__name__)
