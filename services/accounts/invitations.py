"""Invitations: a link by which one person may register, mailed where there is a mail server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import OneTimeToken, User
from services import jobs
from services.accounts import one_time_links, users
from services.deps import MAIL, Deps
from services.errors import Conflict, NotFound, Unavailable
from services.kit import audit, mail, notify

KIND = "invitation_mail"
ATTEMPTS = mail.ATTEMPTS
TOPIC = "invitation"
SUBJECT = "You are invited to Likeness"
TEXT = """{who} invites you to Likeness, a photo studio at {address}

Make your account here within {days} days:

{link}

The link works once, and for this e-mail address only. If you did not expect it, there is nothing
to do.
"""


class MailState(StrEnum):
    """What became of an invitation's mail."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"  # for now or for good; a later attempt may still bring it to `sent`


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation that nobody has used yet.

    email: whom it is for, None for whoever has the link. link: None if it can't be shown again.
    mail: None where it is not mailed. problem: why it was not, in words for the operator.
    """

    id: UUID
    email: str | None
    link: str | None
    mail: MailState | None
    problem: str | None
    expires_at: datetime


async def create(
    session: AsyncSession, deps: Deps, *, actor_id: UUID, email: str | None = None
) -> InvitationView:
    """An administrator invites somebody; `email` ties the link to one address, and is mailed.

    An earlier invitation of the same address stops working. Raises NotFound, Invalid, Conflict.
    """
    await users.require_admin(session, actor_id=actor_id)
    address = users.parse_email(email) if email else None
    if address and await users.by_email(session, email=address):
        raise Conflict("This address has an account already.", field="email")
    id = deps.new_id()
    await one_time_links.create(session, deps, purpose="invite", email=address, id=id)
    audit.record(session, action="invite.created", actor_id=actor_id, target=str(id))
    if address and mail.enabled(deps.settings):
        await _mailed(session, id=id, state=MailState.QUEUED)
        payload = {"invitation_id": str(id), "actor_id": str(actor_id)}
        await jobs.enqueue(session, kind=KIND, payload=payload, dedupe_key=str(id), needs=MAIL)
    await changed(session, id=id)
    row = await session.get_one(OneTimeToken, id, populate_existing=True)
    return _view(deps, row)


async def waiting(session: AsyncSession, deps: Deps, *, actor_id: UUID) -> Sequence[InvitationView]:
    """All that can still be used, newest first; for administrators. Raises NotFound."""
    await users.require_admin(session, actor_id=actor_id)
    newest = _open(deps).order_by(OneTimeToken.created_at.desc(), OneTimeToken.id)
    return [_view(deps, row) for row in await session.scalars(newest)]


async def withdraw(session: AsyncSession, *, actor_id: UUID, invitation_id: UUID) -> None:
    """End an invitation; its link works no more. Raises NotFound, also once it was used."""
    await users.require_admin(session, actor_id=actor_id)
    withdrawn = await session.scalar(
        delete(OneTimeToken)
        .where(
            OneTimeToken.id == invitation_id,
            OneTimeToken.purpose == "invite",
            OneTimeToken.used_at.is_(None),
        )
        .returning(OneTimeToken.id)
    )
    if withdrawn is None:
        raise NotFound("This invitation was used or has ended.")
    audit.record(session, action="invite.withdrawn", actor_id=actor_id, target=str(invitation_id))
    await changed(session, id=invitation_id)


async def changed(session: AsyncSession, *, id: UUID) -> None:
    """Tell the administrators' open pages."""
    await notify.publish(session, topic=TOPIC, id=id, user_id=None)


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Send the mail, unless the invitation has ended; each attempt mails the same link.

    Raises Unavailable.
    """
    id = UUID(job.payload["invitation_id"])
    async with deps.transaction() as session:
        row = await session.scalar(_open(deps).where(OneTimeToken.id == id))
        actor = await session.get(User, UUID(job.payload["actor_id"]))
        link = one_time_links.invitation(deps, row) if row else None
        if row is None or row.email is None or link is None:
            return jobs.Done()
        to, text = row.email, _text(deps, link, actor)
    try:
        await mail.send(deps.settings, to=to, subject=SUBJECT, text=text)
    except Unavailable as refusal:
        async with job.transaction(deps) as session:
            await _mailed(session, id=id, state=MailState.FAILED, problem=str(refusal))
        raise
    async with job.transaction(deps) as session:
        await _mailed(session, id=id, state=MailState.SENT)
        await job.finish(session)
    return jobs.Done()


def _open(deps: Deps) -> Select[OneTimeToken]:
    return select(OneTimeToken).where(
        OneTimeToken.purpose == "invite",
        OneTimeToken.used_at.is_(None),
        OneTimeToken.expires_at > deps.now(),
    )


def _view(deps: Deps, row: OneTimeToken) -> InvitationView:
    return InvitationView(
        id=row.id,
        email=row.email,
        link=one_time_links.invitation(deps, row),
        mail=MailState(row.mail_state) if row.mail_state else None,
        problem=row.mail_problem,
        expires_at=row.expires_at,
    )


def _text(deps: Deps, link: str, actor: User | None) -> str:
    return TEXT.format(
        who=(actor.name or actor.email) if actor else "The administrator",
        address=deps.settings.base_url,
        days=one_time_links.LASTS["invite"].days,
        link=link,
    )


async def _mailed(
    session: AsyncSession, *, id: UUID, state: MailState, problem: str | None = None
) -> None:
    row = update(OneTimeToken).where(OneTimeToken.id == id)
    await session.execute(row.values(mail_state=state, mail_problem=problem))
    await changed(session, id=id)
