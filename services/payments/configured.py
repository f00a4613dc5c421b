"""Chooses the payments by the settings."""

from services.payments.base import Payments
from services.payments.off import PaymentsOff
from services.payments.stripe import StripePayments
from services.settings import Settings


def configured(settings: Settings) -> Payments:
    """Return Stripe if a secret key is set, else no payments."""
    if settings.stripe_secret_key is None:
        return PaymentsOff()
    webhook = settings.stripe_webhook_secret
    return StripePayments(
        settings.stripe_secret_key.get_secret_value(),
        webhook.get_secret_value() if webhook else None,
        tax=settings.stripe_tax,
        promotion_codes=settings.stripe_promotion_codes,
        api_base=settings.stripe_api_base,
    )
