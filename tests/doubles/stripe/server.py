"""The double's HTTP: `/v1/...` for the SDK, `/pay/...` and `/portal/...` for a browser."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import httpx
import stripe
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from tests.doubles.stripe.parameters import BadParameter, decode
from tests.doubles.stripe.world import Object, World
from tests.servers import served

SECRET_KEY = "sk_test_double"
WEBHOOK_SECRET = "whsec_of_the_double"
CREATES = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "checkout/sessions": "checkout.session",
    "billing_portal/sessions": "billing_portal.session",
    "billing_portal/configurations": "billing_portal.configuration",
    "webhook_endpoints": "webhook_endpoint",
}


class StripeDouble:
    """A running double: `url` for the SDK, `world` to make things happen, `deliver` webhooks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.url = ""
        self.webhook_url: str | None = None
        self.requests: list[tuple[str, str]] = []
        self._answers: dict[str, tuple[str, int, Object]] = {}

    def signed(self, event: Object, *, at: int | None = None) -> tuple[bytes, dict[str, str]]:
        """An event's body and headers, as Stripe would post them."""
        body = json.dumps(public(event))
        signature = stripe.WebhookSignature.generate_signature_header(body, WEBHOOK_SECRET, at)
        return body.encode(), {"Stripe-Signature": signature, "Content-Type": "application/json"}

    def deliver(self, event: Object, url: str | None = None) -> int:
        """Posts one event to the endpoint; the status of the answer."""
        body, headers = self.signed(event)
        answer = httpx.post(url or str(self.webhook_url), content=body, headers=headers)
        if answer.is_success:
            self.world.delivered.add(event["id"])
        return answer.status_code

    def deliver_all(self) -> None:
        """Posts what has not been accepted yet, oldest first."""
        if self.webhook_url:
            for event in list(self.world.events):
                if event["id"] not in self.world.delivered:
                    self.deliver(event)

    def answer(self, method: str, path: str, key: str | None, body: str) -> tuple[int, Object]:
        """One call of the API, once for each idempotency key."""
        if key and key in self._answers:
            before, status, known = self._answers[key]
            if before != f"{path}?{body}":
                return 400, _error("idempotency_error", "Keys for idempotent requests differ.")
            return status, known
        try:
            parameters = decode(method, path, body)
            status, result = 200, public(self._call(method, path, parameters))
        except BadParameter as error:
            status, result = 400, _error("invalid_request_error", str(error))
        except KeyError as error:
            status, result = 404, _error("invalid_request_error", f"No such object: {error}")
            result["error"]["code"] = "resource_missing"
        if key and method == "POST":
            self._answers[key] = (f"{path}?{body}", status, result)
        return status, result

    def _call(self, method: str, path: str, parameters: Object) -> Object:
        self.requests.append((method, path))
        if method == "POST" and path in CREATES:
            return self._create(CREATES[path], parameters)
        if method == "GET" and (path in CREATES or path in ("events", "invoice_payments")):
            return self._list(path, parameters)
        parts = path.split("/")
        target = self.world.objects[parts[-2] if parts[-1] in ("lines", "expire") else parts[-1]]
        if parts[-1] == "lines":
            return {**target["lines"], "url": f"/v1/{path}"}
        if parts[-1] == "expire":
            if target["status"] != "open":
                raise BadParameter("Only Checkout Sessions with a status of open can be expired.")
            self.world.expire(target)
        elif method == "DELETE" and target["object"] == "customer":
            self.world.forget(target)
            return {"id": target["id"], "object": "customer", "deleted": True}
        elif method == "DELETE":
            self.world.end(target)
        elif method == "POST":
            target |= parameters
        return self._expanded(target, parameters)

    def _expanded(self, target: Object, parameters: Object) -> Object:
        fields = parameters.get("expand", []) if isinstance(parameters.get("expand"), list) else []
        return {**target, **{f: self.world.objects.get(target[f] or "") for f in fields}}

    def _create(self, kind: str, parameters: Object) -> Object:
        made = self.world.make(kind, **parameters)
        if kind == "price":
            made["type"] = "recurring" if "recurring" in parameters else "one_time"
            self._move_lookup_key(made, parameters)
        elif kind == "checkout.session":
            price = self.world.objects[parameters["line_items"][0]["price"]]
            self.world.objects[parameters["customer"]]  # must exist
            made |= {"_price": price["id"], "status": "open", "subscription": None}
            made["url"] = f"{self.url}/pay/{made['id']}"
        elif kind == "billing_portal.session":
            made["_flow"] = parameters.get("flow_data")
            made["url"] = f"{self.url}/portal/{made['id']}"
        elif kind == "webhook_endpoint":
            made["secret"] = WEBHOOK_SECRET
        return made

    def _move_lookup_key(self, price: Object, parameters: Object) -> None:
        for other in self.world.listed("price"):
            if other is not price and other["lookup_key"] == parameters.get("lookup_key"):
                if not parameters.get("transfer_lookup_key"):
                    raise BadParameter("A price already uses that lookup key.")
                other["lookup_key"] = None

    def _list(self, path: str, parameters: Object) -> Object:
        kind = {"events": "event", "invoice_payments": "invoice_payment"}.get(path)
        found = self.world.listed(kind or CREATES[path])
        if keys := parameters.get("lookup_keys"):
            found = [item for item in found if item["lookup_key"] in keys]
        if parameters.get("is_default") is not None:
            found = [item for item in found if item["is_default"] == parameters["is_default"]]
        if customer := parameters.get("customer"):
            found = [item for item in found if item["customer"] == customer]
        if status := parameters.get("status"):
            found = [item for item in found if item["status"] == status]
        if payment := parameters.get("payment"):
            intent = payment["payment_intent"]
            found = [item for item in found if item["payment"]["payment_intent"] == intent]
        if types := parameters.get("types"):
            found = [item for item in found if item["type"] in types]
        if parameters.get("delivery_success") is False:
            found = [item for item in found if item["id"] not in self.world.delivered]
        return _page(found, parameters, path)


def _page(found: list[Object], parameters: Object, path: str) -> Object:
    """One page of a list, in Stripe's way."""
    after = (
        [item["id"] for item in found].index(parameters["starting_after"]) + 1
        if ("starting_after" in parameters)
        else 0
    )
    limit = parameters.get("limit", 10)
    return {
        "object": "list",
        "url": f"/v1/{path}",
        "data": [public(item) for item in found[after : after + limit]],
        "has_more": len(found) > after + limit,
    }


def public(value: Any) -> Any:
    """Without what only the double knows."""
    if isinstance(value, dict):
        return {k: public(v) for k, v in value.items() if not k.startswith("_")}
    return [public(item) for item in value] if isinstance(value, list) else value


def _error(type_: str, message: str) -> Object:
    return {"error": {"type": type_, "message": message}}


@contextmanager
def stripe_double(fixtures: Path) -> Iterator[StripeDouble]:
    """A double that answers on a port of its own while the block lasts."""
    double = StripeDouble(World(fixtures))
    with served(_application(double)) as url:
        double.url = double.world.base_url = url
        yield double


def _application(double: StripeDouble) -> FastAPI:
    app = FastAPI()

    @app.api_route("/v1/{path:path}", methods=["GET", "POST", "DELETE"])
    async def api(path: str, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {SECRET_KEY}":
            return JSONResponse(_error("invalid_request_error", "Invalid API Key"), 401)
        if request.headers.get("stripe-version") != stripe.api_version:
            return JSONResponse(_error("invalid_request_error", "Another API version"), 400)
        body = (await request.body()).decode() or request.url.query
        with double.world.lock:
            key = request.headers.get("idempotency-key")
            status, result = double.answer(request.method, path, key, body)
        return JSONResponse(result, status)

    _add_pages(app, double.world)
    return app


def _add_pages(app: FastAPI, world: World) -> None:
    """Checkout and the portal, each a page with two buttons."""

    @app.get("/pay/{session_id}")
    def checkout(session_id: str) -> HTMLResponse:
        session = world.objects[session_id]
        amount = world.objects[session["_price"]]["unit_amount"] / 100
        return _form("Checkout", f"${amount:.2f}", {"pay": "Subscribe", "back": "Back"})

    @app.post("/pay/{session_id}")
    async def pay(session_id: str, request: Request) -> RedirectResponse:
        session = world.objects[session_id]
        if (await request.body()) == b"do=back":
            return RedirectResponse(session["cancel_url"], 303)
        with world.lock:
            if session["status"] == "open":
                world.pay(session)
        return RedirectResponse(session["success_url"], 303)

    @app.get("/portal/{portal_id}")
    def portal(portal_id: str) -> HTMLResponse:
        flow = world.objects[portal_id]["_flow"] or {"type": "your subscription"}
        return _form("Portal", flow["type"], {"confirm": "Confirm", "back": "Back"})

    @app.post("/portal/{portal_id}")
    async def confirm(portal_id: str, request: Request) -> RedirectResponse:
        session = world.objects[portal_id]
        if (await request.body()) == b"do=confirm" and session["_flow"]:
            with world.lock:
                _flow(world, session["_flow"])
        return RedirectResponse(session["return_url"], 303)


def _flow(world: World, flow: Object) -> None:
    """What the portal does when a member confirms."""
    if flow["type"] == "subscription_cancel":
        world.cancel(world.objects[flow["subscription_cancel"]["subscription"]])
        return
    change = flow["subscription_update_confirm"]
    subscription = world.objects[change["subscription"]]
    price = world.objects[change["items"][0]["price"]]
    now = world.objects[subscription["_price"]]
    cheaper = price["unit_amount"] < now["unit_amount"]
    (world.downgrade if cheaper else world.upgrade)(subscription, price)


def _form(title: str, text: str, buttons: dict[str, str]) -> HTMLResponse:
    drawn = "".join(
        f'<button name="do" value="{value}">{label}</button>' for value, label in buttons.items()
    )
    body = f"<h1>{title}</h1><p>{escape(text)}</p><form method=post>{drawn}</form>"
    return HTMLResponse(
        f"<!doctype html><html lang=en><title>{title}</title><link rel=icon href=data:,>{body}"
    )
