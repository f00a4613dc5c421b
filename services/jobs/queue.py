"""The state machine of `job_queue`: each transition is one fenced statement in database time.

    waiting -> queued -> leased -> done | failed | canceled | dead

waiting: not before `run_at` (a delay, a retry, a run in progress). queued: ready to be claimed.
failed: the handler said that a retry won't help. dead: all attempts are used up.
A token identifies a lease. Each write on a leased job has to show the token, so that a worker
which was paused or cut off for too long changes nothing when it comes back.

The queue is self-clocked fair queueing (Golestani 1994): members take turns. A job gets its
`turn` when it becomes queued: the later of the clock (the last turn served) and its flow's last
turn, plus the price of its priority. A claim then takes the lowest turns.
"""

import secrets
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import bindparam

from services.deps import Transaction
from services.kit import notify

Lease = tuple[UUID, int]  # job id, token

# The clock, or the flow's last turn if that is later. Turns before the clock are not read, which
# also keeps the scan short when an old snapshot keeps dead rows alive.
LAST_TURN = """greatest(clock.last_value, (
    select max(turn) from job_queue ahead
    where ahead.state = 'queued' and ahead.flow = {flow} and ahead.turn > clock.last_value))"""
PRICE = "power(8, 1 - {priority})::bigint"

ENQUEUE = text(
    f"""
    with queued as (insert into job_queue
        (id, kind, payload, user_id, priority, flow, dedupe_key, needs, run_at, state, turn)
    select new.*, now() + delay,
        case when delay > interval '0' then 'waiting' else 'queued' end,
        case when delay <= interval '0'
            then {LAST_TURN.format(flow="new.flow")} + {PRICE.format(priority="priority")} end
    from job_turn clock, (select
        cast(:id as uuid), cast(:kind as text), :payload, cast(:user_id as uuid),
        cast(:priority as smallint) as priority, cast(:flow as text) as flow,
        cast(:dedupe_key as text), cast(:needs as text)) as new,
        (select cast(:delay as interval) as delay) as later
    on conflict (kind, dedupe_key)
        where state in ('waiting', 'queued', 'leased') and dedupe_key is not null
    do nothing
    returning id)
    select id, pg_notify(:channel, :notice) from queued"""  # noqa: S608  # made of fixed texts
).bindparams(bindparam("payload", type_=JSONB))

FIND_OPEN = text("""
    select id from job_queue
    where kind = :kind and dedupe_key = :dedupe_key and state in ('waiting', 'queued', 'leased')""")

PROMOTE = text(f"""
    with due as materialized (
        select id from job_queue
        where state = 'waiting' and run_at <= now() and run_at > now() - :since
        order by run_at limit 500 for update skip locked
    ), clock as materialized (select last_value from job_turn
    ), places as (
        select id, row_number() over (partition by flow, priority order by run_at) as place
        from job_queue where id = any(array(select id from due))
    )
    update job_queue job
    set state = 'queued',
        turn = {LAST_TURN.format(flow="job.flow")}
            + place * {PRICE.format(priority="job.priority")}
    from places, clock
    where job.id = any(array(select id from due)) and job.id = places.id""")  # noqa: S608

# A claim does not wait for the disk: the handler's next commit flushes the claim first. If the
# server crashes before that, the claim is lost; its random token is never reused.
CLAIM = text("""
    with claimed as (
        update job_queue
        set state = 'leased', attempts = attempts + 1, lease_token = :token,
            lease_owner = :owner, lease_until = now() + :lease,
            started_at = coalesce(started_at, now())
        where id = any(array(
            select id from job_queue
            where state = 'queued' and kind = any(:kinds) and (turn, run_at) >= (:turn, :run_at)
                and (needs is null or needs = any(:offers))
            order by turn, run_at limit :slots for update skip locked))
        returning id, kind, payload, user_id, attempts, lease_token, turn, run_at
    ), clock as (
        select setval('job_turn', greatest(max(turn), (select last_value from job_turn))) as at,
            set_config('synchronous_commit', 'off', true) as flush
        from claimed
    )
    select claimed.* from claimed, clock
    where clock.at > 0 and clock.flush = 'off' order by turn, run_at""")

LOCK_LEASE = text("""
    select true from job_queue
    where id = :id and lease_token = :token and state = 'leased' for no key update""")

RENEW = text("""
    update job_queue job set lease_until = now() + :lease
    from unnest(cast(:ids as uuid[]), cast(:tokens as bigint[])) held (id, token)
    where job.id = held.id and lease_token = held.token and state = 'leased'
    returning job.id""")

FINISH = text("""
    update job_queue job
    set state = 'done', finished_at = clock_timestamp(), lease_until = null, reason = null
    from unnest(cast(:ids as uuid[]), cast(:tokens as bigint[])) held (id, token)
    where job.id = held.id and lease_token = held.token and state = 'leased'
    returning job.id""")

END = text("""
    update job_queue
    set state = :state, reason = :reason, finished_at = clock_timestamp(), lease_until = null
    where id = :id and lease_token = :token and state = 'leased' returning true""")

# A job that waits continues in a flow of its own, ahead of the member's jobs not yet started.
WAIT = text("""
    update job_queue
    set state = 'waiting', lease_until = null, turn = null,
        run_at = clock_timestamp() + :delay * (1 + :jitter * (random() - 0.5)),
        attempts = attempts - :refund, reason = coalesce(cast(:reason as text), reason),
        needs = coalesce(cast(:needs as text), needs),
        flow = coalesce(user_id::text, '') || '/again'
    where id = :id and lease_token = :token and state = 'leased' returning true""")

CANCEL = text("""
    update job_queue set state = 'canceled', finished_at = clock_timestamp(), lease_until = null
    where id = :id and state in ('waiting', 'queued', 'leased') returning user_id""")

EXPIRED = text("""
    select id, kind, payload, user_id, attempts, lease_token from job_queue
    where state = 'leased' and lease_until < clock_timestamp() and kind = any(:kinds)
    order by lease_until limit 1 for update skip locked""")

ANNOUNCE = text("""
    insert into job_offers (name, since, seen_at)
    select name, now(), now() from unnest(cast(:offers as text[])) name order by name
    on conflict (name) do update set seen_at = now(),
        since = case when job_offers.seen_at > now() - :silence then job_offers.since
            else now() end""")

# Only if some offer is older than PATIENCE: after a start, later processes get that time.
UNMET = text("""
    select id, kind, needs from (
        select id, kind, needs, turn from job_queue where state = 'queued'
        union all select id, kind, needs, turn from job_queue
            where state = 'leased' and lease_until < now()
    ) ready
    where needs is not null
        and exists (select from job_offers
            where since < now() - :patience and seen_at > now() - :silence)
        and needs not in (select name from job_offers where seen_at > now() - :patience)
    order by turn""")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the queue; a claim that starts at it skips what was claimed long ago."""

    turn: int
    run_at: datetime | str


FRONT = Place(0, "-infinity")
SILENCE = timedelta(minutes=1)  # a running process announces its offers several times in it
PATIENCE = timedelta(minutes=5)  # for processes that are being replaced, say


@asynccontextmanager
async def autocommit(transaction: Transaction) -> AsyncIterator[AsyncSession]:
    """Open a session in which each statement commits by itself, which saves two round trips."""
    async with transaction() as session:
        await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        yield session


async def enqueue(
    session: AsyncSession,
    *,
    kind: str,
    payload: Mapping[str, Any],
    user_id: UUID | None = None,
    dedupe_key: str | None = None,
    needs: str | None = None,
    priority: int = 0,
    delay: timedelta = timedelta(),
) -> UUID:
    """Enqueue a job in the caller's transaction: the job exists only if the transaction commits.

    Returns the job's id, or the id of the open job of this kind with the same dedupe_key.
    priority: a `Priority`. user_id: the member whose turn the job uses; None for the system.
    needs: one of a process's `offers`; a process without it leaves the job to others.
    """
    row = {
        "kind": kind,
        "payload": dict(payload),
        "user_id": user_id,
        "dedupe_key": dedupe_key,
        "needs": needs,
        "priority": priority,
        "flow": f"{user_id or ''}/{int(priority)}",
        "delay": delay,
    }
    id = uuid4()
    notice = {"channel": notify.CHANNEL, "notice": notify.notice("job", id, user_id)}
    found: UUID | None = None
    while found is None:  # the open job may end between the two statements
        found = await session.scalar(ENQUEUE, row | notice | {"id": id})
        found = found or await session.scalar(FIND_OPEN, {"kind": kind, "dedupe_key": dedupe_key})
    return found


async def cancel(session: AsyncSession, *, job_id: UUID) -> bool:
    """End an open job at once and fence off its handler's later writes; return True if it was open.

    The worker interrupts the handler at its next heartbeat.
    Lock order: cancel before `ledger.release`.
    """
    row = (await session.execute(CANCEL, {"id": job_id})).one_or_none()
    if row:
        await notify.publish(session, topic="job", id=job_id, user_id=row.user_id)
    return row is not None


async def promote(session: AsyncSession, *, since: timedelta) -> None:
    """Move waiting jobs that came due at most `since` ago to queued, at the next turns."""
    await session.execute(PROMOTE, {"since": since})


async def claim(
    session: AsyncSession,
    *,
    owner: str,
    kinds: Sequence[str],
    slots: int,
    lease: timedelta,
    offers: Collection[str] = (),
    start: Place = FRONT,
) -> Sequence[Row[Any]]:
    """Lease at most `slots` jobs of these kinds to `owner`, lowest turns first.

    offers: what the owner has; it leaves jobs that need anything else to others.
    """
    values = {"owner": owner, "kinds": list(kinds), "slots": slots, "lease": lease}
    values["offers"] = list(offers)
    place = {"turn": start.turn, "run_at": start.run_at}
    token = secrets.randbits(63)
    return (await session.execute(CLAIM, values | place | {"token": token})).all()


async def lock_lease(session: AsyncSession, *, job_id: UUID, token: int) -> bool:
    """Return whether the lease is still held; if so, lock it until the transaction ends."""
    return bool(await session.scalar(LOCK_LEASE, {"id": job_id, "token": token}))


async def renew(session: AsyncSession, *, leases: Sequence[Lease], lease: timedelta) -> set[UUID]:
    """Renew leases; return the ids of the jobs whose leases are still held."""
    return set(await session.scalars(RENEW, _columns(leases) | {"lease": lease}))


async def finish(session: AsyncSession, *, leases: Sequence[Lease]) -> set[UUID]:
    """Mark leased jobs done; return the ids of the jobs whose leases were still held."""
    finished = set(await session.scalars(FINISH, _columns(leases)))
    if finished:
        await notify.publish(session, topic="queue", id=leases[0][0], user_id=None)
    return finished


async def end(session: AsyncSession, *, job_id: UUID, token: int, state: str, reason: str) -> bool:
    """End a leased job as `failed` or `dead`; return False if its lease is lost."""
    values = {"id": job_id, "token": token, "state": state, "reason": reason}
    await notify.publish(session, topic="queue", id=job_id, user_id=None)
    return bool(await session.scalar(END, values))


async def wait(
    session: AsyncSession,
    *,
    job_id: UUID,
    token: int,
    delay: timedelta,
    refund: bool = False,
    jitter: float = 0.0,
    reason: str | None = None,
    needs: str | None = None,
) -> bool:
    """Make a leased job wait for `delay`; return False if its lease is lost.

    refund: count no attempt. jitter: width of the random part of the delay, as a share of it.
    needs: what the job needs from now on; None keeps the need it has.
    """
    values = {"id": job_id, "token": token, "delay": delay, "jitter": jitter}
    values |= {"refund": int(refund), "reason": reason, "needs": needs}
    return bool(await session.scalar(WAIT, values))


async def lock_expired(session: AsyncSession, *, kinds: Sequence[str]) -> Row[Any] | None:
    """Lock and return one job of these kinds whose lease has expired, or None."""
    return (await session.execute(EXPIRED, {"kinds": list(kinds)})).one_or_none()


async def announce(session: AsyncSession, *, offers: Collection[str]) -> None:
    """Record that a process that works jobs has these offers now."""
    await session.execute(ANNOUNCE, {"offers": sorted(offers), "silence": SILENCE})


async def unmet(session: AsyncSession) -> Sequence[Row[Any]]:
    """Return ready jobs (id, kind, needs) whose need no process has offered for PATIENCE."""
    values = {"silence": SILENCE, "patience": PATIENCE}
    return (await session.execute(UNMET, values)).all()


def _columns(leases: Sequence[Lease]) -> dict[str, Any]:
    return {"ids": [id for id, _ in leases], "tokens": [token for _, token in leases]}
