"""The job that sends one message to one browser; a message is not sent again once accepted."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services import jobs
from services.deps import PUSH, Deps
from services.notifications import choices, web_push
from services.notifications.web_push import Gone, Message, Refused

KIND = "push"
ATTEMPTS = 12  # enough for half an hour without the push service; later the message is stale


async def enqueue(
    session: AsyncSession, *, subscription_id: UUID, user_id: UUID, message: Message
) -> None:
    """Enqueue a message in the caller's transaction, for a process that may send it."""
    payload = {"subscription_id": str(subscription_id), **asdict(message)}
    await jobs.enqueue(session, kind=KIND, payload=payload, user_id=user_id, needs=PUSH)


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Send the message, unless the browser is no longer subscribed. Raises Unavailable, Permanent.

    A crash after the push service's answer sends the message twice; its tag shows it once.
    """
    said = dict(job.payload)
    id = UUID(said.pop("subscription_id"))
    async with job.transaction(deps) as session:
        receiver = await choices.receiver(session, id=id)
        key = await web_push.signing_key(session, deps) if receiver else b""
    if receiver is None:
        return jobs.Done()
    try:
        await web_push.send(deps, key, receiver, Message(**said))
    except Gone:
        async with job.transaction(deps) as session:
            await choices.forget(session, id=id)
            await job.finish(session)
    except Refused as error:
        raise jobs.Permanent(f"The message was not sent: {error}.") from None
    return jobs.Done()
