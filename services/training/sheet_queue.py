"""When a user model's sheet is to be looked at again, and how its pictures go."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ModelSheet, SheetPicture, UserModel
from services import jobs
from services.deps import Deps, engine_of
from services.engines.base import Sheet
from services.files import erasing
from services.jobs import Priority
from services.kit import notify

KIND = "sheet"


def maker(deps: Deps) -> Sheet | None:
    """What makes sheets here; None where the engine has none or the operator wants none."""
    return deps.engine.sheet if deps.settings.model_sheets else None


async def request(session: AsyncSession, deps: Deps, model: UserModel) -> None:
    """Queues the work that a change of the photos may call for.

    `model` is locked: the job that is open now sees the change, or there is another one.
    """
    if maker(deps) is None:
        return
    await jobs.enqueue(
        session,
        kind=KIND,
        payload={"user_model_id": str(model.id)},
        user_id=model.user_id,
        dedupe_key=str(model.id),
        needs=engine_of(deps.engine.info.name),
        priority=Priority.BACKGROUND,
    )


async def photo_removed(
    session: AsyncSession, deps: Deps, model: UserModel, *, photo_id: UUID
) -> None:
    """What was made of the photo goes with it; `model` is locked."""
    sheet = await session.get(ModelSheet, model.id, populate_existing=True)
    if sheet and str(photo_id) in sheet.photos:
        await erase(session, sheet)
        await session.delete(sheet)
        await session.flush()
        await changed(session, model)
    await request(session, deps, model)


async def erase(session: AsyncSession, sheet: ModelSheet) -> None:
    """Its pictures: rows now, files by a clean-up job."""
    if not sheet.folder:
        return
    rows = delete(SheetPicture).where(SheetPicture.user_model_id == sheet.user_model_id)
    await session.execute(rows)
    await erasing.request(session, prefix=sheet.folder)


async def changed(session: AsyncSession, model: UserModel) -> None:
    """Tells open pages that the sheet of this user model is to be read again."""
    await notify.publish(session, topic="sheet", id=model.id, user_id=model.user_id)
