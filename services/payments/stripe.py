"""Stripe behind the payments protocol; with `stripe_setup`, the only module that uses its SDK.

The API version is the SDK's own (`stripe.api_version`); the webhook endpoint is created with the
same one. Never run against Stripe itself so far: README says what that leaves unproven.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import stripe

from services.payments.base import (
    CheckoutState,
    Event,
    InvoiceLine,
    InvoiceState,
    PaymentsError,
    Reversal,
    SubscriptionState,
)
from services.payments.stripe_events import EVENTS, verified

if TYPE_CHECKING:
    from stripe.params import CustomerCreateParams as CustomerParams
    from stripe.params.billing_portal import SessionCreateParams as PortalParams
    from stripe.params.checkout import SessionCreateParams as CheckoutParams

TIMEOUT = 20.0  # seconds; the SDK's own default of 80 is too long for a waiting member
RETRIES = 2  # safe: each of our POSTs has an idempotency key


def _when(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def id_of(value: object) -> str | None:
    """Return the id of a field that Stripe answers as an id, as an object, or not at all."""
    if value is None or isinstance(value, str):
        return value
    return str(value.id)  # type: ignore[attr-defined]


def idempotency_key(call: str, params: Mapping[str, Any]) -> str:
    """Return the same key for the same call; Stripe refuses other parameters under it for a day."""
    told = json.dumps([call, params], sort_keys=True)
    return f"likeness:{hashlib.sha256(told.encode()).hexdigest()}"


@asynccontextmanager
async def asking(what: str) -> AsyncIterator[None]:
    """Turn the SDK's errors into PaymentsError, which names the request."""
    try:
        yield
    except stripe.StripeError as error:
        raise PaymentsError(f"{what}: {error.user_message or error}") from error


@asynccontextmanager
async def connected(
    secret_key: str, api_base: str | None = None
) -> AsyncIterator[stripe.StripeClient]:
    """Yield a client with our timeout and retries, for as long as the block lasts."""
    http = stripe.HTTPXClient(timeout=TIMEOUT)
    try:
        yield _client(secret_key, api_base, http)
    finally:
        await http.close_async()  # type: ignore[no-untyped-call]


def _client(secret_key: str, api_base: str | None, http: stripe.HTTPClient) -> stripe.StripeClient:
    return stripe.StripeClient(
        secret_key,
        max_network_retries=RETRIES,
        base_addresses={"api": api_base} if api_base else {},
        http_client=http,
    )


class StripePayments:
    """Payments at Stripe.

    secret_key: `sk_...`; webhook_secret: None turns webhooks off. api_base: for tests.
    tax, promotion_codes: whether Checkout computes taxes and accepts promotion codes.
    """

    enabled = True

    def __init__(
        self,
        secret_key: str,
        webhook_secret: str | None,
        *,
        tax: bool = False,
        promotion_codes: bool = False,
        api_base: str | None = None,
    ) -> None:
        self._http = stripe.HTTPXClient(timeout=TIMEOUT)
        self._client = _client(secret_key, api_base, self._http)
        self._api = self._client.v1
        self._webhook_secret = webhook_secret
        self._tax, self._promotion_codes = tax, promotion_codes

    async def create_customer(self, *, reference: str, email: str, name: str) -> str:
        """Return the new customer's id; `reference` is our member's id."""
        params: CustomerParams = {
            "email": email,
            "name": name,
            "metadata": {"reference": reference},
        }
        async with asking("customer"):
            customer = await self._api.customers.create_async(
                params, {"idempotency_key": idempotency_key("customer", params)}
            )
        return customer.id

    async def close_customer(self, customer_id: str) -> None:
        """Close the customer's payment pages, end their subscriptions, and delete the customer.

        A customer who is already deleted is no error. Stripe keeps the invoices.
        """
        async with asking("closing of a customer"):
            try:
                await self._close_pages(customer_id)
                await self._api.customers.delete_async(customer_id)  # ends subscriptions, too
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise

    async def is_closed(self, customer_id: str) -> bool:
        """Return whether the customer was deleted."""
        async with asking("customer"):
            try:
                customer = await self._api.customers.retrieve_async(customer_id)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise
                return True
        return bool(getattr(customer, "deleted", False))

    async def _close_pages(self, customer_id: str) -> None:
        pages = await self._api.checkout.sessions.list_async(
            {"customer": customer_id, "status": "open", "limit": 100}
        )
        async for page in pages.auto_paging_iter():
            await self.expire_checkout(page.id)

    async def checkout(
        self,
        *,
        reference: str,
        customer_id: str,
        price_id: str,
        monthly: bool,
        return_url: str,
        cancel_url: str,
    ) -> CheckoutState:
        """Create a payment page for one month's plan, or for one thing bought once."""
        params: CheckoutParams = {
            "mode": "subscription" if monthly else "payment",
            "customer": customer_id,
            "client_reference_id": reference,
            "line_items": [{"price": price_id, "quantity": 1}],
            "success_url": return_url,
            "cancel_url": cancel_url,
            "allow_promotion_codes": self._promotion_codes,
            "automatic_tax": {"enabled": self._tax},
        }
        if monthly:
            params["subscription_data"] = {"metadata": {"reference": reference}}
        else:
            params["invoice_creation"] = {"enabled": True}
        if self._tax:
            params["customer_update"] = {"address": "auto"}
        async with asking("checkout"):
            session = await self._api.checkout.sessions.create_async(
                params, {"idempotency_key": idempotency_key("checkout", params)}
            )
        return self._checkout(session)

    async def expire_checkout(self, checkout_id: str) -> CheckoutState:
        """Close a payment page; return the visit as it is then, since it may have been paid."""
        async with asking("checkout"):
            try:
                closed = await self._api.checkout.sessions.expire_async(checkout_id)
            except stripe.InvalidRequestError:  # it is no longer open
                return await self.get_checkout(checkout_id)
        return self._checkout(closed)

    async def get_checkout(self, checkout_id: str) -> CheckoutState:
        """Return the visit as it is now."""
        async with asking("checkout"):
            return self._checkout(await self._api.checkout.sessions.retrieve_async(checkout_id))

    @staticmethod
    def _checkout(session: "stripe.checkout.Session") -> CheckoutState:
        return CheckoutState(
            session.id,
            session.url,
            str(session.status),
            session.client_reference_id,
            id_of(session.customer),
            id_of(session.subscription),
        )

    async def portal(
        self,
        *,
        customer_id: str,
        return_url: str,
        change: tuple[str, str] | None = None,
        cancel: str | None = None,
    ) -> str:
        """Return the URL of the customer's portal: card, invoices, change and cancellation.

        change: (subscription, price) opens the confirmation of that price.
        cancel: opens the cancellation of that subscription.
        """
        params: PortalParams = {"customer": customer_id, "return_url": return_url}
        async with asking("portal"):
            if change:
                subscription = await self._api.subscriptions.retrieve_async(change[0])
                item = {"id": subscription.items.data[0].id, "price": change[1], "quantity": 1}
                params["flow_data"] = {
                    "type": "subscription_update_confirm",
                    "subscription_update_confirm": {
                        "subscription": change[0],
                        "items": [item],  # type: ignore[list-item]
                    },
                }
            elif cancel:
                params["flow_data"] = {
                    "type": "subscription_cancel",
                    "subscription_cancel": {"subscription": cancel},
                }
            session = await self._api.billing_portal.sessions.create_async(params)
        return session.url

    async def get_subscription(self, subscription_id: str) -> SubscriptionState:
        """Return the subscription as it is now, with a change that waits for the period's end."""
        async with asking("subscription"):
            found = await self._api.subscriptions.retrieve_async(
                subscription_id, {"expand": ["schedule"]}
            )
        item = found.items.data[0]
        return SubscriptionState(
            id=found.id,
            customer_id=str(id_of(found.customer)),
            status=found.status,
            price_id=item.price.id,
            period_start=_when(item.current_period_start),
            period_end=_when(item.current_period_end),
            cancel_at_period_end=bool(found.cancel_at_period_end or found.cancel_at),
            next_price_id=_next_price(found, item.current_period_end),
        )

    async def get_invoice(self, invoice_id: str) -> InvoiceState:
        """Return the invoice as it is now, with all its lines."""
        async with asking("invoice"):
            found = await self._api.invoices.retrieve_async(invoice_id)
            listed = await self._api.invoices.line_items.list_async(invoice_id, {"limit": 100})
            lines = [_line(line) async for line in listed.auto_paging_iter()]
        details = found.parent.subscription_details if found.parent else None
        return InvoiceState(
            id=str(found.id),
            customer_id=str(id_of(found.customer)),
            subscription_id=id_of(details.subscription) if details else None,
            status=str(found.status),
            currency=found.currency,
            amount_due=found.amount_due,
            amount_paid=found.amount_paid,
            number=found.number,
            hosted_url=found.hosted_invoice_url,
            created=_when(found.created),
            lines=lines,
        )

    async def get_refund(self, refund_id: str) -> Reversal:
        """Return a refund as it is now; ids begin with `re_`, or `pyr_` for some ways of paying."""
        async with asking("refund"):
            refund = await self._api.refunds.retrieve_async(refund_id)
            invoice_id, total = await self._payment(id_of(refund.payment_intent))
        status = _REFUND.get(str(refund.status), "pending")
        return Reversal(refund_id, "refund", status, refund.amount, total, invoice_id)

    async def get_dispute(self, dispute_id: str) -> Reversal:
        """Return a dispute as it is now."""
        async with asking("dispute"):
            dispute = await self._api.disputes.retrieve_async(dispute_id)
            invoice_id, total = await self._payment(id_of(dispute.payment_intent))
        status = _DISPUTE.get(dispute.status, "taken")
        return Reversal(dispute_id, "dispute", status, dispute.amount, total, invoice_id)

    async def _payment(self, intent: str | None) -> tuple[str | None, int]:
        """Return the invoice and the amount of a payment."""
        if intent is None:
            return None, 0
        paid = await self._api.invoice_payments.list_async(
            {"payment": {"type": "payment_intent", "payment_intent": intent}, "limit": 1}
        )
        if not paid.data:
            return None, 0
        return id_of(paid.data[0].invoice), paid.data[0].amount_paid or 0

    async def cancel_now(self, subscription_id: str) -> None:
        """Cancel a subscription at once; one that has already ended is no error."""
        async with asking("cancellation"):
            try:
                await self._api.subscriptions.cancel_async(subscription_id)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    def verify(self, payload: bytes, signature: str | None) -> Event:
        """Return the event that Stripe signed. Raises BadSignature, ClockSkew, BadEvent."""
        return verified(payload, signature, self._webhook_secret)

    async def undelivered(self, since: datetime) -> list[Event]:
        """Return events that no endpoint of ours has accepted since then; Stripe keeps 30 days."""
        async with asking("events"):
            listed = await self._api.events.list_async(
                {
                    "types": list(EVENTS),
                    "delivery_success": False,
                    "created": {"gte": int(since.timestamp())},
                    "limit": 100,
                }
            )
            return [_event(event) async for event in listed.auto_paging_iter()]


# https://docs.stripe.com/api/refunds/object and /disputes/object, `status`
_REFUND = {"succeeded": "taken", "failed": "void", "canceled": "void"}
_DISPUTE = {
    "won": "void",
    "warning_needs_response": "pending",
    "warning_under_review": "pending",
    "warning_closed": "void",
    "prevented": "void",
}


def _event(event: stripe.Event) -> Event:
    """Return one of EVENTS from Stripe's list; the objects of all these types have ids."""
    return Event(event.id, event.type, str(event.data.object["id"]), _when(event.created))


def _line(line: stripe.InvoiceLineItem) -> InvoiceLine:
    details = line.pricing.price_details if line.pricing else None
    parent = line.parent
    source = parent and (parent.subscription_item_details or parent.invoice_item_details)
    return InvoiceLine(
        id=line.id,
        price_id=id_of(details.price) if details else None,
        amount=line.amount,
        quantity=line.quantity or 1,
        proration=bool(source and source.proration),
        period_start=_when(line.period.start),
        period_end=_when(line.period.end),
    )


def _next_price(subscription: stripe.Subscription, period_end: int) -> str | None:
    """Return the price of the schedule's phase that begins when the period ends."""
    schedule = subscription.schedule
    if schedule is None or isinstance(schedule, str):
        return None
    for phase in schedule.phases:
        if phase.start_date >= period_end and phase.items:
            return id_of(phase["items"][0].price)
    return None
