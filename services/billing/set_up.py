"""The operator's set-up at Stripe: one command, safe to run twice."""

from services.billing.entitlement import PACK
from services.credits import plans
from services.deps import Transaction
from services.errors import Invalid
from services.payments.base import PaymentsError
from services.payments.stripe import connected
from services.payments.stripe_setup import PlanOffer, SetUp, set_up
from services.settings import Settings

PACK_PRICE_CENTS = 900  # until the operator changes it at Stripe


async def run(transaction: Transaction, settings: Settings) -> SetUp:
    """Create our products at Stripe and store their price ids with our plans.

    Raises Invalid without STRIPE_SECRET_KEY or a public address, or with Stripe's own message.
    """
    if settings.stripe_secret_key is None:
        raise Invalid("Set STRIPE_SECRET_KEY first: it is under Developers, API keys, at Stripe.")
    if not settings.public_url:
        raise Invalid("Set PUBLIC_URL first: Stripe has to reach this installation's webhook.")
    async with transaction() as session:
        sold = [plan for plan in await plans.all_plans(session) if plan.price_cents]
    offers = [PlanOffer(plan.name, plan.title, plan.price_cents, monthly=True) for plan in sold]
    if settings.credit_pack_credits:
        title = f"{settings.credit_pack_credits} credits"
        offers.append(PlanOffer(PACK, title, PACK_PRICE_CENTS, monthly=False))
    webhook = f"{settings.base_url}/api/webhooks/stripe"
    key = settings.stripe_secret_key.get_secret_value()
    try:
        async with connected(key, settings.stripe_api_base) as client:
            made = await set_up(client.v1, offers, webhook_url=webhook)
    except PaymentsError as error:
        raise Invalid(f"Stripe says: {error}") from error
    async with transaction() as session:
        for plan in sold:
            changes = {"stripe_price_id": made.prices[plan.name]}
            await plans.edit(session, name=plan.name, changes=changes)
    return made
