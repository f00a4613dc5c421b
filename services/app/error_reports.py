"""Errors for the operator's Sentry, if there is one: what failed and where, never whose data."""

import sentry_sdk
from sentry_sdk.types import Event, Hint

from services.settings import Settings


def configure(settings: Settings) -> None:
    """From now on, whatever is logged as an error is also sent to SENTRY_DSN."""
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
    """Addresses may carry tokens, and headers and texts belong to members."""
    event.pop("request", None)
    event.pop("user", None)
    event.pop("extra", None)
    return event
