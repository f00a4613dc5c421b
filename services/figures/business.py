"""The business in figures: each with what it means in words beside the query that counts it.

Administrators are no members here: what they do is no demand, what they pay no revenue. An account
that was deleted is gone from every figure about members; where that would flatter a figure, its
definition says what is done about it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.figures import reports

NAME = "business"


class Unit(StrEnum):
    """How a figure is written."""

    COUNT = "count"
    SHARE = "share"  # 0.0-1.0
    CENTS = "cents"  # US cents
    USD = "usd"
    HOURS = "hours"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. definition: for people. query: answers one value, null where there is none."""

    key: str
    title: str
    unit: Unit
    definition: str
    query: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet, and what it means."""

    key: str
    title: str
    unit: Unit
    definition: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of figures. query: answers the columns in their order."""

    key: str
    title: str
    definition: str
    columns: tuple[Column, ...]
    query: str


@dataclass(frozen=True, slots=True)
class Business:
    """What was counted, at a time. values: by the figure's key. rows: by the sheet's."""

    values: dict[str, float | None]
    rows: dict[str, list[list[Any]]]
    at: datetime


# The last that each member did. Each part is a short look into an index of the member's own rows.
_ACTIVE = """select count(*) from users member where member.role = 'member' and greatest(
        (select max(did.created_at) from generations did where did.user_id = member.id),
        (select max(did.queued_at) from user_models did where did.user_id = member.id),
        (select max(did.created_at) from training_images did where did.user_id = member.id)
    ) > now() - interval '{days} days'"""
_PAYING = """
    from subscriptions paid join users member on member.id = paid.user_id
        join plans plan on plan.name = paid.plan
    where paid.status = 'active' and plan.price_cents > 0 and member.role = 'member'"""
_MRR = f"(select coalesce(sum(plan.price_cents), 0) {_PAYING})"
_PAYERS = f"(select count(distinct member.id) {_PAYING})"
# Who paid 30 days ago, and whether they still do.
_BEFORE = """
    select member.id, exists (select from subscriptions now where now.user_id = member.id
        and now.ended_at is null and now.status <> 'incomplete') as stays
    from subscriptions paid join users member on member.id = paid.user_id
    where member.role = 'member' and paid.status not in ('incomplete', 'incomplete_expired')
        and paid.created_at <= now() - interval '30 days'
        and (paid.ended_at is null or paid.ended_at > now() - interval '30 days')
    group by member.id"""
_GONE = """
    select count(*) as gone from audit_log
    where action = 'user.deleted' and details ? 'paying' and at > now() - interval '30 days'"""


def _active(days: int, title: str, words: str) -> Figure:
    definition = (
        f"Members who {words} asked for pictures or a training, or added a photo. Opening pages "
        "does not count."
    )
    return Figure(f"active_{days}", title, Unit.COUNT, definition, _ACTIVE.format(days=days))


FIGURES = (
    _active(1, "Active in a day", "in the last 24 hours"),
    _active(7, "Active in a week", "in the last 7 days"),
    _active(30, "Active in a month", "in the last 30 days"),
    Figure(
        "mrr",
        "Revenue a month, recurring",
        Unit.CENTS,
        "The price a month of each member's plan that is paid for now. A trial, and a payment that "
        "has failed, count for nothing until they are paid. The plan's price of today counts, "
        "without taxes and discounts, also for those who pay an older one.",
        f"select {_MRR}",
    ),
    Figure(
        "paying",
        "Paying members",
        Unit.COUNT,
        "Members with at least one subscription that is counted in the recurring revenue.",
        f"select {_PAYERS}",
    ),
    Figure(
        "arppu",
        "Average a paying member",
        Unit.CENTS,
        "Recurring revenue a month, divided by the paying members.",
        f"select {_MRR}::float / nullif({_PAYERS}, 0)",
    ),
    Figure(
        "arpu",
        "Average an active member",
        Unit.CENTS,
        "Recurring revenue a month, divided by the members active in a month.",
        f"select {_MRR}::float / nullif(({_ACTIVE.format(days=30)}), 0)",
    ),
    Figure(
        "received",
        "Received in 30 days",
        Unit.CENTS,
        "What members' invoices of the last 30 days brought in US dollars, packs included, less "
        "what was returned. Invoices of deleted accounts are with the payments provider alone.",
        """select coalesce(sum(invoice.amount_paid - invoice.amount_reversed), 0)
        from invoices invoice join users member on member.id = invoice.user_id
        where member.role = 'member' and invoice.currency = 'usd'
            and invoice.created_at > now() - interval '30 days'""",
    ),
    Figure(
        "churn",
        "Churn in 30 days",
        Unit.SHARE,
        "Of the members who had a subscription 30 days ago, the share that has none any more. "
        "Whoever deleted the account while paying is counted on both sides.",
        f"""select (count(*) filter (where not stays) + min(gone))::float
            / nullif(count(id) + min(gone), 0)
        from ({_GONE}) gone left join ({_BEFORE}) before on true""",  # noqa: S608
    ),
    Figure(
        "credits",
        "Credits outstanding",
        Unit.COUNT,
        "What members could still spend: the available credits and those held for work under way. "
        "Unlimited plans hold none. A member who never asked for anything has not been given the "
        "plan's credits yet.",
        """select coalesce(sum(account.available + account.held), 0)
            - (select coalesce(sum(hold.amount), 0) from credit_holds hold
                join users member on member.id = hold.user_id
                where hold.closed_at is null and hold.source = 'included'
                    and member.role = 'member')
        from credit_accounts account join users member on member.id = account.user_id
        where member.role = 'member'""",
    ),
    Figure(
        "credits_owed",
        "Credits owed",
        Unit.COUNT,
        "What members had spent already when it was refunded; their next grants pay it off.",
        """select coalesce(sum(account.owed), 0)
        from credit_accounts account join users member on member.id = account.user_id
        where member.role = 'member'""",
    ),
)

_FUNNEL = """
    with joined as (
        select member.created_at,
            (select min(made.finished_at) from generations made
                where made.user_id = member.id and made.status = 'succeeded') as picture,
            (select min(run.finished_at) from remote_jobs run where run.user_id = member.id
                and run.kind = 'training' and run.state = 'succeeded') as training,
            (select min(invoice.created_at) from invoices invoice
                where invoice.user_id = member.id and invoice.amount_paid > 0) as paid
        from users member
        where member.role = 'member' and member.created_at > now() - interval '30 days'),
    steps as (
        select step.* from joined cross join lateral (values
            (1, 'Signed up', joined.created_at, joined.created_at),
            (2, 'First picture', joined.created_at, joined.picture),
            (3, 'First training', joined.created_at, joined.training),
            (4, 'First payment', joined.created_at, joined.paid)
        ) step (place, name, began, reached))
    select name, count(reached), count(reached)::float / nullif(count(*), 0),
        percentile_cont(0.5) within group (
            order by extract(epoch from reached - began) / 3600) filter (where place > 1)
    from steps group by place, name order by place"""
_MARGIN = """
    with paid as (
        select coalesce(invoice.plan, 'other') as plan,
            sum(invoice.amount_paid - invoice.amount_reversed) / 100.0 as usd
        from invoices invoice join users member on member.id = invoice.user_id
        where member.role = 'member' and invoice.currency = 'usd'
            and invoice.created_at > now() - interval '30 days' group by 1),
    work as (
        select plan, engine, sum(made) as made, sum(charged) as charged,
            case when bool_and(made = 0 or cost_usd is not null)
                then coalesce(sum(cost_usd), 0) end as cost,
            sum(sum(charged)) over (partition by plan) as of_plan,
            count(*) over (partition by plan) as engines
        from work_measures where day > (now() at time zone 'utc')::date - 30
        group by plan, engine having sum(made) + sum(charged) > 0),
    shared as (
        select coalesce(work.plan, paid.plan) as plan, coalesce(work.engine, 'none') as engine,
            coalesce(work.made, 0) as made, coalesce(work.charged, 0) as charged,
            case when work.plan is null then 0 else work.cost end as cost,
            coalesce(paid.usd, 0) * case when work.plan is null then 1
                when work.of_plan > 0 then work.charged::float / work.of_plan
                else 1.0 / work.engines end as revenue
        from work full join paid on paid.plan = work.plan)
    select plan, engine, made, charged, revenue::float, cost::float, (revenue - cost)::float
    from shared order by plan, engine"""

SHEETS = (
    Sheet(
        "funnel",
        "From signing up to paying",
        "Members who signed up in the last 30 days and still have their account, and how far they "
        "have come by now. The latest of them had little time yet.",
        (
            Column("step", "Step", Unit.WORD, "A picture counts when it was asked for and made."),
            Column("members", "Members", Unit.COUNT, "How many have come so far."),
            Column("share", "Share", Unit.SHARE, "Of those who signed up."),
            Column("hours", "Hours", Unit.HOURS, "From signing up to there, in the middle."),
        ),
        _FUNNEL,
    ),
    Sheet(
        "margin",
        "Cost and margin, last 30 days",
        "By plan and engine. Cost is what engines take for all images that were made, whoever "
        "asked, administrators and deleted accounts too: it was paid. A GPU of your own "
        "says no price of an image; it is on your bill for machines.",
        (
            Column("plan", "Plan", Unit.WORD, "The member's when the work ended."),
            Column("engine", "Engine", Unit.WORD, "What made the images."),
            Column("images", "Images", Unit.COUNT, "Made, erased ones too."),
            Column("charged", "Credits", Unit.COUNT, "Charged for images and trainings."),
            Column(
                "revenue",
                "Revenue",
                Unit.USD,
                "Received for the plan, shared among engines by the credits charged.",
            ),
            Column("cost", "Cost", Unit.USD, "Empty where an engine does not say its price."),
            Column("margin", "Margin", Unit.USD, "Revenue less cost."),
        ),
        _MARGIN,
    ),
)


async def refresh(session: AsyncSession) -> Business:
    """Counts everything anew and keeps it."""
    values = {each.key: _plain(await session.scalar(text(each.query))) for each in FIGURES}
    rows = {sheet.key: await _rows(session, sheet) for sheet in SHEETS}
    report = await reports.keep(session, name=NAME, value={"values": values, "rows": rows})
    return Business(values, rows, report.made_at)


async def kept(session: AsyncSession) -> Business:
    """As it was last counted; the first time, anew."""
    report = await reports.find(session, name=NAME)
    if report is None or set(report.value["values"]) != {each.key for each in FIGURES}:
        return await refresh(session)
    return Business(report.value["values"], report.value["rows"], report.made_at)


async def is_paying(session: AsyncSession, *, user_id: UUID) -> bool:
    """Whether a member's deletion is a loss of a paying member."""
    query = text(f"select exists (select {_PAYING} and member.id = :id)")
    return bool(await session.scalar(query, {"id": user_id}))


async def _rows(session: AsyncSession, sheet: Sheet) -> list[list[Any]]:
    return [[_plain(cell) for cell in row] for row in await session.execute(text(sheet.query))]


def _plain(value: Any) -> Any:
    """As JSON has it: sums of Postgres are decimals."""
    return value if value is None or isinstance(value, str | int) else float(value)
