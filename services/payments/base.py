"""The payments protocol: what Stripe knows, in our own words, and the few things we ask of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class PaymentsError(Exception):
    """The payments provider did not do what it was asked; details are for the log."""


class BadSignature(PaymentsError):
    """A webhook that the provider did not sign, or signed for somebody else."""


class BadEvent(PaymentsError):
    """Rightly signed, but not an event: nothing of it can be used."""


class ClockSkew(BadSignature):
    """Rightly signed, but `seconds` away from this server's clock, which is more than allowed."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the signature's time differs from this server's clock by {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to an object; what it is now has to be asked for.

    object_id: empty where the object has none.
    """

    id: str
    type: str
    object_id: str
    created: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """A subscription as it is now. next_price_id: what a scheduled change turns it into."""

    id: str
    customer_id: str
    status: str
    price_id: str
    period_start: datetime
    period_end: datetime
    cancel_at_period_end: bool = False
    next_price_id: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line; amount in the smallest unit of the currency, negative for a credit."""

    id: str
    price_id: str | None
    amount: int
    quantity: int
    proration: bool
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class InvoiceState:
    """An invoice as it is now; amounts in the smallest unit of the currency."""

    id: str
    customer_id: str
    subscription_id: str | None
    status: str
    currency: str
    amount_due: int
    amount_paid: int
    number: str | None
    hosted_url: str | None
    created: datetime
    lines: Sequence[InvoiceLine] = ()


@dataclass(frozen=True, slots=True)
class Reversal:
    """Money of one payment that went back, or may: a refund or a dispute, as it is now.

    status: `pending`, `taken` (the money is gone) or `void` (failed, won, withdrawn).
    amount of `total`, what was paid, in the smallest unit of the currency.
    """

    id: str
    kind: str
    status: str
    amount: int
    total: int
    invoice_id: str | None


@dataclass(frozen=True, slots=True)
class CheckoutState:
    """A visit to the provider's payment page; `reference` is our own id for it."""

    id: str
    url: str | None
    status: str
    reference: str | None
    customer_id: str | None
    subscription_id: str | None


class Payments(Protocol):
    """Every call that creates something takes our key: a repeat of it creates nothing more.

    All raise PaymentsError; none may be called inside a database transaction.
    """

    enabled: bool

    async def create_customer(  # noqa: D102
        self, *, reference: str, email: str, name: str
    ) -> str: ...

    async def close_customer(self, customer_id: str) -> None: ...  # noqa: D102

    async def is_closed(self, customer_id: str) -> bool: ...  # noqa: D102

    async def checkout(  # noqa: D102
        self,
        *,
        reference: str,
        customer_id: str,
        price_id: str,
        monthly: bool,
        return_url: str,
        cancel_url: str,
    ) -> CheckoutState: ...

    async def get_checkout(self, checkout_id: str) -> CheckoutState: ...  # noqa: D102

    async def expire_checkout(self, checkout_id: str) -> CheckoutState: ...  # noqa: D102

    async def portal(  # noqa: D102
        self,
        *,
        customer_id: str,
        return_url: str,
        change: tuple[str, str] | None = None,
        cancel: str | None = None,
    ) -> str: ...

    async def get_subscription(self, subscription_id: str) -> SubscriptionState: ...  # noqa: D102

    async def get_invoice(self, invoice_id: str) -> InvoiceState: ...  # noqa: D102

    async def get_refund(self, refund_id: str) -> Reversal: ...  # noqa: D102

    async def get_dispute(self, dispute_id: str) -> Reversal: ...  # noqa: D102

    async def cancel_now(self, subscription_id: str) -> None: ...  # noqa: D102

    def verify(self, payload: bytes, signature: str | None) -> Event: ...  # noqa: D102

    async def undelivered(self, since: datetime) -> list[Event]: ...  # noqa: D102

    async def close(self) -> None: ...  # noqa: D102
