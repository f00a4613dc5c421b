"""The job that sends an e-mail of `mails`; a mail that the server took is never sent again."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services import jobs
from services.accounts import mails
from services.deps import MAIL, Deps
from services.errors import Unavailable
from services.kit import mail

KIND = "mail"
ATTEMPTS = 15  # bridges an hour without the mail server
FORMER = {  # the kinds of release 1.0.0, one a mail
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
    """Queues a mail with the caller's transaction; none where no mail is sent.

    write: a function of `mails`. ids: its arguments. owner_id: with whose account the job goes.
    """
    if mail.enabled(deps.settings):
        payload: dict[str, Any] = {"mail": write.__name__, **ids}
        await jobs.enqueue(session, kind=KIND, payload=payload, user_id=owner_id, needs=MAIL)


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Sends the mail, unless there is nobody to send it to any more. Raises Unavailable."""
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
    """Keeps what came of it; the job is done in the same transaction once the mail is sent."""
    async with job.transaction(deps) as session:
        if sent.record:
            await sent.record(session, refusal)
        if refusal is None:
            await job.finish(session)
