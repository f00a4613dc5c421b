"""Password resets by mail; the request answers the same whether or not there is an account."""

from uuid import UUID

from db.models import User
from services import jobs
from services.accounts import one_time_links, rate_limits, users
from services.accounts.sessions import Caller
from services.deps import MAIL, Deps
from services.errors import Invalid
from services.kit import audit, mail

KIND = "password_reset_mail"
ATTEMPTS = mail.ATTEMPTS
TEXT = """Somebody, probably you, asked for a new password for your Likeness account.

Set it here within the next hour:

{link}

If it was not you, there is nothing to do: your password stays as it is.
"""


async def ask(deps: Deps, *, email: str, caller: Caller) -> None:
    """Queue a mail with a link for the address, if it has an account.

    A job is queued either way, so that nobody learns from the answer or its time whether it has.
    Raises Invalid, TooManyRequests.
    """
    if not mail.enabled(deps.settings):
        raise Invalid("No mail is sent here. Ask the administrator for a link.")
    address = users.parse_email(email)
    async with deps.transaction() as session:
        await rate_limits.stranger(session, deps, limits=rate_limits.RESET, address=caller.ip)
        await rate_limits.hit(session, deps, limit=rate_limits.RESET_BY_ACCOUNT, subject=address)
        user = await users.by_email(session, email=address)
        payload = {"user_id": str(user.id) if user else None}  # an id: addresses are forgotten
        await jobs.enqueue(session, kind=KIND, payload=payload, needs=MAIL)


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Send the mail; each attempt makes a fresh link and voids the one before."""
    async with job.transaction(deps) as session:
        user_id = job.payload["user_id"]
        user = await session.get(User, UUID(user_id)) if user_id else None
        if user is None or user.disabled_at:
            return jobs.Done()
        link = await one_time_links.create(session, deps, purpose="password_reset", user_id=user.id)
        audit.record(session, action="reset_link.mailed", actor_id=user.id)
        address = user.email
    await mail.send(
        deps.settings,
        to=address,
        subject="Set a new password for Likeness",
        text=TEXT.format(link=link),
    )
    return jobs.Done()
