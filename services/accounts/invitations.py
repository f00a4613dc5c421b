"""Invitations: links by which one person may register, mailed where there is a mail server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import OneTimeToken
from services.accounts import mail_job, mails, one_time_links, users
from services.accounts.one_time_links import MailState
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.kit import audit, mail

TOPIC = one_time_links.INVITATION


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation that nobody has used yet.

    email: whom the invitation is for, None if anyone with the link may use it.
    link: None if the link can't be shown again.
    mail: None where the invitation is not mailed.
    problem: why the mail was not sent, in words for the operator.
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
    """Create an invitation; `email` ties it to one address, to which it is mailed where mail is on.

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
        await one_time_links.mail_queued(session, id=id)
        await mail_job.enqueue(
            session, deps, mails.invitation, invitation_id=str(id), actor_id=str(actor_id)
        )
    await one_time_links.invitation_changed(session, id=id)
    row = await session.get_one(OneTimeToken, id, populate_existing=True)
    return _view(deps, row)


async def waiting(session: AsyncSession, deps: Deps, *, actor_id: UUID) -> Sequence[InvitationView]:
    """Return the invitations that can still be used, newest first; for administrators.

    Raises NotFound.
    """
    await users.require_admin(session, actor_id=actor_id)
    newest = one_time_links.open_invitations(deps).order_by(
        OneTimeToken.created_at.desc(), OneTimeToken.id
    )
    return [_view(deps, row) for row in await session.scalars(newest)]


async def withdraw(session: AsyncSession, *, actor_id: UUID, invitation_id: UUID) -> None:
    """Cancel an invitation; its link stops working. Raises NotFound, also once it was used."""
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
    await one_time_links.invitation_changed(session, id=invitation_id)


def _view(deps: Deps, row: OneTimeToken) -> InvitationView:
    return InvitationView(
        id=row.id,
        email=row.email,
        link=one_time_links.invitation(deps, row),
        mail=MailState(row.mail_state) if row.mail_state else None,
        problem=row.mail_problem,
        expires_at=row.expires_at,
    )
