"""Chooses the analytics by the settings."""

from services.analytics.base import Analytics
from services.analytics.off import AnalyticsOff
from services.settings import Settings


def configured(settings: Settings) -> Analytics:
    """Return PostHog where a key is set; otherwise its library is not even imported."""
    if settings.posthog_key is None:
        return AnalyticsOff()
    from services.analytics.posthog import PosthogAnalytics

    key = settings.posthog_key.get_secret_value()
    return PosthogAnalytics(key, host=settings.posthog_host)
