"""Stripe's webhook events: which are used, how they are verified, and which fields are read."""

import re
import time
from datetime import UTC, datetime
from typing import Annotated

import stripe
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from services.payments.base import BadEvent, BadSignature, ClockSkew, Event

TOLERANCE = 300  # seconds; the SDK's default for webhooks
YEAR_9999 = 253_402_300_799  # seconds since the epoch
STAMP = re.compile(r"(?:^|,)t=(\d+)")  # https://docs.stripe.com/webhooks#verify-manually

EVENTS = (
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.voided",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("not printable")
    return value


Text = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_printable)]


class _Object(BaseModel):
    id: Text | None = None  # some objects, such as a balance, have none


class _Data(BaseModel):
    object: _Object


class _Envelope(BaseModel):
    id: Text
    type: Text
    created: Annotated[int, Field(ge=0, le=YEAR_9999)]
    data: _Data


def verified(payload: bytes, signature: str | None, secret: str | None) -> Event:
    """Return the event that Stripe signed. Raises BadSignature, ClockSkew, BadEvent.

    The SDK accepts times in the future: here they are out of bounds like those of the past.
    """
    if signature is None or not signature.isascii():  # which the SDK cannot compare
        raise BadSignature("there is no signature of Stripe's")
    try:
        stripe.WebhookSignature.verify_header(payload, signature, secret)
    except (stripe.SignatureVerificationError, ValueError) as error:
        raise BadSignature(str(error)) from error
    if (stamp := STAMP.search(signature)) is None:
        raise BadSignature("the signature has no time")
    if abs(skew := int(stamp[1]) - int(time.time())) > TOLERANCE:
        raise ClockSkew(skew)
    return _event(payload)


def _event(payload: bytes) -> Event:
    try:
        found = _Envelope.model_validate_json(payload)
    except ValidationError as error:
        raise BadEvent(f"{error.error_count()} fields are not those of an event") from error
    created = datetime.fromtimestamp(found.created, UTC)
    return Event(found.id, found.type, found.data.object.id or "", created)
