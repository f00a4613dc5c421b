"""No analytics: nothing is sent to anybody."""

from services.analytics.base import Event


class AnalyticsOff:
    """Analytics switched off: the default unless the operator sets POSTHOG_KEY."""

    enabled = False

    def record(self, event: Event) -> None:
        """Ignore the event."""

    async def delivered(self) -> bool:
        """Return True, since nothing is ever queued."""
        return True

    async def close(self) -> None:
        """Do nothing: nothing is open."""
