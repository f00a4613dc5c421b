"""No payments: a household meets no paywall anywhere."""


class PaymentsOff:
    """Nothing can be bought; everyone has the operator's default plan."""

    enabled = False
