"""Creates products, prices, portal settings and the webhook endpoint; safe to run twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import stripe
from stripe._v1_services import V1Services

from services.payments.stripe import asking, id_of, idempotency_key
from services.payments.stripe_events import EVENTS

if TYPE_CHECKING:
    from stripe.params import ProductCreateParams as ProductParams


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """An item for sale: a plan by the month, or a pack of credits once; US cents."""

    name: str
    title: str
    price_cents: int
    monthly: bool


@dataclass(frozen=True, slots=True)
class SetUp:
    """The state of the account now. webhook_secret: known only when the endpoint is created."""

    prices: dict[str, str] = field(default_factory=dict)
    webhook_secret: str | None = None


async def set_up(api: V1Services, offers: Sequence[PlanOffer], *, webhook_url: str) -> SetUp:
    """Find or create products, prices, portal settings and webhook endpoint."""
    async with asking("set-up"):
        prices = {offer.name: await _price(api, offer) for offer in offers}
        await _portal_configuration(api, [o for o in offers if o.monthly], prices)
        return SetUp(prices, await _endpoint(api, webhook_url))


async def _price(api: V1Services, offer: PlanOffer) -> str:
    """Return the price with our lookup key; another amount moves the key to a new price."""
    key = f"likeness_{offer.name}"
    found = await api.prices.list_async({"lookup_keys": [key], "active": True})
    if found.data and found.data[0].unit_amount == offer.price_cents:
        return found.data[0].id
    product = found.data[0].product if found.data else None
    params: dict[str, Any] = {
        "product": id_of(product) if product else await _product(api, offer),
        "currency": "usd",
        "unit_amount": offer.price_cents,
        "lookup_key": key,
        "transfer_lookup_key": True,
    }
    if offer.monthly:
        params["recurring"] = {"interval": "month"}
    made = await api.prices.create_async(
        params,  # type: ignore[arg-type]
        {"idempotency_key": idempotency_key("price", params)},
    )
    return made.id


async def _product(api: V1Services, offer: PlanOffer) -> str:
    params: ProductParams = {
        "name": f"Likeness {offer.title}",
        "metadata": {"likeness": offer.name},
    }
    product = await api.products.create_async(
        params, {"idempotency_key": idempotency_key("product", params)}
    )
    return product.id


async def _portal_configuration(
    api: V1Services, offers: Sequence[PlanOffer], prices: dict[str, str]
) -> None:
    """Allow upgrades at once with proration, downgrades and cancellation at the period's end."""
    products: list[dict[str, Any]] = []
    for offer in offers:
        price = await api.prices.retrieve_async(prices[offer.name])
        products.append({"product": id_of(price.product), "prices": [price.id]})
    params: dict[str, Any] = {
        "features": {
            "customer_update": {"enabled": True, "allowed_updates": ["email", "address"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price"],
                "products": products,
                "proration_behavior": "always_invoice",
                "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
            },
        },
        "metadata": {"likeness": "portal"},
    }
    listed = await api.billing_portal.configurations.list_async({"is_default": True})
    if listed.data:
        await api.billing_portal.configurations.update_async(
            listed.data[0].id,
            params,  # type: ignore[arg-type]
        )
    else:
        await api.billing_portal.configurations.create_async(params)  # type: ignore[arg-type]


async def _endpoint(api: V1Services, url: str) -> str | None:
    """Return the secret of a new endpoint; None if ours exists: Stripe tells a secret only once."""
    events: list[Any] = list(EVENTS)
    listed = await api.webhook_endpoints.list_async({"limit": 100})
    async for endpoint in listed.auto_paging_iter():
        if endpoint.url == url:
            await api.webhook_endpoints.update_async(
                endpoint.id,
                {"enabled_events": events},
            )
            return None
    made = await api.webhook_endpoints.create_async(
        {
            "url": url,
            "enabled_events": events,
            "api_version": stripe.api_version,  # type: ignore[typeddict-item]
            "metadata": {"likeness": "webhook"},
        }
    )
    return made.secret
