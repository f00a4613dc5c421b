"""Money: visits to the payment page, what paid invoices grant, and the provider's events."""
