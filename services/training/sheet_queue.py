"""When a user model's sheet is to be looked at again, and how its pictures go."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ModelSheet, SheetPicture, UserModel
from services import jobs
from services.deps import Deps, engine_of
from services.engines.base import EngineInfo, Sheet
from services.files import erasing
from services.jobs import Priority
from services.kit import notify

KIND = "sheet"


@dataclass(frozen=True, slots=True)
class Maker:
    """The engine that makes sheets, whichever makes the rest."""

    info: EngineInfo
    sheet: Sheet


def maker(deps: Deps) -> Maker | None:
    """What makes sheets here; None where no engine does or the operator wants none."""
    if not deps.settings.model_sheets:
        return None
    able = (Maker(engine.info, engine.sheet) for engine in deps.engines.ready if engine.sheet)
    return next(able, None)


async def request(session: AsyncSession, deps: Deps, model: UserModel) -> None:
    """Queues the work that a change of the photos may call for.

    `model` is locked: the job that is open now sees the change, or there is another one.
    """
    by = maker(deps)
    if by is None:
        return
    await jobs.enqueue(
        session,
        kind=KIND,
        payload={"user_model_id": str(model.id)},
        user_id=model.user_id,
        dedupe_key=str(model.id),
        needs=engine_of(by.info.name),
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
