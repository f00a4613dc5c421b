"""Payments: Stripe, or off."""
