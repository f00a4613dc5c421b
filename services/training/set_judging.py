"""A set's photos, compared with each other: who is somebody else, what was taken twice."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingImage, UserModel
from services.deps import Deps
from services.faces.person import Judged, judge
from services.kit import notify
from services.training import likeness, photo_coach

TRIES = 3


async def compare(deps: Deps, *, user_id: UUID, user_model_id: UUID) -> None:
    """Say of each photo whether it seems to show another person; after any change of the set.

    Opens its own short transactions; the set may change between them, then it looks again.
    """
    if deps.faces is None:
        return
    for _ in range(TRIES):
        async with deps.transaction() as session:
            folders = _with_faces(await rows(session, user_model_id))
        faces = await likeness.faces(deps, folders)
        async with deps.transaction() as session:
            await hold(session, user_model_id)
            found = await rows(session, user_model_id)
            present = _with_faces(found)
            if set(present) <= set(folders):
                judged = judge({folder: faces[folder] for folder in present if folder in faces})
                if _mark(found, judged):
                    await session.flush()
                    await notify.publish(
                        session, topic="user_model", id=user_model_id, user_id=user_id
                    )
                return


async def rows(session: AsyncSession, user_model_id: UUID) -> list[TrainingImage]:
    """The photos of a model, oldest first; for services that have checked its owner."""
    query = select(TrainingImage).where(TrainingImage.user_model_id == user_model_id)
    return list(await session.scalars(query.order_by(TrainingImage.created_at, TrainingImage.id)))


async def hold(session: AsyncSession, user_model_id: UUID) -> None:
    """Until the end of the transaction nobody else changes the set."""
    query = select(UserModel.id).where(UserModel.id == user_model_id)
    await session.execute(query.with_for_update(key_share=True))


def _with_faces(found: Sequence[TrainingImage]) -> list[str]:
    return [row.folder for row in found if row.verdict.get("face")]


def _mark(found: Sequence[TrainingImage], judged: Judged[str]) -> bool:
    """Keep what the comparison says of each photo; whether anything changed."""
    changed = False
    hashes: list[int] = []
    for row in found:
        verdict = _judged(row, judged, hashes)
        hashes.append(row.phash)
        if verdict != row.verdict:
            row.verdict, changed = verdict, True
    return changed


def _judged(row: TrainingImage, judged: Judged[str], hashes: Sequence[int]) -> photo_coach.Facts:
    """The verdict on one photo; hashes: of the photos before it."""
    face = judged.shown.get(row.folder)
    if face is None:
        return row.verdict
    pose = "yaw" in row.verdict["face"]
    facts = {**row.verdict, "face": photo_coach.face_facts(face, pose=pose)}
    size = row.width, row.height
    codes = set(facts["warnings"]) - photo_coach.COMPARED
    codes |= photo_coach.face_codes(facts, size=size)
    if photo_coach.eyes_hidden(face):
        codes.add("eyes_hidden")
    if row.folder in judged.strangers:
        codes.add(photo_coach.STRANGER)
    if row.folder in judged.repeated or photo_coach.is_near(row.phash, hashes):
        codes.add("near_duplicate")
    for name, holds in (("told", row.folder in judged.told), ("persons", judged.persons)):
        facts.pop(name, None)
        facts |= {name: True} if holds else {}
    return {**facts, "warnings": photo_coach.ordered(codes)}
