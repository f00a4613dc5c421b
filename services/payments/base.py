"""The payments protocol: the provider's data as our own types, and the few requests to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class PaymentsError(Exception):
    """The payments provider did not do what was requested; details are for the log."""


class BadSignature(PaymentsError):
    """A webhook that the provider did not sign, or signed for another receiver."""


class BadEvent(PaymentsError):
    """A webhook that is rightly signed but is not an event: nothing of it can be used."""


class ClockSkew(BadSignature):
    """A rightly signed webhook `seconds` off this server's clock, which is more than allowed."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the signature's time differs from this server's clock by {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Event:
    """A change of an object; the object's present state has to be fetched.

    object_id: empty where the object has none.
    """

    id: str
    type: str
    object_id: str
    created: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """A subscription as it is now. next_price_id: its price after a scheduled change."""

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
    """A refund or a dispute as it is now: money of one payment that went back, or may.

    status: `pending`, `taken` (the money is gone) or `void` (failed, won, withdrawn).
    amount: the part of `total`, the payment, in the smallest unit of the currency.
    """

    id: str
    kind: str
    status: str
    amount: int
    total: int
    invoice_id: str | None


@dataclass(frozen=True, slots=True)
class CheckoutState:
    """A visit to the provider's payment page; `reference` is our own id for the visit."""

    id: str
    url: str | None
    status: str
    reference: str | None
    customer_id: str | None
    subscription_id: str | None


class Payments(Protocol):
    """A payments provider.

    Each call that creates something takes our key: a repeat of the call creates nothing more.
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
