"""The operator's income and costs: by plan, by month, by engine."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Invoice, RunRow, Subscription
from services.billing import events
from services.billing.entitlement import ENTITLED
from services.deps import Deps

PERIOD = timedelta(days=30)
MADE = func.coalesce(func.sum(func.cardinality(RunRow.made)), 0)


@dataclass(frozen=True, slots=True)
class PlanRevenue:
    """One plan in the last 30 days; amounts in cents, by the images that its members made.

    cost_cents: the engine's price for the images, None where the price is not known.
    """

    plan: str
    currency: str
    subscribers: int
    paid: int
    returned: int
    images: int
    cost_cents: float | None

    @property
    def loses(self) -> bool:
        """Return whether the images cost more than the plan brought in."""
        return self.cost_cents is not None and self.cost_cents > self.paid - self.returned


@dataclass(frozen=True, slots=True)
class EngineCost:
    """Images of one engine in the last 30 days; cents each, None where the price is not known."""

    engine: str
    images: int
    cents_each: float | None


@dataclass(frozen=True, slots=True)
class Money:
    """The last 30 days, and what the operator has to look at now."""

    plans: list[PlanRevenue]
    engines: list[EngineCost]
    started: int
    ended: int
    failed_payments: int
    stale_events: int
    clock_skew: int | None


async def money(session: AsyncSession, deps: Deps) -> Money:
    """Return all figures, for the administrator's page."""
    since = func.now() - PERIOD
    counted = select(func.count())
    began = counted.select_from(Subscription).where(Subscription.created_at >= since)
    ended = counted.select_from(Subscription).where(Subscription.ended_at >= since)
    failed = counted.select_from(Invoice).where(Invoice.status == "open")
    return Money(
        plans=await _by_plan(session, deps),
        engines=await _by_engine(session, deps),
        started=await session.scalar(began) or 0,
        ended=await session.scalar(ended) or 0,
        failed_payments=await session.scalar(failed) or 0,
        stale_events=await events.stale(session),
        clock_skew=await events.clock_skew(session),
    )


async def _by_plan(session: AsyncSession, deps: Deps) -> list[PlanRevenue]:
    since = func.now() - PERIOD
    paid = await session.execute(
        select(
            Invoice.plan,
            Invoice.currency,
            func.sum(Invoice.amount_paid),
            func.sum(Invoice.amount_reversed),
        )
        .where(Invoice.created_at >= since, Invoice.plan.is_not(None))
        .group_by(Invoice.plan, Invoice.currency)
        .order_by(Invoice.plan)
    )
    return [
        PlanRevenue(
            plan=str(plan),
            currency=currency,
            subscribers=await _subscribers(session, str(plan)),
            paid=int(total),
            returned=int(back),
            images=(images := await _images(session, str(plan))),
            cost_cents=_cost(deps, deps.engine.info.name, images),
        )
        for plan, currency, total, back in paid.all()
    ]


async def _subscribers(session: AsyncSession, plan: str) -> int:
    query = select(func.count()).where(Subscription.plan == plan, Subscription.status.in_(ENTITLED))
    return await session.scalar(query) or 0


async def _images(session: AsyncSession, plan: str) -> int:
    """Return how many images the plan's subscribers made, with deleted ones: they cost as much."""
    theirs = select(Subscription.user_id).where(Subscription.plan == plan)
    query = select(MADE).where(RunRow.user_id.in_(theirs), RunRow.created_at >= func.now() - PERIOD)
    return await session.scalar(query) or 0


async def _by_engine(session: AsyncSession, deps: Deps) -> list[EngineCost]:
    made = await session.execute(
        select(RunRow.engine, MADE)
        .where(RunRow.created_at >= func.now() - PERIOD)
        .group_by(RunRow.engine)
        .having(MADE > 0)
        .order_by(RunRow.engine)
    )
    return [EngineCost(engine, images, _cost(deps, engine, 1)) for engine, images in made.all()]


def _cost(deps: Deps, engine: str, images: int) -> float | None:
    """Return the cents for a number of images, or None if the engine names no price."""
    info = deps.engines.info(engine)
    if info is None or info.cost_per_image_usd is None:
        return None
    return images * info.cost_per_image_usd * 100
