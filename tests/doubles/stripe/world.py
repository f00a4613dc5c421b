"""What the double remembers, and what happens in it: payments, months that pass, refunds.

Objects start from Stripe's published fixtures, so that they have the fields that Stripe's have.
"""

import copy
import json
import threading
import time
from pathlib import Path
from typing import Any

Object = dict[str, Any]
MONTH = 30 * 86400  # seconds
PREFIXES = {
    "customer": "cus",
    "product": "prod",
    "price": "price",
    "checkout.session": "cs",
    "subscription": "sub",
    "subscription_item": "si",
    "subscription_schedule": "sub_sched",
    "invoice": "in",
    "line_item": "il",
    "invoice_payment": "inpay",
    "payment_intent": "pi",
    "refund": "re",
    "dispute": "dp",
    "event": "evt",
    "webhook_endpoint": "we",
    "billing_portal.session": "bps",
    "billing_portal.configuration": "bpc",
}
DEPENDENT = ("schedule", "canceled_at", "cancel_at", "ended_at", "hosted_invoice_url")


class World:
    """Thread-safe through `lock`; `now` is the double's own clock, which tests may move."""

    def __init__(self, fixtures: Path) -> None:
        self._shapes: dict[str, Object] = json.loads(fixtures.read_text())["resources"]
        self.lock = threading.RLock()
        self.objects: dict[str, Object] = {}
        self.events: list[Object] = []
        self.delivered: set[str] = set()
        self.base_url = ""
        self.offset = 0
        self.card_works = True
        self._count = 0

    def now(self) -> int:
        """Seconds since the epoch, plus what tests let pass."""
        return int(time.time()) + self.offset

    def make(self, kind: str, **fields: Any) -> Object:
        """A new object of a kind, shaped by Stripe's own example of it."""
        shape = copy.deepcopy(self._shapes[kind])
        shape |= {name: None for name in DEPENDENT if name in shape}
        self._count += 1
        shape |= {"id": f"{PREFIXES[kind]}_{self._count:06d}", "object": kind, "livemode": False}
        if "created" in shape:
            shape["created"] = self.now()
        shape |= {"metadata": {}} if "metadata" in shape else {}
        shape |= fields
        self.objects[shape["id"]] = shape
        return shape

    def listed(self, kind: str) -> list[Object]:
        """All of a kind, newest first."""
        found = [item for item in self.objects.values() if item["object"] == kind]
        return found[::-1]

    def happened(self, type_: str, target: Object) -> Object:
        """Records an event about an object, with what it is like now."""
        data = {"object": copy.deepcopy(target)}
        event = self.make("event", type=type_, data=data, pending_webhooks=1)
        self.events.append(event)
        return event

    # --- what members do on the pages -------------------------------------------------------

    def pay(self, session: Object) -> None:
        """The card on the Checkout page works: a subscription with its first invoice, or a pack."""
        assert session["status"] == "open", "the page is closed"
        price = self.objects[session["_price"]]
        if session["mode"] == "subscription":
            subscription = self._subscribe(session["customer"], price)
            session["subscription"] = subscription["id"]
            self.happened("customer.subscription.created", subscription)
            lines = [self._line(subscription, price, subscription["_start"], subscription["_end"])]
            invoice = self.bill(session["customer"], lines, subscription)
        else:
            line = self._line(None, price, self.now(), self.now())
            invoice = self.bill(session["customer"], [line], None)
        session |= {"status": "complete", "payment_status": "paid", "invoice": invoice["id"]}
        session["url"] = None
        self.happened("checkout.session.completed", session)

    def expire(self, session: Object) -> None:
        """The page is closed, or its time is up."""
        session |= {"status": "expired", "url": None}
        self.happened("checkout.session.expired", session)

    def forget(self, customer: Object) -> None:
        """The customer is deleted, which ends their subscriptions."""
        for subscription in self.listed("subscription"):
            if subscription["customer"] == customer["id"] and subscription["status"] != "canceled":
                self.end(subscription)
        del self.objects[customer["id"]]

    def upgrade(self, subscription: Object, price: Object) -> None:
        """At once, with an invoice for the difference until the period ends."""
        start, end, now = subscription["_start"], subscription["_end"], self.now()
        left = (end - now) / (end - start)
        old = self.objects[subscription["_price"]]
        credit = self._line(subscription, old, now, end, -round(old["unit_amount"] * left))
        charge = self._line(subscription, price, now, end, round(price["unit_amount"] * left))
        self._set_price(subscription, price)
        self.happened("customer.subscription.updated", subscription)
        for line in (credit, charge):
            line["parent"]["subscription_item_details"]["proration"] = True
        self.bill(subscription["customer"], [credit, charge], subscription)

    def downgrade(self, subscription: Object, price: Object) -> None:
        """A schedule whose second phase begins when the period ends."""
        phases = [
            _phase(subscription["_price"], subscription["_start"], subscription["_end"]),
            _phase(price["id"], subscription["_end"], subscription["_end"] + MONTH),
        ]
        schedule = self.make(
            "subscription_schedule", phases=phases, subscription=subscription["id"]
        )
        subscription["schedule"] = schedule["id"]
        self.happened("customer.subscription.updated", subscription)

    def cancel(self, subscription: Object) -> None:
        """At the period's end."""
        subscription |= {"cancel_at_period_end": True, "cancel_at": subscription["_end"]}
        self.happened("customer.subscription.updated", subscription)

    # --- what time and banks do ---------------------------------------------------------------

    def end_period(self, subscription: Object) -> None:
        """The period is over: the subscription ends, changes as scheduled, or is billed again."""
        self.offset += subscription["_end"] - self.now()
        if subscription["cancel_at_period_end"]:
            self.end(subscription)
            return
        if schedule := subscription["schedule"]:
            price = self.objects[schedule]["phases"][1]["items"][0]["price"]
            self._set_price(subscription, self.objects[price])
            subscription["schedule"] = None
        self._set_period(subscription, subscription["_end"])
        price = self.objects[subscription["_price"]]
        line = self._line(subscription, price, subscription["_start"], subscription["_end"])
        if not self.card_works:
            subscription["status"] = "past_due"
        self.happened("customer.subscription.updated", subscription)
        self.bill(subscription["customer"], [line], subscription)

    def pay_late(self, invoice: Object) -> None:
        """A payment that failed succeeds after all."""
        subscription = self.objects[invoice["parent"]["subscription_details"]["subscription"]]
        subscription["status"] = "active"
        self._settle(invoice)
        self.happened("customer.subscription.updated", subscription)

    def end(self, subscription: Object) -> None:
        """Now."""
        subscription |= {"status": "canceled", "ended_at": self.now(), "canceled_at": self.now()}
        self.happened("customer.subscription.deleted", subscription)

    def refund(self, invoice: Object, amount: int, *, prefix: str = "re") -> Object:
        """Gives money back; prefix: of its id, which depends on the way of paying."""
        made = self.make("refund", amount=amount, payment_intent=self._intent(invoice))
        del self.objects[made["id"]]
        made["id"] = f"{prefix}_{made['id'].removeprefix('re_')}"
        self.objects[made["id"]] = made
        self.happened("refund.created", made)
        return made

    def dispute(self, invoice: Object) -> Object:
        """The bank takes the money until it is decided."""
        made = self.make(
            "dispute",
            amount=invoice["amount_paid"],
            payment_intent=self._intent(invoice),
            status="needs_response",
        )
        self.happened("charge.dispute.created", made)
        return made

    def decide(self, dispute: Object, status: str) -> None:
        """`won` or `lost`."""
        dispute["status"] = status
        self.happened("charge.dispute.closed", dispute)

    def bill(self, customer: str, lines: list[Object], subscription: Object | None) -> Object:
        """An invoice, paid at once if the card works."""
        total = max(0, sum(line["amount"] for line in lines))
        details = {"subscription": subscription["id"], "metadata": {}} if subscription else None
        invoice = self.make(
            "invoice",
            customer=customer,
            amount_due=total,
            amount_paid=0,
            status="open",
            parent={"type": "subscription_details", "subscription_details": details}
            if details
            else None,
            number=f"LIKE-{self._count:04d}",
        )
        invoice["hosted_invoice_url"] = f"{self.base_url}/receipts/{invoice['id']}"
        invoice["lines"] = {"object": "list", "data": lines, "has_more": False}
        if self.card_works:
            self._settle(invoice)
        else:
            self.happened("invoice.payment_failed", invoice)
        return invoice

    def _settle(self, invoice: Object) -> None:
        invoice |= {"status": "paid", "amount_paid": invoice["amount_due"]}
        intent = self.make("payment_intent", amount=invoice["amount_due"])
        self.make(
            "invoice_payment",
            invoice=invoice["id"],
            amount_paid=invoice["amount_due"],
            payment={"type": "payment_intent", "payment_intent": intent["id"]},
            status="paid",
        )
        self.happened("invoice.paid", invoice)

    def _intent(self, invoice: Object) -> str:
        paid = next(p for p in self.listed("invoice_payment") if p["invoice"] == invoice["id"])
        return str(paid["payment"]["payment_intent"])

    def _subscribe(self, customer: str, price: Object) -> Object:
        subscription = self.make(
            "subscription", customer=customer, status="active", cancel_at_period_end=False
        )
        item = self.make("subscription_item", subscription=subscription["id"])
        subscription["items"] = {"object": "list", "data": [item], "has_more": False}
        self._set_price(subscription, price)
        self._set_period(subscription, self.now())
        return subscription

    def _set_price(self, subscription: Object, price: Object) -> None:
        subscription["_price"] = price["id"]
        subscription["items"]["data"][0]["price"] = price

    def _set_period(self, subscription: Object, start: int) -> None:
        subscription |= {"_start": start, "_end": start + MONTH}
        item = subscription["items"]["data"][0]
        item |= {"current_period_start": start, "current_period_end": start + MONTH}

    def _line(
        self,
        subscription: Object | None,
        price: Object,
        start: int,
        end: int,
        amount: int | None = None,
    ) -> Object:
        item = subscription and subscription["items"]["data"][0]["id"]
        line = self.make("line_item", quantity=1, period={"start": start, "end": end})
        line["amount"] = price["unit_amount"] if amount is None else amount
        line["pricing"] = {
            "type": "price_details",
            "price_details": {"price": price["id"], "product": price["product"]},
        }
        line["parent"] = {
            "type": "subscription_item_details" if subscription else "invoice_item_details",
            "invoice_item_details": None if subscription else {"proration": False},
            "subscription_item_details": {
                "proration": False,
                "subscription": subscription["id"],
                "subscription_item": item,
            }
            if subscription
            else None,
        }
        return line


def _phase(price: str, start: int, end: int) -> Object:
    return {"items": [{"price": price, "quantity": 1}], "start_date": start, "end_date": end}
