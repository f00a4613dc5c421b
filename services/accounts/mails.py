"""Every e-mail of the product: its recipient and its text, one function each.

A function takes the ids of the job's payload and reads the rest when the mail is sent, so that
no address and no link is ever in the queue. It returns None if there is nobody to send it to.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AuditEntry, OneTimeToken, User
from services.accounts import one_time_links
from services.deps import Deps
from services.kit import audit


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail. record: stores the server's refusal, or None once the mail is sent."""

    to: str
    subject: str
    text: str
    record: Callable[[AsyncSession, str | None], Awaitable[None]] | None = None


Write = Callable[..., Awaitable[Mail | None]]  # (session, deps, **ids)
MAILS: dict[str, Write] = {}


def mail(write: Write) -> Write:
    """Register a mail under the name of its function, which the job's payload holds."""
    MAILS[write.__name__] = write
    return write


@mail
async def password_reset(session: AsyncSession, deps: Deps, *, user_id: str | None) -> Mail | None:
    """Return the mail with a link to set a new password.

    Each attempt creates a new link and voids the one before.
    """
    user = await session.get(User, UUID(user_id)) if user_id else None
    if user is None or user.disabled_at:
        return None
    link = await one_time_links.create(session, deps, purpose="password_reset", user_id=user.id)
    audit.record(session, action="reset_link.mailed", actor_id=user.id)
    return Mail(
        to=user.email,
        subject="Set a new password for Likeness",
        text=f"""Somebody, probably you, asked for a new password for your Likeness account.

Set it here within the next hour:

{link}

If it was not you, there is nothing to do: your password stays as it is.
""",
    )


@mail
async def password_changed(session: AsyncSession, deps: Deps, *, entry_id: int) -> Mail | None:
    """Return the mail about a recorded password change, so that the member notices a stranger."""
    entry = await session.get_one(AuditEntry, entry_id)
    user = await session.get(User, entry.actor_id)
    if user is None:
        return None
    address, at = deps.settings.base_url, entry.at
    return Mail(
        to=user.email,
        subject="Your password for Likeness was changed",
        text=f"""The password of your account at {address} was changed on \
{at:%-d %B %Y} at {at:%H:%M} UTC,
from the address {entry.ip}. Every other browser was signed out.
{_keys(left=entry.details["keys_left"], revoked=entry.details["keys_revoked"])}
If it was you, there is nothing to do. If it was not, set another password now:

{address}/reset
""",
    )


@mail
async def invitation(
    session: AsyncSession, deps: Deps, *, invitation_id: str, actor_id: str
) -> Mail | None:
    """Return the mail with an open invitation's link; each attempt mails the same link."""
    standing = one_time_links.open_invitations(deps)
    row = await session.scalar(standing.where(OneTimeToken.id == UUID(invitation_id)))
    link = one_time_links.invitation(deps, row) if row else None
    if row is None or row.email is None or link is None:
        return None
    actor = await session.get(User, UUID(actor_id))
    return Mail(
        to=row.email,
        subject="You are invited to Likeness",
        text=f"""{_who(actor)} invites you to Likeness, a photo studio at {deps.settings.base_url}

Make your account here within {one_time_links.LASTS["invite"].days} days:

{link}

The link works once, and for this e-mail address only. If you did not expect it, there is nothing
to do.
""",
        record=partial(one_time_links.record_mail, id=row.id),
    )


def _keys(*, left: int, revoked: int) -> str:
    """Return a paragraph about API keys, or nothing if the member has none."""
    if revoked:
        return f"\nYour API {'keys were' if revoked > 1 else 'key was'} revoked.\n"
    if left:
        keys = "1 of your API keys still works"
        if left > 1:
            keys = f"{left} of your API keys still work"
        return f"""
{keys}, so that your programs go on. If it was not you who changed the
password, revoke your API keys together with it.
"""
    return ""


def _who(actor: User | None) -> str:
    return (actor.name or actor.email) if actor else "The administrator"
