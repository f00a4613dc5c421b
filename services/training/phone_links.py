"""Add photos from a phone: a link that one phone may open once, for one user model, for a while.

The phone need not be signed in. The link's secret stands behind the `#` of its address, which no
server and no proxy ever logs; the phone that opens it first gets a cookie instead, and the
address is of no use to anybody else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import PhoneLink, User, UserModel
from services.accounts import tokens
from services.deps import Deps
from services.errors import NotFound
from services.kit import notify
from services.training import photos

TOPIC = "phone_link"  # of the notice that a phone has opened a link
TO_OPEN = timedelta(minutes=10)
TO_UPLOAD = timedelta(hours=1)  # from the opening on
GONE = "This code has expired, or another phone has used it. Show a new one on the other screen."


@dataclass(frozen=True, slots=True)
class PhoneLinkView:
    """A new link. path: with its secret, to be put behind the address of this installation."""

    id: UUID
    path: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """What a phone may add photos to. device: what it proves itself by; only when it is new."""

    user_id: UUID
    user_model_id: UUID
    name: str
    expires_at: datetime
    device: str | None = None


async def create(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID, session_id: UUID
) -> PhoneLinkView:
    """A new link; the one before it, and the phone that used it, stop working.

    session_id: the browser's session, with which the link ends. Raises NotFound, Conflict.
    """
    await photos.editable(session, user_id=user_id, user_model_id=user_model_id)
    await session.execute(delete(PhoneLink).where(PhoneLink.user_model_id == user_model_id))
    id, token, expires_at = deps.new_id(), tokens.new(), deps.now() + TO_OPEN
    session.add(
        PhoneLink(
            id=id,
            user_id=user_id,
            session_id=session_id,
            user_model_id=user_model_id,
            token_hash=tokens.digest(token),
            created_at=deps.now(),
            expires_at=expires_at,
        )
    )
    await session.flush()
    return PhoneLinkView(id, f"/phone#{token}", expires_at)


async def open_(
    session: AsyncSession, deps: Deps, *, token: str, device: str | None = None
) -> Opened:
    """Let the first phone that asks use the link; the same phone may ask again. Raises NotFound.

    device: what the phone proves itself by, if it has opened this link before.
    """
    new, until = tokens.new(), deps.now() + TO_UPLOAD
    claim = (
        update(PhoneLink)
        .where(
            PhoneLink.token_hash == tokens.digest(token),
            PhoneLink.device_hash.is_(None),
            PhoneLink.expires_at > deps.now(),
        )
        .values(device_hash=tokens.digest(new), expires_at=until)
        .returning(PhoneLink.id, PhoneLink.user_id)
    )
    claimed = (await session.execute(claim)).one_or_none()
    if claimed is None:
        known = PhoneLink.token_hash == tokens.digest(token)
        return await _find(session, deps, device or "", known)
    opened = await _find(session, deps, new)
    await notify.publish(session, topic=TOPIC, id=claimed.id, user_id=claimed.user_id)
    return Opened(opened.user_id, opened.user_model_id, opened.name, opened.expires_at, new)


async def find(session: AsyncSession, deps: Deps, *, device: str) -> Opened:
    """What the phone that holds this proof may add photos to. Raises NotFound."""
    return await _find(session, deps, device)


async def prune(session: AsyncSession, deps: Deps) -> None:
    """Forget links that no longer work."""
    await session.execute(delete(PhoneLink).where(PhoneLink.expires_at <= deps.now()))


async def _find(
    session: AsyncSession, deps: Deps, device: str, *conditions: ColumnElement[bool]
) -> Opened:
    query = (
        select(PhoneLink.user_id, PhoneLink.user_model_id, UserModel.name, PhoneLink.expires_at)
        .join(UserModel, UserModel.id == PhoneLink.user_model_id)
        .join(User, User.id == PhoneLink.user_id)
        .where(
            PhoneLink.device_hash == tokens.digest(device),
            PhoneLink.expires_at > deps.now(),
            User.disabled_at.is_(None),
            *conditions,
        )
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound(GONE)
    return Opened(row.user_id, row.user_model_id, row.name, row.expires_at)
