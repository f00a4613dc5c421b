"""The ledger's own audit: what is held, what moved, and whether all of it adds up."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.figures import reports

NAME = "ledger"

FIGURES = text("""
    select count(*) as open_holds, coalesce(sum(amount), 0) as held, min(created_at) as oldest_hold
    from credit_holds where closed_at is null""")
MOVED = text("""
    select coalesce(sum(amount) filter (where kind = 'grant'), 0) as granted,
        coalesce(sum(amount) filter (where kind = 'capture'), 0) as spent
    from credit_entries where created_at > now() - interval '30 days'""")

# Each names a promise, and finds the members for whom it is broken.
INVARIANTS = {
    "Available credits are the sum of their entries": """
        select user_id from credit_accounts account where available <> (
            select coalesce(sum(case when target = 'available' then amount
                when source = 'available' then -amount end), 0)
            from credit_entries entry where entry.user_id = account.user_id)""",
    "Held credits are the sum of their entries": """
        select user_id from credit_accounts account where held <> (
            select coalesce(sum(case when target = 'held' then amount
                when source = 'held' then -amount end), 0)
            from credit_entries entry where entry.user_id = account.user_id)""",
    "Held credits are those of the open holds": """
        select user_id from credit_accounts account where held <> (
            select coalesce(sum(amount), 0) from credit_holds hold
            where hold.user_id = account.user_id and closed_at is null)""",
    "Owed credits are the sum of their entries": """
        select user_id from credit_accounts account where owed <> (
            select coalesce(sum(case when source = 'owed' then amount
                when target = 'owed' then -amount end), 0)
            from credit_entries entry where entry.user_id = account.user_id)""",
    "No balance is below zero": """
        select user_id from credit_accounts where least(available, held, owed) < 0""",
    "Every closed hold was captured and released to the last credit, once": """
        select user_id from credit_holds hold where closed_at is not null and amount <> (
            select coalesce(sum(amount), 0) from credit_entries entry
            where entry.reference = hold.reference and kind in ('capture', 'release'))""",
    "What was captured is what the hold says": """
        select user_id from credit_holds hold where captured <> (
            select coalesce(sum(amount), 0) from credit_entries entry
            where entry.reference = hold.reference and kind = 'capture')""",
}


@dataclass(frozen=True, slots=True)
class LedgerView:
    """Whole credits; granted and spent in the last 30 days. broken: {promise: members}."""

    open_holds: int
    held: int
    oldest_hold: datetime | None
    granted: int
    spent: int
    broken: dict[str, int]


async def reckon(session: AsyncSession) -> LedgerView:
    """Reads the figures and checks every invariant, over the whole ledger."""
    holds = (await session.execute(FIGURES)).one()
    moved = (await session.execute(MOVED)).one()
    broken = {}
    for promise, query in INVARIANTS.items():
        if members := len((await session.execute(text(query))).all()):
            broken[promise] = members
    return LedgerView(
        open_holds=holds.open_holds,
        held=holds.held,
        oldest_hold=holds.oldest_hold,
        granted=moved.granted,
        spent=moved.spent,
        broken=broken,
    )


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What the ledger was found to be at a time."""

    view: LedgerView
    at: datetime


async def refresh(session: AsyncSession) -> Reckoning:
    """Reckons anew and keeps the answer: it reads the whole ledger, so nothing asks it often."""
    view = await reckon(session)
    value = asdict(view)
    value["oldest_hold"] = view.oldest_hold and view.oldest_hold.isoformat()
    report = await reports.keep(session, name=NAME, value=value)
    return Reckoning(view, report.made_at)


async def kept(session: AsyncSession) -> Reckoning:
    """The last answer that was kept; the first time, a new one."""
    report = await reports.find(session, name=NAME)
    if report is None:
        return await refresh(session)
    value = dict(report.value)
    if value["oldest_hold"]:
        value["oldest_hold"] = datetime.fromisoformat(value["oldest_hold"])
    return Reckoning(LedgerView(**value), report.made_at)
