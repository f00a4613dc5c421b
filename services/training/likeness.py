"""How much pictures look like their person: measured when asked for, from the photos themselves.

Embeddings are never stored: they live in `deps.faces`, in this process, while a set is worked on.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from db.models import TrainingImage
from services import imaging
from services.deps import Deps
from services.faces.base import Face
from services.faces.person import Judged, Person, by_judge, judge
from services.storage.base import ObjectMissing
from services.training import consents


async def faces(deps: Deps, folders: Iterable[str]) -> dict[str, tuple[Face, ...]]:
    """Of each stored photo, by folder and in that order; without those that have none.

    Photos that were deleted meanwhile are left out.
    """
    wanted = list(folders)
    found = await asyncio.gather(*(_faces(deps, folder) for folder in wanted))
    return {folder: one for folder, one in zip(wanted, found, strict=True) if one}


async def person(deps: Deps, *, user_model_id: UUID) -> Person | None:
    """The person of a user model; None where faces are not looked at, or consent is missing."""
    if deps.faces is None:
        return None
    async with deps.transaction() as session:
        if not await consents.covers_faces(session, user_model_id=user_model_id):
            return None
        places = await consents.covers_pose(session, user_model_id=user_model_id)
        query = select(TrainingImage.folder, TrainingImage.verdict).order_by(
            TrainingImage.created_at, TrainingImage.id
        )
        rows = await session.execute(query.where(TrainingImage.user_model_id == user_model_id))
        folders = [folder for folder, verdict in rows if verdict.get("face")]
    found = judge(await faces(deps, folders))
    if found.person is None:
        return None
    return replace(found.person, places=places, judged=await _by_judge(deps, found))


async def _by_judge(deps: Deps, found: Judged[str]) -> Person | None:
    """The person by the operator's network; None without one, or where it can't be used."""
    if deps.judge is None:
        return None
    hers = [folder for folder in found.shown if folder not in found.strangers]
    judged = {folder: await _faces(deps, folder, judge=deps.judge) for folder in hers}
    return by_judge(found, judged)


async def _faces(deps: Deps, folder: str, *, judge: Path | None = None) -> tuple[Face, ...]:
    if deps.faces is None:
        return ()
    if known := deps.faces.get(folder, judged=judge is not None):
        return known
    try:
        found = await imaging.look(await deps.storage.get(f"{folder}/full.jpg"), judge=judge)
    except (ObjectMissing, imaging.Rejected):
        return ()
    if found:
        deps.faces.keep(folder, found, judged=judge is not None)
    return found
