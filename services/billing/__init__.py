"""Billing: visits to the payment page, credits for paid invoices, and the provider's events."""
