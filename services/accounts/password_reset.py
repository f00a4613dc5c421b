"""Password resets by mail; the request answers the same whether or not there is an account."""

from services.accounts import mail_job, mails, rate_limits, users
from services.accounts.sessions import Caller
from services.deps import Deps
from services.errors import Invalid
from services.kit import mail


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
        user_id = str(user.id) if user else None
        await mail_job.enqueue(session, deps, mails.password_reset, user_id=user_id)
