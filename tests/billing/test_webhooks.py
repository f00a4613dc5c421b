"""/api/webhooks/stripe: what strangers and broken senders get is a refusal, never an error."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from services.deps import Deps
from tests.billing.conftest import Shop
from tests.doubles.stripe.server import WEBHOOK_SECRET
from tests.services.jobs.kit import run_sql
from tests.serving import serving

URL = "/api/webhooks/stripe"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "invoice.paid",
    "created": 1_700_000_000,
    "data": {"object": {"id": "in_1"}},
}


@pytest.fixture
async def stripe(selling_deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever posts to the route."""
    async with serving(selling_deps) as visitor:
        yield visitor.http_client


def signed(body: bytes) -> dict[str, str]:
    """Headers as Stripe computes them, over whatever bytes."""
    now = int(time.time())
    told = f"{now}.".encode() + body
    mac = hmac.new(WEBHOOK_SECRET.encode(), told, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={now},v1={mac}", "Content-Type": "application/json"}


async def stored(deps: Deps) -> int:
    """How many events were kept."""
    return len(await run_sql(deps, "select id from stripe_events"))


GOOD = json.dumps(EVENT).encode()
SIGNATURES = {
    "not ASCII": "t=1,v1=ä",
    "not ASCII, and the time of now": f"t={int(time.time())},v1=\xff\xfe",
    "empty": "",
    "no parts": "hello",
    "no time": "v1=00",
    "a time that is no number": "t=soon,v1=00",
    "a time of 5000 digits": "t=" + "9" * 5000 + ",v1=00",
    "other digits": "t=\u0661,v1=00",
    "no signature": f"t={int(time.time())}",
    "another scheme": f"t={int(time.time())},v0=00",
    "very long": "t=1," + "v1=00," * 2000,
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
async def test_a_signature_of_any_form_is_refused(
    stripe: httpx.AsyncClient, selling_deps: Deps, signature: str
) -> None:
    headers = {b"Stripe-Signature": signature.encode("utf-8"), b"Content-Type": b"application/json"}
    answer = await stripe.post(URL, content=GOOD, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "BadSignature")
    assert await stored(selling_deps) == 0


def event(**changes: object) -> bytes:
    """An event that lacks what is None here, or has another value for it."""
    fields = {name: value for name, value in (EVENT | changes).items() if value is not None}
    return json.dumps(fields).encode()


MALFORMED = {
    "nothing": b"",
    "no JSON": b"hello",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "half of it": GOOD[:40],
    "deep": b"[" * 100_000,
    "a lone surrogate": GOOD.replace(b"evt_1", rb"\ud800"),
    "not a number of JSON": GOOD.replace(b"1700000000", b"NaN"),
    "no id": event(id=None),
    "an empty id": event(id=""),
    "an id with a control character": event(id="evt_\x1b"),
    "a long id": event(id="e" * 300),
    "an id that is a number": event(id=1),
    "no type": event(type=None),
    "no time": event(created=None),
    "a time in words": event(created="yesterday"),
    "a time before there was any": event(created=-1),
    "a time after all times": event(created=10**18),
    "no data": event(data=None),
    "data that is a list": event(data=[]),
    "no object": event(data={}),
    "an object that is a text": event(data={"object": "in_1"}),
    "an id of its object that is a list": event(data={"object": {"id": []}}),
    "an id of its object with a line break": event(data={"object": {"id": "in\n"}}),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_signed_and_no_event_is_refused(
    stripe: httpx.AsyncClient, selling_deps: Deps, body: bytes
) -> None:
    answer = await stripe.post(URL, content=body, headers=signed(body))
    assert (answer.status_code, answer.json()["error"]) == (400, "BadEvent")
    assert await stored(selling_deps) == 0


@pytest.mark.parametrize("body", [b"\xff\xfe", event(id="evt_\0")], ids=["no text", "NUL"])
async def test_bytes_that_no_text_has_are_refused(stripe: httpx.AsyncClient, body: bytes) -> None:
    answer = await stripe.post(URL, content=body, headers=signed(body))
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "body",
    [
        event(type="balance.available", data={"object": {"object": "balance"}}),
        event(type="coupon.created", data={"object": {"id": "SPRING 25%"}}),
        event(type="invoice.upcoming", data={"object": {"object": "invoice"}}),
        event(type="invoiceitem.created"),
        event(type="customer.updated"),
    ],
)
async def test_what_we_do_not_follow_is_taken_and_forgotten(
    stripe: httpx.AsyncClient, selling_deps: Deps, body: bytes
) -> None:
    """An endpoint that was told to get all events is not switched off by Stripe for refusals."""
    assert (await stripe.post(URL, content=body, headers=signed(body))).status_code == 200
    assert await stored(selling_deps) == 0


async def test_an_event_that_is_good_is_kept_once(stripe: httpx.AsyncClient, shop: Shop) -> None:
    for _ in range(2):
        assert (await stripe.post(URL, content=GOOD, headers=signed(GOOD))).status_code == 200
    assert await stored(shop.deps) == 1
