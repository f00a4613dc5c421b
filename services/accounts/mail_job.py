"""The job that sends an e-mail of `mails`; a mail that the server accepted is never sent again."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services import jobs
from services.accounts import mails
from services.deps import MAIL, Deps
from services.errors import Unavailable
from services.kit import mail

KIND = "mail"
ATTEMPTS = 15  # enough for an hour without the mail server
FORMER = {  # the job kinds of release 1.0.0, one for each mail
    "account_mail": mails.password_changed,
    "invitation_mail": mails.invitation,
    "password_reset_mail": mails.password_reset,
}


async def enqueue(
    session: AsyncSession,
    deps: Deps,
    write: mails.Write,
    *,
    owner_id: UUID | None = None,
    **ids: str | int | None,
) -> None:
    """Enqueue a mail in the caller's transaction; do nothing where no mail is sent.

    write: a function of `mails`. ids: its arguments.
    owner_id: the account that the job belongs to, and with which the job is deleted.
    """
    if mail.enabled(deps.settings):
        payload: dict[str, Any] = {"mail": write.__name__, **ids}
        await jobs.enqueue(session, kind=KIND, payload=payload, user_id=owner_id, needs=MAIL)


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Send the mail, unless its recipient no longer exists. Raises Unavailable."""
    ids = dict(job.payload)
    write = FORMER.get(job.kind) or mails.MAILS[ids.pop("mail")]
    async with job.transaction(deps) as session:
        found = await write(session, deps, **ids)
    if found is None:
        return jobs.Done()
    try:
        await mail.send(deps.settings, to=found.to, subject=found.subject, text=found.text)
    except Unavailable as refusal:
        await _record(deps, job, found, str(refusal))
        raise
    await _record(deps, job, found, None)
    return jobs.Done()


async def _record(deps: Deps, job: jobs.Job, sent: mails.Mail, refusal: str | None) -> None:
    """Record the result; once the mail is sent, finish the job in the same transaction."""
    async with job.transaction(deps) as session:
        if sent.record:
            await sent.record(session, refusal)
        if refusal is None:
            await job.finish(session)
