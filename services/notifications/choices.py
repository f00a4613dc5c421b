"""A member's notification choices: browsers for messages, and e-mail."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import NotificationChoice, PushSubscription, Session
from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound
from services.kit import mail
from services.notifications import web_push
from services.notifications.web_push import Receiver

LONGEST = 1000  # characters of an endpoint; those of today's browsers have at most 500
POINT, SECRET = 65, 16  # bytes of a browser's key and of its secret, by RFC 8291


@dataclass(frozen=True, slots=True)
class BrowserView:
    """A browser that gets messages. here: whether it is the browser of this request."""

    id: UUID
    user_agent: str
    created_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class ChoicesView:
    """What a member can choose here, and what the member chose.

    push_key: the key that a browser subscribes with; None where the operator left push off.
    """

    push_key: str | None
    browsers: tuple[BrowserView, ...]
    mail: bool
    mail_trainings: bool
    mail_pictures: bool


async def of_user(
    session: AsyncSession, deps: Deps, *, user_id: UUID, session_id: UUID | None
) -> ChoicesView:
    """Return the member's choices; session_id: of the browser that asks."""
    push = deps.settings.web_push == "on"
    chosen = await session.get(NotificationChoice, user_id)
    return ChoicesView(
        push_key=await web_push.public_key(session, deps) if push else None,
        browsers=await _browsers(session, user_id, session_id) if push else (),
        mail=mail.enabled(deps.settings),
        mail_trainings=bool(chosen and chosen.trainings),
        mail_pictures=bool(chosen and chosen.pictures),
    )


async def choose_mail(
    session: AsyncSession, *, user_id: UUID, trainings: bool, pictures: bool
) -> None:
    """Store which e-mails the member wants."""
    values = {"trainings": trainings, "pictures": pictures}
    row = insert(NotificationChoice).values(user_id=user_id, **values)
    await session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))


async def subscribe(
    session: AsyncSession, deps: Deps, *, user_id: UUID, session_id: UUID, receiver: Receiver
) -> None:
    """Send messages to this browser from now on, as long as the member is signed in there.

    Raises Conflict where the operator left push off, Invalid for data that no browser sends.
    """
    if deps.settings.web_push != "on":
        raise Conflict("Messages to browsers are switched off on this server.")
    _check(deps, receiver)
    same = or_(
        PushSubscription.endpoint == receiver.endpoint,
        PushSubscription.session_id == session_id,
    )
    await session.execute(delete(PushSubscription).where(same))
    session.add(
        PushSubscription(
            id=deps.new_id(),
            user_id=user_id,
            session_id=session_id,
            endpoint=receiver.endpoint,
            public_key=receiver.public_key,
            auth_secret=receiver.auth_secret,
            created_at=deps.now(),
        )
    )
    await session.flush()


async def unsubscribe(session: AsyncSession, *, user_id: UUID, id: UUID) -> None:
    """Stop sending messages to this browser. Raises NotFound."""
    ours = (PushSubscription.id == id) & (PushSubscription.user_id == user_id)
    gone = delete(PushSubscription).where(ours).returning(PushSubscription.id)
    if await session.scalar(gone) is None:
        raise NotFound("This browser is not told anything any more.")


async def receiver(session: AsyncSession, *, id: UUID) -> Receiver | None:
    """Return a browser's push address and keys; None if it is no longer subscribed."""
    row = await session.get(PushSubscription, id)
    return Receiver(row.endpoint, row.public_key, row.auth_secret) if row else None


async def forget(session: AsyncSession, *, id: UUID) -> None:
    """Delete a browser that the push service reports as no longer subscribed."""
    await session.execute(delete(PushSubscription).where(PushSubscription.id == id))


async def wanted(session: AsyncSession, *, user_id: UUID) -> bool:
    """Return whether the member wants any browser message or e-mail."""
    browsers = exists().where(PushSubscription.user_id == user_id)
    by_mail = exists().where(
        NotificationChoice.user_id == user_id,
        NotificationChoice.trainings | NotificationChoice.pictures,
    )
    return bool(await session.scalar(select(browsers | by_mail)))


async def ids(session: AsyncSession, *, user_id: UUID) -> list[UUID]:
    """Return the ids of the member's browsers."""
    query = select(PushSubscription.id).where(PushSubscription.user_id == user_id)
    return list(await session.scalars(query.order_by(PushSubscription.created_at)))


async def _browsers(
    session: AsyncSession, user_id: UUID, session_id: UUID | None
) -> tuple[BrowserView, ...]:
    query = (
        select(PushSubscription, Session.user_agent)
        .join(Session, Session.id == PushSubscription.session_id)
        .where(PushSubscription.user_id == user_id)
        .order_by(PushSubscription.created_at)
    )
    return tuple(
        BrowserView(row.id, agent, row.created_at, here=row.session_id == session_id)
        for row, agent in await session.execute(query)
    )


def _check(deps: Deps, receiver: Receiver) -> None:
    """Check a browser's address and keys. Raises Invalid."""
    if len(receiver.endpoint) > LONGEST or not web_push.is_allowed(
        deps.settings, receiver.endpoint
    ):
        raise Invalid(
            "This browser’s push service is not one that this server’s operator allows.",
            field="endpoint",
        )
    for value, length in ((receiver.public_key, POINT), (receiver.auth_secret, SECRET)):
        if len(_bytes(value)) != length:
            raise Invalid("This is not what a browser subscribes with.", field="keys")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
