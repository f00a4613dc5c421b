"""Which GPU workers were heard of lately, and what they offer together."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import bindparam

from db.models import WorkerKey
from services.deps import Deps
from services.kit import notify
from services.remote import connections

TOPIC = "worker"  # of notices: a worker came, went, or took or brought something
EVERY = timedelta(minutes=1)
AWAY = timedelta(minutes=3)  # without a word; a worker says one every 25 seconds at the latest
TOLD_EVERY = timedelta(seconds=20)  # how exact "last seen" is

# Only what changes something is written, so that heartbeats leave no dead rows behind.
SEEN = text("""
    with before as materialized (
        select id, present, offers from worker_keys where id = :id for no key update
    )
    update worker_keys seen
    set seen_at = now(), present = true, about = :about, offers = :offers
    from before
    where seen.id = before.id and seen.revoked_at is null and (
        not seen.present or seen.seen_at is null or seen.seen_at < now() - :told_every
        or seen.about <> :about or seen.offers <> :offers)
    returning not before.present or before.offers <> :offers""").bindparams(
    bindparam("about", type_=JSONB), bindparam("offers", type_=ARRAY(TEXT))
)
HEARD = text("""
    update worker_keys set seen_at = now()
    where id = :id and revoked_at is null and seen_at < now() - :told_every
    returning true""")
LEFT = text("""
    update worker_keys set present = false
    where present and seen_at < now() - :away returning id""")


async def introduce(
    session: AsyncSession, *, worker_id: UUID, about: Mapping[str, str], offers: Collection[str]
) -> None:
    """A worker asks for work: keeps what it says of itself, and tells where that changes anything.

    The engine of the workers offers from now on what this one does, in every process.
    """
    values = {"id": worker_id, "about": dict(about), "offers": sorted(offers)}
    found = (await session.execute(SEEN, values | {"told_every": TOLD_EVERY})).one_or_none()
    if found is not None:
        await changed(session, worker_id, engines=found[0])


async def heard(session: AsyncSession, *, worker_id: UUID) -> None:
    """A worker reported on its work."""
    if await session.scalar(HEARD, {"id": worker_id, "told_every": TOLD_EVERY}):
        await changed(session, worker_id)


async def offered(session: AsyncSession) -> frozenset[str]:
    """What the workers that are there can do, taken together."""
    each = select(func.unnest(WorkerKey.offers)).where(WorkerKey.present)
    return frozenset(await session.scalars(each))


async def changed(session: AsyncSession, worker_id: UUID, *, engines: bool = False) -> None:
    """Tells the administrators' pages. engines: what the engine of the workers offers changed."""
    await notify.publish(session, topic=TOPIC, id=worker_id, user_id=None)
    if engines:
        await notify.publish(session, topic=connections.TOPIC, id=notify.NOBODY, user_id=None)


async def tick(deps: Deps) -> None:
    """Notices which workers have gone."""
    async with deps.transaction() as session:
        for worker_id in list(await session.scalars(LEFT, {"away": AWAY})):
            await changed(session, worker_id, engines=True)
