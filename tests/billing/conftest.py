"""A shop: the product's services over a real database, and the double of Stripe."""

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from db.models import Subscription, User
from services.billing import backfill, checkout, events, past_due, set_up
from services.credits import ledger, plans
from services.deps import Deps
from services.jobs import Kind, Worker
from services.payments.stripe import StripePayments
from tests.builders import make_user
from tests.doubles.stripe import StripeDouble
from tests.doubles.stripe.server import SECRET_KEY, WEBHOOK_SECRET
from tests.doubles.stripe.world import Object
from tests.waiting import eventually

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Shop:
    """What the tests ask of the product and of the double."""

    deps: Deps
    double: StripeDouble
    worker: Worker
    user_id: UUID

    async def visit(self, plan: str = "creator") -> Object:
        """The member goes to the payment page for a plan; the double's session."""
        url = await checkout.start(self.deps, user_id=self.user_id, plan=plan)
        return self.double.world.objects[url.rsplit("/", 1)[1]]

    async def buy(self, plan: str = "creator") -> Object:
        """The member pays for a plan and everything is delivered; the double's subscription."""
        session = await self.visit(plan)
        self.double.world.pay(session)
        await self.deliver()
        return self.double.world.objects[session["subscription"]]

    async def deliver(self, *found: Object) -> None:
        """Events arrive (all new ones, or those given, in their order) and are handled."""
        news = found or [e for e in self.double.world.events if e["id"] not in self.seen]
        for event in news:
            body, headers = self.double.signed(event)
            signature = headers["Stripe-Signature"]
            await events.receive(self.deps, payload=body, signature=signature)
            self.seen.add(event["id"])
        await self.handled()

    @property
    def seen(self) -> set[str]:
        return self.double.world.delivered

    async def handled(self) -> None:
        """Waits until no event is left to be handled."""

        async def nothing_left() -> bool:
            await self.worker.poll()
            return await self.unhandled() == 0

        await eventually(nothing_left)

    async def unhandled(self) -> int:
        async with self.deps.transaction() as session:
            return await events.unhandled(session)

    async def credits(self) -> int | None:
        async with self.deps.transaction() as session:
            return (await ledger.balance(session, user_id=self.user_id)).available

    async def owed(self) -> int:
        async with self.deps.transaction() as session:
            return (await ledger.balance(session, user_id=self.user_id)).owed

    async def plan(self) -> str:
        async with self.deps.transaction() as session:
            return (await plans.of_user(session, user_id=self.user_id)).name

    async def subscription(self) -> checkout.SubscriptionView | None:
        async with self.deps.transaction() as session:
            return await checkout.subscription(session, user_id=self.user_id)

    async def spend(self, credits: int) -> None:
        """The member makes images."""
        who, what = self.user_id, "test:spent"
        async with self.deps.transaction() as session:
            await ledger.reserve(
                session, user_id=who, credits=credits, reference=what, purpose="Images"
            )
            await ledger.capture(session, reference=what, credits=credits)

    async def after_grace(self) -> None:
        """The days of grace pass, and the tick comes."""
        async with self.deps.transaction() as session:
            await session.execute(update(Subscription).values(past_due_since=LONG_AGO))
        await past_due.tick(self.deps)

    async def backfill(self) -> None:
        """The daily tick."""
        await backfill.tick(self.deps)

    async def set_up(self) -> None:
        """The operator runs the command once more."""
        await set_up.run(self.deps.transaction, self.deps.settings)

    async def price(self, plan: str) -> Object:
        async with self.deps.transaction() as session:
            found = await plans.get(session, name=plan)
        return self.double.world.objects[str(found.stripe_price_id)]


@pytest.fixture
async def selling_deps(live_deps: Deps, double: StripeDouble) -> AsyncIterator[Deps]:
    """Deps that sell the default plans at the double."""
    settings = live_deps.settings.model_copy(
        update={
            "public_url": "https://likeness.example.com",
            "stripe_secret_key": SecretStr(SECRET_KEY),
            "stripe_webhook_secret": SecretStr(WEBHOOK_SECRET),
            "stripe_api_base": double.url,
        }
    )
    payments = StripePayments(SECRET_KEY, WEBHOOK_SECRET, api_base=double.url)
    deps = dataclasses.replace(live_deps, settings=settings, payments=payments)
    async with deps.transaction() as session:
        connection = await session.connection()
        await connection.run_sync(plans.choose_default, settings)
    await set_up.run(deps.transaction, deps.settings)
    yield deps
    await payments.close()


@pytest.fixture
async def shop(selling_deps: Deps, double: StripeDouble) -> AsyncIterator[Shop]:
    """One member in front of the shop."""
    async with selling_deps.transaction() as session:
        user: User = await make_user(session)
    worker = Worker(selling_deps, kinds={events.KIND: Kind(events.handle)})
    yield Shop(selling_deps, double, worker, user.id)
    await worker.drain(timedelta(seconds=5))
