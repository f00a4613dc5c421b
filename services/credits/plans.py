"""Plans: what each one grants and limits, as the operator edits them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import PlanPrice, PlanRow, User, UserModel
from db.states import MODEL_ACTIVE, ModelStatus
from services.errors import Invalid, LimitReached, NotFound
from services.kit import texts
from services.settings import Settings

# A model holds its slot from the click on Train until it is deleted or has failed.
SLOT_STATUSES = (*MODEL_ACTIVE, ModelStatus.READY)
EDITABLE = {
    "title",
    "hidden",
    "price_cents",
    "credits_once",
    "credits_monthly",
    "unlimited",
    "fair_use_monthly",
    "model_slots",
    "training_credits",
    "generations_per_minute",
    "reads_per_minute",
    "stripe_price_id",
}
CALLS = ("generations_per_minute", "reads_per_minute")
MOST = 10_000_000  # of cents, credits and slots alike
TITLE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan costs (US cents a month), grants (credits; one makes one image) and limits.

    credits_once: granted once in all. credits_monthly: granted each month. unlimited: images
    cost no credits of one's own, up to `fair_use_monthly`. None in a limit means unlimited.
    training_credits: price of one training. …_per_minute: calls; None: the usual number of them.
    """

    name: str
    title: str
    hidden: bool
    price_cents: int
    credits_once: int
    credits_monthly: int
    unlimited: bool
    fair_use_monthly: int | None
    model_slots: int | None
    training_credits: int
    generations_per_minute: int | None
    reads_per_minute: int | None
    stripe_price_id: str | None
    is_default: bool


# the name of the operator's default, within another query
DEFAULT = select(PlanRow.name).where(PlanRow.is_default).scalar_subquery()


def _view(row: PlanRow) -> Plan:
    return Plan(**{name: getattr(row, name) for name in Plan.__slots__})


async def all_plans(session: AsyncSession) -> list[Plan]:
    """Return every plan in the order of the page, hidden plans too."""
    return [_view(row) for row in await session.scalars(select(PlanRow).order_by("position"))]


async def get(session: AsyncSession, *, name: str) -> Plan:
    """Return the plan. Raises NotFound."""
    if row := await session.get(PlanRow, name):
        return _view(row)
    raise NotFound(f"There is no plan “{name}”.")


async def of_user(session: AsyncSession, *, user_id: UUID) -> Plan:
    """Return the member's own plan, or else the operator's default. Raises NotFound."""
    own = select(func.coalesce(User.plan, DEFAULT)).where(User.id == user_id).scalar_subquery()
    row = await session.scalar(select(PlanRow).where(PlanRow.name == own))
    if row is None:
        raise NotFound("There is no such member.")
    return _view(row)


@dataclass(frozen=True, slots=True)
class ModelSlots:
    """A member's plan, and how many of its model slots are used."""

    plan: Plan
    used: int

    def check(self) -> None:
        """Raise LimitReached unless one more model fits."""
        plan = self.plan
        if plan.model_slots is None or self.used < plan.model_slots:
            return
        models = "1 model" if plan.model_slots == 1 else f"{plan.model_slots} models"
        raise LimitReached(
            f"Your plan, {plan.title}, has room for {models}. "
            "Delete one, or choose a larger plan under Billing.",
            limit=plan.model_slots,
            plan=plan.name,
        )


async def model_slots(session: AsyncSession, *, user_id: UUID, lock: bool = False) -> ModelSlots:
    """Return the member's plan and how many of its model slots are used, in one statement.

    lock: nobody else takes a slot until the transaction ends; call it before the status of a new
    model becomes `queued`. Raises NotFound.
    """
    if lock:
        member = select(User.id).where(User.id == user_id)
        await session.execute(member.with_for_update(key_share=True))
    used = select(func.count()).where(
        UserModel.user_id == user_id, UserModel.status.in_(SLOT_STATUSES)
    )
    own = select(func.coalesce(User.plan, DEFAULT)).where(User.id == user_id).scalar_subquery()
    query = select(PlanRow, used.scalar_subquery()).where(PlanRow.name == own)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("There is no such member.")
    return ModelSlots(_view(found[0]), found[1])


async def edit(session: AsyncSession, *, name: str, changes: Mapping[str, Any]) -> Plan:
    """Change a plan; members have the changed plan at once.

    Grants that were already made stay as they are. Raises NotFound, Invalid.
    """
    if unknown := set(changes) - EDITABLE:
        raise Invalid(f"A plan has no {', '.join(sorted(unknown))} that could be changed.")
    if any(isinstance(value, int) and not 0 <= value <= MOST for value in changes.values()):
        raise Invalid(f"Prices, credits and limits go from 0 to {MOST:,}.")
    if any(changes.get(name) == 0 for name in CALLS):
        raise Invalid("A plan allows at least one call a minute.")
    await get(session, name=name)
    kept = dict(changes)
    if "title" in kept:
        kept["title"] = texts.clean(kept["title"], field="Title", minimum=1, maximum=TITLE_LENGTH)
    if price_id := kept.get("stripe_price_id"):
        kept["stripe_price_id"] = await _unsold(session, name, price_id)
        await session.execute(_price_of(name, kept["stripe_price_id"]))
    await session.execute(update(PlanRow).where(PlanRow.name == name).values(**kept))
    return await get(session, name=name)


async def _unsold(session: AsyncSession, name: str, price_id: str) -> str:
    """Return the cleaned price id. Raises Invalid if another plan is sold by this price."""
    price_id = texts.clean(price_id, field="Stripe’s id of the price", maximum=255)
    other = select(PlanRow.title).where(PlanRow.stripe_price_id == price_id, PlanRow.name != name)
    if title := await session.scalar(other):
        raise Invalid(
            f"The plan {title} has this price already. Each plan needs a price of its own."
        )
    return price_id


def _price_of(plan: str, price_id: str) -> Insert:
    """Record for good which plan a price is for; a price of another plan moves to this plan."""
    row = insert(PlanPrice).values(price_id=price_id, plan=plan)
    return row.on_conflict_do_update(index_elements=["price_id"], set_={"plan": plan})


def choose_default(connection: Connection, settings: Settings) -> None:
    """Make the operator's choice the default: DEFAULT_PLAN, else free if Stripe is set up.

    Without either setting the default stays as it is; in a new database it is unlimited. Called
    at every start of a process that serves pages. Raises Invalid if there is no such plan.
    """
    name = settings.default_plan or ("free" if settings.stripe_secret_key else None)
    if name is None:
        return
    names = connection.scalars(select(PlanRow.name).order_by(PlanRow.position)).all()
    if name not in names:
        raise Invalid(f"DEFAULT_PLAN is “{name}”: choose one of {', '.join(names)}.")
    connection.execute(update(PlanRow).where(PlanRow.name != name).values(is_default=False))
    connection.execute(update(PlanRow).where(PlanRow.name == name).values(is_default=True))


def kept_default(connection: Connection, settings: Settings) -> str | None:
    """Return the default plan's title if it is an earlier choice that `settings` do not name."""
    if settings.default_plan or settings.stripe_secret_key:
        return None
    query = select(PlanRow.title).where(PlanRow.is_default, PlanRow.name != "unlimited")
    title: str | None = connection.scalar(query)
    return title


def choose_prices(connection: Connection, settings: Settings) -> None:
    """Write the operator's STRIPE_PRICE_… settings into the plans, where they are set.

    Raises Invalid for a price that is named twice.
    """
    names = ("creator", "pro", "enterprise")
    chosen = {name: id for name in names if (id := getattr(settings, f"stripe_price_{name}"))}
    for price_id in chosen.values():
        if len(same := [name for name in chosen if chosen[name] == price_id]) > 1:
            named = " and ".join(f"STRIPE_PRICE_{name.upper()}" for name in same)
            raise Invalid(f"{named} are the same price: each plan needs one of its own.")
    taken = update(PlanRow).where(PlanRow.stripe_price_id.in_(chosen.values()))
    connection.execute(taken.values(stripe_price_id=None))
    for name, price_id in chosen.items():
        row = update(PlanRow).where(PlanRow.name == name)
        connection.execute(row.values(stripe_price_id=price_id))
        connection.execute(_price_of(name, price_id))
