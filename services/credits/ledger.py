"""The credit ledger: two-sided, append-only, whole credits; one credit makes one image.

Accounts of a member: `available`, `held` (set aside for work in progress) and `owed` (taken back
after it was spent). The other accounts say where credits come from and go: `issued`, `included`
(an unlimited plan pays), `spent`, `withdrawn`. A reference names what a movement is for, such as
`generation:<id>`; the same movement for the same reference happens once.
Every movement first locks the member's account, so no interleaving overdraws it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, case, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import CreditAccount, CreditEntry, CreditHold, PastMember, PlanRow, User
from services.credits import plans
from services.errors import Conflict, InsufficientCredits, LimitReached, NotFound
from services.kit import notify

PAGE = 50


@dataclass(frozen=True, slots=True)
class Balance:
    """Whole credits. available: None on an unlimited plan. owed: paid off by the next grants."""

    available: int | None
    held: int
    owed: int = 0


@dataclass(frozen=True, slots=True)
class EntryView:
    """One movement. change: what it did to the available credits, which then were `after`."""

    id: int
    at: datetime
    kind: str
    credits: int
    change: int
    after: int
    reference: str
    reason: str


async def balance(session: AsyncSession, *, user_id: UUID) -> Balance:
    """Return the member's balance; the first call opens the member's account."""
    if found := await opened(session, user_id=user_id):
        return found
    plan, account = await plans.of_user(session, user_id=user_id), await _lock(session, user_id)
    return _balance(plan.unlimited, account.available, account.held, account.owed)


async def opened(session: AsyncSession, *, user_id: UUID) -> Balance | None:
    """Return the balance of an open account, or None; one statement, which changes nothing."""
    row = (await session.execute(_OPENED, {"user_id": user_id})).one_or_none()
    return _balance(*row) if row else None


def _balance(unlimited: bool, available: int, held: int, owed: int) -> Balance:
    return Balance(None if unlimited else available, held, owed)


# built once: every page asks it
_OPENED = (
    select(
        PlanRow.unlimited,
        CreditAccount.available,
        CreditAccount.held,
        CreditAccount.owed,
    )
    .select_from(CreditAccount)
    .join(User, User.id == CreditAccount.user_id)
    .join(PlanRow, PlanRow.name == func.coalesce(User.plan, plans.DEFAULT))
    .where(User.id == bindparam("user_id"))
)


async def reserve(
    session: AsyncSession, *, user_id: UUID, credits: int, reference: str, purpose: str
) -> None:
    """Hold credits in the transaction that enqueues the work; a repeat changes nothing.

    purpose: what the member reads in the statement. Raises InsufficientCredits, LimitReached,
    Conflict.
    """
    account = await _lock(session, user_id)
    if hold := await session.get(CreditHold, reference):
        if (hold.user_id, hold.amount) != (user_id, credits):
            raise Conflict("This was already paid for in another way.")
        return
    plan = await plans.of_user(session, user_id=user_id)
    if plan.unlimited:
        await _check_fair_use(session, plan, user_id=user_id, credits=credits)
    elif account.available < credits:
        raise short_of(credits, available=account.available)
    source = "included" if plan.unlimited else "available"
    session.add(
        CreditHold(
            reference=reference, user_id=user_id, amount=credits, source=source, purpose=purpose
        )
    )
    await _move(session, account, "reserve", source, "held", credits, reference, purpose)


async def capture(
    session: AsyncSession, *, reference: str, credits: int, given_back: str = ""
) -> bool:
    """Close a hold: spend `credits` of it and release the rest; return False if already closed.

    credits: 0 to the amount held. given_back: the reason for the release, for the statement.
    Raises LookupError if nothing was reserved, ValueError if `credits` is out of range.
    """
    user_id = await session.scalar(
        select(CreditHold.user_id).where(CreditHold.reference == reference)
    )
    if user_id is None:
        raise LookupError(f"nothing was reserved for {reference}")
    account = await _lock(session, user_id)
    hold = await session.get_one(CreditHold, reference, populate_existing=True)
    if hold.closed_at is not None:
        return False
    if not 0 <= credits <= hold.amount:
        raise ValueError(f"{credits} of {hold.amount} credits cannot be captured")
    hold.captured = credits
    hold.closed_at = await _now(session)
    rest = hold.amount - credits
    await _move(session, account, "capture", "held", "spent", credits, reference, hold.purpose)
    why = f"{hold.purpose}: {given_back}" if given_back else hold.purpose
    await _move(session, account, "release", "held", hold.source, rest, reference, why)
    return True


async def captured(session: AsyncSession, *, references: Sequence[str]) -> dict[str, int]:
    """Return how many credits were spent of each closed hold, by reference."""
    query = select(CreditHold.reference, CreditHold.captured).where(
        CreditHold.reference.in_(references), CreditHold.closed_at.is_not(None)
    )
    return dict((await session.execute(query)).all())


async def release(session: AsyncSession, *, reference: str) -> bool:
    """Release a whole hold; return False if it was already closed."""
    return await capture(session, reference=reference, credits=0)


async def grant(
    session: AsyncSession, *, user_id: UUID, credits: int, reference: str, reason: str
) -> bool:
    """Issue credits once for a reference, and pay off what is owed; return False for a repeat."""
    account = await _lock(session, user_id)
    if await _happened(session, reference, "grant"):
        return False
    await _issue(session, account, credits, reference, reason)
    return True


async def debit(
    session: AsyncSession, *, user_id: UUID, credits: int, reference: str, reason: str
) -> bool:
    """Take credits back (refund, dispute) once for a reference; return False for a repeat.

    Credits that were already spent become owed, so that the balance is never below 0.
    """
    account = await _lock(session, user_id)
    if await taken_back(session, reference=reference):
        return False
    taken = min(credits, account.available)
    owed = credits - taken
    await _move(session, account, "debit", "available", "withdrawn", taken, reference, reason)
    await _move(session, account, "debt", "owed", "withdrawn", owed, reference, reason)
    return True


async def taken_back(session: AsyncSession, *, reference: str) -> int:
    """Return how many credits the debit for this reference took, owed ones included; 0 for none."""
    return await _sum(session, [reference], "debit", "debt")


async def granted(session: AsyncSession, *, references: Sequence[str]) -> int:
    """Return how many credits were granted for all these references together."""
    return await _sum(session, references, "grant")


async def statement(
    session: AsyncSession, *, user_id: UUID, before: int | None = None, limit: int = PAGE
) -> list[EntryView]:
    """Return the member's movements, newest first; `before`: the previous page's last id."""
    query = select(CreditEntry).where(CreditEntry.user_id == user_id)
    if before is not None:
        query = query.where(CreditEntry.id < before)
    entries = await session.scalars(query.order_by(CreditEntry.id.desc()).limit(limit))
    return [_entry_view(entry) for entry in entries]


def _entry_view(entry: CreditEntry) -> EntryView:
    sign = (entry.target == "available") - (entry.source == "available")
    return EntryView(
        id=entry.id,
        at=entry.created_at,
        kind=entry.kind,
        credits=entry.amount,
        change=sign * entry.amount,
        after=entry.available_after,
        reference=entry.reference,
        reason=entry.reason,
    )


async def _lock(session: AsyncSession, user_id: UUID) -> CreditAccount:
    """Return the member's account, locked until the transaction ends; open it if there is none.

    Raises NotFound if the member was deleted meanwhile.
    """
    if account := await _locked(session, user_id):
        return account
    # waits for somebody who is deleting the member, as the reference to the member would
    member = select(User.id).where(User.id == user_id).with_for_update(read=True, key_share=True)
    opened = await session.scalar(
        insert(CreditAccount)
        .from_select(["user_id"], member)
        .on_conflict_do_nothing()
        .returning(CreditAccount.user_id)
    )
    account = await _locked(session, user_id)
    if account is None:
        raise NotFound("There is no such member.")
    if opened:
        await _grant_plan(session, account)
        await _take_back_repeated(session, account)
    return account


async def _locked(session: AsyncSession, user_id: UUID) -> CreditAccount | None:
    return await session.get(CreditAccount, user_id, populate_existing=True, with_for_update=True)


async def _take_back_repeated(session: AsyncSession, account: CreditAccount) -> None:
    """Take back what an earlier account of the address had used of a plan's first grants."""
    query = select(PastMember).where(
        PastMember.user_id == account.user_id, PastMember.expires_at > func.now()
    )
    past = await session.scalar(query)
    plan = await plans.of_user(session, user_id=account.user_id)
    if past is None or plan.name not in past.plans:
        return
    repeated = account.available
    today = (await _now(session)).date()
    if past.renews_at and past.renews_at.date() > today:  # grants are told apart by their day
        account.renews_at = past.renews_at
    elif plan.credits_monthly:  # a new month has begun since
        repeated -= plan.credits_monthly
    reference = f"plan:{plan.name}:{account.user_id}:again"
    taken = max(0, repeated - past.left)
    reason = "Given to this address before"
    await _move(session, account, "debit", "available", "withdrawn", taken, reference, reason)


async def grant_plan(session: AsyncSession, *, user_id: UUID) -> None:
    """Grant what the member's plan gives at its start; grant `credits_once` only once a plan."""
    await _grant_plan(session, await _lock(session, user_id))


async def renew_plan(session: AsyncSession, *, user_id: UUID) -> None:
    """Grant the months that began since the last grant, and what a changed plan gives."""
    account = await _lock(session, user_id)
    plan = await plans.of_user(session, user_id=user_id)
    await _grant_once(session, account, plan)
    if plan.credits_monthly and account.renews_at is None:
        await _grant_month(session, account, plan, since=await _now(session))
    while account.renews_at and account.renews_at <= await _now(session):
        await _grant_month(session, account, plan, since=account.renews_at)


async def _grant_plan(session: AsyncSession, account: CreditAccount) -> None:
    plan = await plans.of_user(session, user_id=account.user_id)
    await _grant_once(session, account, plan)
    account.renews_at = None
    if plan.credits_monthly:
        await _grant_month(session, account, plan, since=await _now(session))


async def _grant_once(session: AsyncSession, account: CreditAccount, plan: plans.Plan) -> None:
    reference = f"plan:{plan.name}:{account.user_id}"
    if not await _happened(session, reference, "grant"):
        await _issue(session, account, plan.credits_once, reference, f"Plan {plan.title}")


async def _grant_month(
    session: AsyncSession, account: CreditAccount, plan: plans.Plan, *, since: datetime
) -> None:
    reference = f"plan:{plan.name}:{account.user_id}:{since:%Y-%m-%d}"
    if not await _happened(session, reference, "grant"):
        reason = f"Plan {plan.title}, month from {since.day} {since:%B %Y}"
        await _issue(session, account, plan.credits_monthly, reference, reason)
    month = text("select cast(:since as timestamptz) + interval '1 month'")
    account.renews_at = await session.scalar(month, {"since": since})


async def _issue(
    session: AsyncSession, account: CreditAccount, credits: int, reference: str, reason: str
) -> None:
    """Grant credits, and pay off what is owed."""
    await _move(session, account, "grant", "issued", "available", credits, reference, reason)
    repaid = min(account.owed, account.available)
    await _move(session, account, "repay", "available", "owed", repaid, reference, reason)


async def _move(
    session: AsyncSession,
    account: CreditAccount,
    kind: str,
    source: str,
    target: str,
    amount: int,
    reference: str,
    reason: str,
) -> None:
    """Write one entry and both its sides into the locked account; an amount of 0 writes nothing."""
    if amount < 0:
        raise ValueError("credits move forward only")
    if amount == 0:
        return
    account.available += amount * ((target == "available") - (source == "available"))
    account.held += amount * ((target == "held") - (source == "held"))
    account.owed += amount * ((source == "owed") - (target == "owed"))
    session.add(
        CreditEntry(
            user_id=account.user_id,
            kind=kind,
            source=source,
            target=target,
            amount=amount,
            available_after=account.available,
            reference=reference,
            reason=reason,
        )
    )
    await session.flush()
    await notify.publish(session, topic="credits", id=account.user_id, user_id=account.user_id)


async def _happened(session: AsyncSession, reference: str, kind: str) -> bool:
    return await _sum(session, [reference], kind) > 0


async def _sum(session: AsyncSession, references: Sequence[str], *kinds: str) -> int:
    """Return the credits of all entries of these references and kinds; 0 for none."""
    query = select(func.coalesce(func.sum(CreditEntry.amount), 0)).where(
        CreditEntry.reference.in_(references), CreditEntry.kind.in_(kinds)
    )
    return int(await session.scalar(query) or 0)


async def _check_fair_use(
    session: AsyncSession, plan: plans.Plan, *, user_id: UUID, credits: int
) -> None:
    if plan.fair_use_monthly is None:
        return
    used = await used_this_month(session, user_id=user_id)
    if used + credits > plan.fair_use_monthly:
        raise LimitReached(
            f"Fair use of the plan {plan.title} is {plan.fair_use_monthly} images a month, and "
            f"{used} are used. It starts anew on the 1st; the operator can raise it.",
            limit=plan.fair_use_monthly,
            used=used,
        )


async def used_this_month(session: AsyncSession, *, user_id: UUID) -> int:
    """Credits spent or held since the 1st of the month (UTC)."""
    counted = case((CreditHold.closed_at.is_(None), CreditHold.amount), else_=CreditHold.captured)
    query = select(func.coalesce(func.sum(counted), 0)).where(
        CreditHold.user_id == user_id,
        CreditHold.created_at >= func.date_trunc("month", func.now()),
    )
    return int(await session.scalar(query) or 0)


async def _now(session: AsyncSession) -> datetime:
    return (await session.execute(select(func.now()))).scalar_one()


def short_of(credits: int, *, available: int) -> InsufficientCredits:
    """What is said where the balance does not cover a price."""
    return InsufficientCredits(
        f"This needs {counted(credits)} and you have {available}. Larger plans are under Billing.",
        needed=credits,
        available=available,
    )


def counted(credits: int) -> str:
    """As a sentence has it: 1 credit, 2 credits."""
    return "1 credit" if credits == 1 else f"{credits} credits"
