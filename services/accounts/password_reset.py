"""Password resets by mail; the answer is the same whether or not the account exists."""

from services.accounts import mail_job, mails, rate_limits, users
from services.accounts.sessions import Caller
from services.deps import Deps
from services.errors import Invalid
from services.kit import mail


async def ask(deps: Deps, *, email: str, caller: Caller) -> None:
    """Enqueue a mail with a reset link for the address, if it has an account.

    A job is enqueued either way, so that neither the answer nor its time tells whether the account
    exists. Raises Invalid, TooManyRequests.
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
