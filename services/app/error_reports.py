"""Error reports to the operator's Sentry, if set: what failed and where, without personal data."""

import sentry_sdk
from sentry_sdk.types import Event, Hint

from services.settings import Settings


def configure(settings: Settings) -> None:
    """Send every logged error also to SENTRY_DSN, if set."""
    if settings.sentry_dsn is None:
        return
    sentry_sdk.init(
        settings.sentry_dsn.get_secret_value(),
        before_send=_without_people,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
    )


def _without_people(event: Event, _hint: Hint) -> Event:
    """Remove personal data: addresses may hold tokens, and headers and texts belong to members."""
    event.pop("request", None)
    event.pop("user", None)
    event.pop("extra", None)
    return event
