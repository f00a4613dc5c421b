"""Mail that tells members what was done with their account, so that they notice a stranger."""

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AuditEntry, User
from services import jobs
from services.deps import MAIL, Deps
from services.kit import mail

KIND = "account_mail"
ATTEMPTS = mail.ATTEMPTS
TEXT = """The password of your account at {address} was changed on {at:%-d %B %Y} at {at:%H:%M} UTC,
from the address {ip}. Every other browser was signed out.
{keys}
If it was you, there is nothing to do. If it was not, set another password now:

{address}/reset
"""
KEYS_LEFT = """
{} still {}, so that your programs go on. If it was not you who changed the
password, revoke your API keys together with it.
"""


async def password_changed(session: AsyncSession, deps: Deps, entry: AuditEntry) -> None:
    """Queue the mail about a change that `entry` records; the caller's transaction sends it."""
    if mail.enabled(deps.settings):
        await session.flush()
        payload = {"entry_id": entry.id}
        await jobs.enqueue(session, kind=KIND, payload=payload, user_id=entry.actor_id, needs=MAIL)


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Send the mail, unless the member is gone. Raises Unavailable."""
    async with deps.transaction() as session:
        entry = await session.get_one(AuditEntry, job.payload["entry_id"])
        user = await session.get(User, entry.actor_id)
    if user:
        await mail.send(
            deps.settings,
            to=user.email,
            subject="Your password for Likeness was changed",
            text=TEXT.format(
                address=deps.settings.base_url, at=entry.at, ip=entry.ip, keys=_keys(entry)
            ),
        )
    return jobs.Done()


def _keys(entry: AuditEntry) -> str:
    """A paragraph about API keys, where there are any."""
    left, revoked = entry.details["keys_left"], entry.details["keys_revoked"]
    if revoked:
        return f"\nYour API {'keys were' if revoked > 1 else 'key was'} revoked.\n"
    if left:
        keys = (
            ("1 API key of yours", "works") if left == 1 else (f"{left} API keys of yours", "work")
        )
        return KEYS_LEFT.format(*keys)
    return ""
