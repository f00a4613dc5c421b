"""The tick that sends to the analytics how far new members have come.

It reads rows that exist anyway: no request waits for it or fails because of it. Members who
registered while the analytics were off are never counted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import FunnelMember, User
from services.analytics.base import Event, Step
from services.deps import Deps

EVERY = timedelta(minutes=5)
NEWCOMERS = timedelta(days=1)  # time after registering within which a member is first counted
FOLLOWED = timedelta(days=90)  # time after registering within which steps are sent

_REACHED = text(
    """
    select m.user_id, m.random_id, m.steps, u.created_at as registered,
        (select min(p.created_at) from training_images p where p.user_id = u.id) as first_photo,
        (select i.created_at from generated_images i where i.user_id = u.id
            order by i.created_at limit 1) as first_picture,
        (select i.created_at from generated_images i where i.user_id = u.id
            order by i.created_at offset 1 limit 1) as second_picture,
        (select min(t.queued_at) from user_models t where t.user_id = u.id) as training,
        (select min(s.created_at) from subscriptions s where s.user_id = u.id) as plan
    from funnel_members m join users u on u.id = m.user_id
    where u.created_at > :since and cardinality(m.steps) < :all
    """
)
_STEPS = tuple(step for step in Step if step is not Step.LANDING)


async def tick(deps: Deps) -> None:
    """Send new steps; steps that could not be sent are sent the next time, under the same ids."""
    if not deps.analytics.enabled:
        return
    async with deps.transaction() as session:
        await _assign_random_ids(session, deps)
    async with deps.reading() as session:
        since = {"since": deps.now() - FOLLOWED, "all": len(_STEPS)}
        rows = (await session.execute(_REACHED, since)).mappings().all()
    new = {row["user_id"]: events for row in rows if (events := _events(row))}
    for events in new.values():
        for event in events:
            deps.analytics.record(event)
    if new and await deps.analytics.delivered():
        async with deps.transaction() as session:
            await _mark(session, new)


async def _assign_random_ids(session: AsyncSession, deps: Deps) -> None:
    """Give each new member a random id."""
    known = select(FunnelMember.user_id)
    recent = User.created_at > deps.now() - NEWCOMERS
    new = (await session.scalars(select(User.id).where(recent, User.id.not_in(known)))).all()
    if new:
        rows = [{"user_id": id, "random_id": deps.new_id()} for id in new]
        await session.execute(insert(FunnelMember), rows)


def _events(row: Mapping[Any, Any]) -> list[Event]:
    """Return the steps that a member took and that were not sent yet."""
    who: UUID = row["random_id"]
    reached: dict[Step, datetime | None] = {step: row[step.value] for step in _STEPS}
    return [
        Event(uuid5(who, step), who, step, at)
        for step, at in reached.items()
        if at and step not in row["steps"]
    ]


async def _mark(session: AsyncSession, told: Mapping[UUID, Sequence[Event]]) -> None:
    """Record the sent steps; a member who was deleted meanwhile has no row, and nothing to mark."""
    for user_id, events in told.items():
        steps = FunnelMember.steps + [event.step.value for event in events]
        row = update(FunnelMember).where(FunnelMember.user_id == user_id)
        await session.execute(row.values(steps=steps))
