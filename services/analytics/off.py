"""No analytics: nothing is told to anybody."""

from services.analytics.base import Event


class AnalyticsOff:
    """What holds unless the operator sets POSTHOG_KEY."""

    enabled = False

    def record(self, event: Event) -> None:
        """Forgotten at once."""

    async def delivered(self) -> bool:
        """There was nothing."""
        return True

    async def close(self) -> None:
        """There is nothing to end."""
