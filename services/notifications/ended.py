"""Notifications of what ended while a member was elsewhere: to whom, where, and the text.

Each ended thing has one job, enqueued in the transaction that ends it. The job reads the member's
choices and enqueues one job for each browser and one e-mail, in the transaction that finishes the
job. So each of them is enqueued once.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Generation, NotificationChoice, User, UserModel
from db.states import GenerationStatus, ModelStatus
from services import jobs
from services.accounts import mail_job, mails
from services.accounts.mails import Mail, mail
from services.deps import Deps
from services.notifications import choices, push_job
from services.notifications.web_push import Message

KIND = "notify.ended"
PICTURES, TRAINING = "pictures", "training"
# Before that, the member is still looking at the page and has seen the result.
TOLD_AFTER = timedelta(seconds=20)
MAILED_AFTER = timedelta(minutes=5)


async def pictures(session: AsyncSession, row: Generation) -> None:
    """Enqueue the notifications of a request that ended and that the member did not cancel."""
    await _enqueue(session, PICTURES, row.id, row.user_id)


async def training(session: AsyncSession, *, user_model_id: UUID, user_id: UUID) -> None:
    """Enqueue the notifications of a training that ended and that the member did not cancel."""
    await _enqueue(session, TRAINING, user_model_id, user_id)


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Enqueue each message and e-mail once."""
    what, id = job.payload["what"], UUID(job.payload["id"])
    async with job.transaction(deps) as session:
        if what == PICTURES:
            await _tell_of_pictures(session, deps, id)
        else:
            await _tell_of_training(session, deps, id)
        await job.finish(session)
    return jobs.Done()


async def _enqueue(session: AsyncSession, what: str, id: UUID, user_id: UUID) -> None:
    if await choices.wanted(session, user_id=user_id):
        payload = {"what": what, "id": str(id)}
        await jobs.enqueue(session, kind=KIND, payload=payload, user_id=user_id)


async def _tell_of_pictures(session: AsyncSession, deps: Deps, id: UUID) -> None:
    row = await session.get(Generation, id)
    if row is None or row.finished_at is None:
        return
    took = row.finished_at - row.created_at
    if took >= TOLD_AFTER:
        await _push(session, deps, row.user_id, _of_pictures(row))
    chosen = await session.get(NotificationChoice, row.user_id)
    if took >= MAILED_AFTER and chosen and chosen.pictures:
        await _mail(session, deps, pictures_ready, row.user_id, generation_id=str(id))


async def _tell_of_training(session: AsyncSession, deps: Deps, id: UUID) -> None:
    row = await session.get(UserModel, id)
    if row is None:
        return
    await _push(session, deps, row.user_id, _of_training(row))
    chosen = await session.get(NotificationChoice, row.user_id)
    if chosen and chosen.trainings:
        await _mail(session, deps, training_ended, row.user_id, user_model_id=str(id))


async def _push(session: AsyncSession, deps: Deps, user_id: UUID, message: Message) -> None:
    if deps.settings.web_push != "on":
        return
    for id in await choices.ids(session, user_id=user_id):
        await push_job.enqueue(session, subscription_id=id, user_id=user_id, message=message)


async def _mail(
    session: AsyncSession, deps: Deps, write: mails.Write, user_id: UUID, **ids: str
) -> None:
    await mail_job.enqueue(session, deps, write, owner_id=user_id, **ids)


def _of_pictures(row: Generation) -> Message:
    made = row.status == GenerationStatus.SUCCEEDED
    return Message(
        title="Your pictures are ready" if made else "Your pictures could not be made",
        body="Open them in the gallery." if made else "Nothing was charged for what is missing.",
        path="/gallery" if made else "/studio",
        tag=f"pictures-{row.id}",
    )


def _of_training(row: UserModel) -> Message:
    ready = row.status == ModelStatus.READY
    return Message(
        title=f"“{row.name}” is trained" if ready else f"The training of “{row.name}” has ended",
        body="Make pictures with it now." if ready else "Its page says why, and what to do.",
        path=f"/models/{row.id}",
        tag=f"training-{row.id}",
    )


@mail
async def pictures_ready(session: AsyncSession, deps: Deps, *, generation_id: str) -> Mail | None:
    """Return the mail about a request that has ended."""
    row = await session.get(Generation, UUID(generation_id))
    return await _written(session, deps, row.user_id, _of_pictures(row)) if row else None


@mail
async def training_ended(session: AsyncSession, deps: Deps, *, user_model_id: str) -> Mail | None:
    """Return the mail about a training that has ended."""
    row = await session.get(UserModel, UUID(user_model_id))
    return await _written(session, deps, row.user_id, _of_training(row)) if row else None


async def _written(
    session: AsyncSession, deps: Deps, user_id: UUID, message: Message
) -> Mail | None:
    user = await session.get(User, user_id)
    if user is None or user.disabled_at:
        return None
    address = deps.settings.base_url
    return Mail(
        to=user.email,
        subject=message.title,
        text=f"""{message.title}. {message.body}

{address}{message.path}

You asked for these e-mails. Choose others, or none, here:

{address}/account#notifications
""",
    )
