"""The state machine of `worker_jobs`: every move is one statement, fenced, by database time.

    queued -> leased -> done | failed | canceled

A lease that ran out is taken as if the job were queued. A claim draws a token; whoever writes has
to show it, so that a worker which was cut off for too long changes nothing when it comes back.
A job that failed is queued again when its run is submitted again.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import bindparam

from services.deps import Deps
from services.errors import Conflict
from services.kit import notify

TOPIC = "worker_job"  # of notices: a job came into the line, or back into it
FIRST_LEASE = timedelta(seconds=20)  # until the first report, in case the answer never arrived
LEASES = {"generate": timedelta(seconds=45), "train": timedelta(minutes=2)}
KEPT = timedelta(days=7)  # a job that has ended
MAX_ATTEMPTS = 5  # claims of a job whose workers all vanished
GIVEN_UP = "crashed: Its GPU workers vanished again and again."

SUBMIT = text("""
    insert into worker_jobs (id, kind, needs, signed_payload, digest)
    values (:id, :kind, :needs, :payload, :digest)
    on conflict (id) do update
    set signed_payload = excluded.signed_payload, needs = excluded.needs, state = 'queued',
        attempts = 0, progress = '{}', reason = null, finished_at = null
    where worker_jobs.digest = excluded.digest and worker_jobs.state in ('queued', 'failed')
    returning true""").bindparams(
    bindparam("payload", type_=JSONB), bindparam("needs", type_=ARRAY(TEXT))
)

KNOWN = text("select digest = :digest from worker_jobs where id = :id")

# Images before trainings (by the alphabet); in each, what came first.
CLAIM = text("""
    update worker_jobs
    set state = 'leased', worker_id = :worker, token = :token, attempts = attempts + 1,
        lease_until = clock_timestamp() + :lease
    where id = (
        select id from worker_jobs
        where (state = 'queued' or (state = 'leased' and lease_until < clock_timestamp()))
            and kind = any(:kinds) and needs <@ :offers and attempts < :max_attempts
            and created_at <= now() - :waited
        order by kind, created_at limit 1 for update skip locked)
    returning id, kind, token, signed_payload""").bindparams(
    bindparam("kinds", type_=ARRAY(TEXT)), bindparam("offers", type_=ARRAY(TEXT))
)

HELD = "where id = :id and worker_id = :worker and token = :token"

REPORT = text(f"""
    update worker_jobs
    set progress = :progress, lease_until = clock_timestamp()
        + case kind when 'train' then :train else :generate end
    {HELD} and state = 'leased' returning true""").bindparams(  # noqa: S608  # fixed texts
    bindparam("progress", type_=JSONB)
)

END = text(f"""
    update worker_jobs
    set state = :state, result = :result, reason = :reason, signed_payload = null,
        lease_until = null, finished_at = clock_timestamp(),
        progress = case when state = 'leased' then progress || :progress else progress end
    {HELD} and state = 'leased' returning true""").bindparams(  # noqa: S608  # fixed texts
    bindparam("result", type_=JSONB(none_as_null=True)), bindparam("progress", type_=JSONB)
)

STATE = text(f"select state from worker_jobs {HELD}")  # noqa: S608  # fixed texts

GIVE_BACK = text(f"""
    update worker_jobs
    set state = 'queued', worker_id = null, token = 0, lease_until = null, attempts = attempts - 1
    {HELD} and state = 'leased' returning true""")  # noqa: S608  # fixed texts

GIVE_BACK_ALL = text("""
    update worker_jobs
    set state = 'queued', worker_id = null, token = 0, lease_until = null, attempts = attempts - 1
    where worker_id = :worker and state = 'leased' returning true""")

CANCEL = text("""
    update worker_jobs
    set state = 'canceled', signed_payload = null, lease_until = null,
        finished_at = clock_timestamp()
    where id = :id and state in ('queued', 'leased') returning worker_id""")

GIVE_UP = text("""
    update worker_jobs
    set state = 'failed', reason = :reason, signed_payload = null, lease_until = null,
        finished_at = clock_timestamp()
    where id = :id and state = 'leased' and lease_until < clock_timestamp()
        and attempts >= :max_attempts""")

LOOK = text("""
    select state, progress, result, reason, lease_until < clock_timestamp() as lapsed
    from worker_jobs where id = :id""")

COUNTS = text("""
    select count(*) filter (where state = 'leased' and lease_until > now()) as running,
        count(*) filter (where state = 'queued' or lease_until <= now()) as waiting
    from worker_jobs where state in ('queued', 'leased')""")

PRUNE = text("""
    delete from worker_jobs where finished_at < now() - :kept""")


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's claim to a job; `token` is what it shows with everything it writes."""

    id: UUID
    worker_id: UUID
    token: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job as its worker is given it; payload as `services.trainer.spec` has it."""

    id: UUID
    kind: str
    token: int
    payload: dict[str, Any]


async def submit(
    session: AsyncSession,
    *,
    id: UUID,
    kind: str,
    needs: Sequence[str],
    payload: Mapping[str, Any],
    digest: str,
) -> None:
    """Puts a job into the line; the same again changes nothing but its addresses.

    needs: what a worker has to offer. Raises Conflict where the id was used for other work,
    IntegrityError where its run is gone.
    """
    values = {"id": id, "kind": kind, "needs": list(needs), "payload": dict(payload)}
    if await session.scalar(SUBMIT, values | {"digest": digest}):
        await _queued(session, id)
    elif not await session.scalar(KNOWN, {"id": id, "digest": digest}):
        raise Conflict("This id was used for another job.")


async def claim(
    session: AsyncSession,
    *,
    worker_id: UUID,
    kinds: Collection[str],
    offers: Collection[str],
    waited: timedelta = timedelta(),
) -> Claimed | None:
    """Leases the next job that a worker can do, images before trainings.

    waited: how long a job has to have waited: a busy worker leaves it to one that is free.
    """
    values = {
        "worker": worker_id,
        "kinds": list(kinds),
        "offers": list(offers),
        "waited": waited,
        "token": secrets.randbits(63),
        "lease": FIRST_LEASE,
        "max_attempts": MAX_ATTEMPTS,
    }
    row = (await session.execute(CLAIM, values)).one_or_none()
    return Claimed(row.id, row.kind, row.token, row.signed_payload) if row else None


async def report(session: AsyncSession, lease: Lease, *, progress: Mapping[str, Any]) -> bool:
    """Keeps a worker's progress and its lease; False where the job was canceled.

    Raises Conflict where the job is another worker's by now.
    """
    values = _held(lease) | LEASES | {"progress": dict(progress)}
    return bool(await session.scalar(REPORT, values)) or await _refused(session, lease)


async def finish(
    session: AsyncSession, lease: Lease, *, result: Mapping[str, Any], progress: Mapping[str, Any]
) -> bool:
    """Ends a job with what it brought; safe to repeat. False where the job was canceled.

    Raises Conflict where the job is another worker's by now.
    """
    return await _end(session, lease, "done", result=dict(result), progress=dict(progress))


async def fail(session: AsyncSession, lease: Lease, *, reason: str) -> bool:
    """Ends a job without a result; safe to repeat. reason: `code: plain words`.

    False where the job was canceled. Raises Conflict where it is another worker's by now.
    """
    return await _end(session, lease, "failed", reason=reason, progress={"error": reason})


async def give_back(session: AsyncSession, lease: Lease) -> None:
    """A worker that stops lets others have the job at once, or nothing where it lost it."""
    if await session.scalar(GIVE_BACK, _held(lease)):
        await _queued(session, lease.id)


async def give_back_all(session: AsyncSession, *, worker_id: UUID) -> None:
    """Takes everything from a worker that may no longer hold anything."""
    if (await session.scalars(GIVE_BACK_ALL, {"worker": worker_id})).all():
        await _queued(session, notify.NOBODY)


async def cancel(session: AsyncSession, *, id: UUID) -> bool:
    """Ends a job for good; its worker hears of it with its next report. False: it has ended."""
    return (await session.execute(CANCEL, {"id": id})).one_or_none() is not None


async def look(session: AsyncSession, *, id: UUID) -> Row[Any] | None:
    """state, progress, result, reason and whether its lease ran out; None: there is none."""
    given_up = {"id": id, "reason": GIVEN_UP, "max_attempts": MAX_ATTEMPTS}
    await session.execute(GIVE_UP, given_up)
    return (await session.execute(LOOK, {"id": id})).one_or_none()


async def counts(session: AsyncSession) -> tuple[int, int]:
    """How many jobs run and wait."""
    row = (await session.execute(COUNTS)).one()
    return row.running, row.waiting


async def prune(session: AsyncSession, _deps: Deps) -> None:
    """Forgets jobs that ended long ago: their runs say what came of them."""
    await session.execute(PRUNE, {"kept": KEPT})


def _held(lease: Lease) -> dict[str, Any]:
    return {"id": lease.id, "worker": lease.worker_id, "token": lease.token}


async def _end(session: AsyncSession, lease: Lease, state: str, **values: Any) -> bool:
    given = {"result": None, "reason": None} | values | {"state": state}
    if await session.scalar(END, _held(lease) | given):
        return True
    return await _refused(session, lease, repeated=state)


async def _refused(session: AsyncSession, lease: Lease, *, repeated: str = "") -> bool:
    """Why a lease wrote nothing: True for a repeat, False for a canceled job. Raises Conflict."""
    state = await session.scalar(STATE, _held(lease))
    if state in {repeated, "canceled"}:
        return bool(state == repeated)
    raise Conflict("This job is no longer this worker's.")


async def _queued(session: AsyncSession, id: UUID) -> None:
    await notify.publish(session, topic=TOPIC, id=id, user_id=None)
