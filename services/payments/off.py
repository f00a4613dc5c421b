"""No payments: a household sees no paywall anywhere."""

from datetime import datetime
from typing import NoReturn

from services.payments.base import PaymentsError


class PaymentsOff:
    """Payments switched off: nothing can be bought; everyone has the operator's default plan."""

    enabled = False

    async def create_customer(self, *, reference: str, email: str, name: str) -> NoReturn:
        """Raise PaymentsError: there are no customers."""
        raise PaymentsError("payments are off")

    async def close_customer(self, customer_id: str) -> NoReturn:
        """Raise PaymentsError: only a process with payments on can end what was sold before."""
        raise PaymentsError("payments are off")

    async def is_closed(self, customer_id: str) -> NoReturn:
        """Raise PaymentsError: no customer is known."""
        raise PaymentsError("payments are off")

    async def checkout(
        self,
        *,
        reference: str,
        customer_id: str,
        price_id: str,
        monthly: bool,
        return_url: str,
        cancel_url: str,
    ) -> NoReturn:
        """Raise PaymentsError: nothing is sold."""
        raise PaymentsError("payments are off")

    async def get_checkout(self, checkout_id: str) -> NoReturn:
        """Raise PaymentsError: there is no checkout."""
        raise PaymentsError("payments are off")

    async def expire_checkout(self, checkout_id: str) -> NoReturn:
        """Raise PaymentsError: there is no checkout."""
        raise PaymentsError("payments are off")

    async def portal(
        self,
        *,
        customer_id: str,
        return_url: str,
        change: tuple[str, str] | None = None,
        cancel: str | None = None,
    ) -> NoReturn:
        """Raise PaymentsError: there is no portal."""
        raise PaymentsError("payments are off")

    async def get_subscription(self, subscription_id: str) -> NoReturn:
        """Raise PaymentsError: there is no subscription."""
        raise PaymentsError("payments are off")

    async def get_invoice(self, invoice_id: str) -> NoReturn:
        """Raise PaymentsError: there is no invoice."""
        raise PaymentsError("payments are off")

    async def get_refund(self, refund_id: str) -> NoReturn:
        """Raise PaymentsError: there is no refund."""
        raise PaymentsError("payments are off")

    async def get_dispute(self, dispute_id: str) -> NoReturn:
        """Raise PaymentsError: there is no dispute."""
        raise PaymentsError("payments are off")

    async def cancel_now(self, subscription_id: str) -> NoReturn:
        """Raise PaymentsError: only a process with payments on can end what was sold before."""
        raise PaymentsError("payments are off")

    def verify(self, payload: bytes, signature: str | None) -> NoReturn:
        """Raise PaymentsError: no provider sends events."""
        raise PaymentsError("payments are off")

    async def undelivered(self, since: datetime) -> NoReturn:
        """Raise PaymentsError: there is no provider to ask."""
        raise PaymentsError("payments are off")

    async def close(self) -> None:
        """Do nothing: no connection is open."""
