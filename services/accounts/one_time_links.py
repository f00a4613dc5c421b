"""Links that work once: the first administrator's link, invitations, password resets."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import OneTimeToken, User
from services.accounts import tokens
from services.deps import Deps
from services.kit import notify

Purpose = Literal["first_admin", "invite", "password_reset"]
LASTS: dict[Purpose, timedelta] = {
    "first_admin": timedelta(days=7),
    "invite": timedelta(days=7),
    "password_reset": timedelta(hours=1),
}
INVITATION = "invitation"  # topic of the notices to the administrators' open pages
_PATHS: dict[Purpose, str] = {
    "first_admin": "/register",
    "invite": "/register",
    "password_reset": "/reset",
}


class MailState(StrEnum):
    """The state of an invitation's mail."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"  # perhaps not for good: a later attempt may still succeed


@dataclass(frozen=True, slots=True)
class Link:
    """The purpose of a link, and the person it is for."""

    id: UUID
    purpose: Purpose
    user_id: UUID | None
    email: str | None


async def create(
    session: AsyncSession,
    deps: Deps,
    *,
    purpose: Purpose,
    user_id: UUID | None = None,
    email: str | None = None,
    id: UUID | None = None,
) -> str:
    """Create a link and return its address; void an earlier one for the same purpose and person."""
    id, now = id or deps.new_id(), deps.now()
    token = _invitation_token(deps, id) if purpose == "invite" else tokens.new()
    if purpose != "invite" or email:
        await session.execute(
            delete(OneTimeToken).where(
                OneTimeToken.purpose == purpose,
                OneTimeToken.user_id.is_not_distinct_from(user_id),
                OneTimeToken.email.is_not_distinct_from(email),
                OneTimeToken.used_at.is_(None),
            )
        )
    session.add(
        OneTimeToken(
            id=id,
            purpose=purpose,
            token_hash=tokens.digest(token),
            user_id=user_id,
            email=email,
            created_at=now,
            expires_at=now + LASTS[purpose],
        )
    )
    await session.flush()
    return _address(deps, purpose, token)


def invitation(deps: Deps, row: OneTimeToken) -> str | None:
    """Return the address of an invitation, which may be shown and mailed any number of times.

    None if it was created under another secret, or by a release that drew its token at random.
    """
    token = _invitation_token(deps, row.id)
    known = hmac.compare_digest(tokens.digest(token), row.token_hash)
    return _address(deps, "invite", token) if known else None


def open_invitations(deps: Deps) -> Select[OneTimeToken]:
    """Return a query for the invitations that can still be used."""
    return select(OneTimeToken).where(OneTimeToken.purpose == "invite", _usable(deps))


async def invitation_changed(session: AsyncSession, *, id: UUID) -> None:
    """Notify the administrators' open pages."""
    await notify.publish(session, topic=INVITATION, id=id, user_id=None)


async def mail_queued(session: AsyncSession, *, id: UUID) -> None:
    """Record that an invitation's mail is queued."""
    await _set_mail(session, id, MailState.QUEUED, None)


async def record_mail(session: AsyncSession, refusal: str | None, *, id: UUID) -> None:
    """Record the result of an invitation's mail; refusal: why it was not sent, None if it was."""
    await _set_mail(session, id, MailState.FAILED if refusal else MailState.SENT, refusal)


async def first_admin(session: AsyncSession, deps: Deps) -> str | None:
    """Create a link for the first administrator; return None if there is an administrator."""
    if await session.scalar(select(User.id).where(User.role == "admin").limit(1)):
        return None
    return await create(session, deps, purpose="first_admin")


async def look(session: AsyncSession, deps: Deps, *, token: str) -> Link | None:
    """Return a link without using it; None if the link is used, expired or made up."""
    row = await session.scalar(select(OneTimeToken).where(_valid(deps, token)))
    return _link(row) if row else None


async def use(
    session: AsyncSession, deps: Deps, *, token: str, purposes: set[Purpose]
) -> Link | None:
    """Use the link up; return None if it is used, expired, made up or for another purpose."""
    row = await session.scalar(
        update(OneTimeToken)
        .where(_valid(deps, token), OneTimeToken.purpose.in_(purposes))
        .values(used_at=deps.now())
        .returning(OneTimeToken)
    )
    return _link(row) if row else None


async def void(session: AsyncSession, *, user_id: UUID) -> None:
    """Delete the unused reset links of a member whose password has been changed."""
    await session.execute(
        delete(OneTimeToken).where(
            OneTimeToken.user_id == user_id,
            OneTimeToken.purpose == "password_reset",
            OneTimeToken.used_at.is_(None),
        )
    )


async def prune(session: AsyncSession, deps: Deps) -> None:
    """Delete expired links."""
    await session.execute(delete(OneTimeToken).where(OneTimeToken.expires_at <= deps.now()))


async def _set_mail(session: AsyncSession, id: UUID, state: MailState, problem: str | None) -> None:
    row = update(OneTimeToken).where(OneTimeToken.id == id)
    await session.execute(row.values(mail_state=state, mail_problem=problem))
    await invitation_changed(session, id=id)


def _address(deps: Deps, purpose: Purpose, token: str) -> str:
    return f"{deps.settings.base_url}{_PATHS[purpose]}?token={token}"


def _invitation_token(deps: Deps, id: UUID) -> str:
    return tokens.derived(deps.secret, "invitation", str(id))


def _valid(deps: Deps, token: str) -> ColumnElement[bool]:
    return and_(OneTimeToken.token_hash == tokens.digest(token), _usable(deps))


def _usable(deps: Deps) -> ColumnElement[bool]:
    return and_(OneTimeToken.used_at.is_(None), OneTimeToken.expires_at > deps.now())


def _link(row: OneTimeToken) -> Link:
    return Link(row.id, row.purpose, row.user_id, row.email)  # type: ignore[arg-type]
