"""A small, stateful double of Stripe's API over real HTTP, with pages that a browser can click."""

from tests.doubles.stripe.server import StripeDouble, stripe_double

__all__ = ["StripeDouble", "stripe_double"]
