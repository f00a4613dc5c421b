"""No payments: a household meets no paywall anywhere."""

from datetime import datetime
from typing import NoReturn

from services.payments.base import PaymentsError


class PaymentsOff:
    """Nothing can be bought; everyone has the operator's default plan."""

    enabled = False

    async def create_customer(self, *, reference: str, email: str, name: str) -> NoReturn:
        """Nobody is a customer."""
        raise PaymentsError("payments are off")

    async def close_customer(self, customer_id: str) -> NoReturn:
        """What was sold with payments on still runs: only a process that has them can end it."""
        raise PaymentsError("payments are off")

    async def is_closed(self, customer_id: str) -> NoReturn:
        """Nobody here knows the customer."""
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
        """Nothing is sold."""
        raise PaymentsError("payments are off")

    async def get_checkout(self, checkout_id: str) -> NoReturn:
        """There is none."""
        raise PaymentsError("payments are off")

    async def expire_checkout(self, checkout_id: str) -> NoReturn:
        """There is none."""
        raise PaymentsError("payments are off")

    async def portal(
        self,
        *,
        customer_id: str,
        return_url: str,
        change: tuple[str, str] | None = None,
        cancel: str | None = None,
    ) -> NoReturn:
        """There is none."""
        raise PaymentsError("payments are off")

    async def get_subscription(self, subscription_id: str) -> NoReturn:
        """There is none."""
        raise PaymentsError("payments are off")

    async def get_invoice(self, invoice_id: str) -> NoReturn:
        """There is none."""
        raise PaymentsError("payments are off")

    async def get_refund(self, refund_id: str) -> NoReturn:
        """There is none."""
        raise PaymentsError("payments are off")

    async def get_dispute(self, dispute_id: str) -> NoReturn:
        """There is none."""
        raise PaymentsError("payments are off")

    async def cancel_now(self, subscription_id: str) -> NoReturn:
        """What was sold with payments on still runs: only a process that has them can end it."""
        raise PaymentsError("payments are off")

    def verify(self, payload: bytes, signature: str | None) -> NoReturn:
        """Nobody has anything to tell us."""
        raise PaymentsError("payments are off")

    async def undelivered(self, since: datetime) -> NoReturn:
        """Nobody can be asked."""
        raise PaymentsError("payments are off")

    async def close(self) -> None:
        """Nothing is open."""
