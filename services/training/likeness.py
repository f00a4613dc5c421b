"""How much pictures look like their person: measured when asked for, from the photos themselves.

Embeddings are never stored: they live in `deps.faces`, in this process, for minutes.
"""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from db.models import TrainingImage
from services import imaging
from services.deps import Deps
from services.faces import compare
from services.faces.base import Embedding, Face
from services.storage.base import ObjectMissing
from services.training import consents, photo_coach


async def embeddings(deps: Deps, folders: Iterable[str]) -> dict[str, Embedding]:
    """Of the largest face of each stored photo, by folder; without those that have none.

    Photos that were deleted meanwhile are left out.
    """
    wanted = list(folders)
    found = await asyncio.gather(*(_embedding(deps, folder) for folder in wanted))
    return {folder: one for folder, one in zip(wanted, found, strict=True) if one}


async def centroid(deps: Deps, *, user_model_id: UUID) -> Embedding | None:
    """The person of a user model; None where faces are not looked at, or consent is missing."""
    if deps.faces is None:
        return None
    async with deps.transaction() as session:
        if not await consents.covers_faces(session, user_model_id=user_model_id):
            return None
        query = select(TrainingImage.folder, TrainingImage.verdict)
        rows = await session.execute(query.where(TrainingImage.user_model_id == user_model_id))
        folders = [
            folder
            for folder, verdict in rows
            if verdict.get("face") and not set(photo_coach.WRONG).intersection(verdict["warnings"])
        ]
    return compare.centroid((await embeddings(deps, folders)).values())


def of(faces: tuple[Face, ...] | None, centre: Embedding | None) -> float | None:
    """0-100 for the largest face of a picture; None where there is none, or nobody looked."""
    return compare.likeness(faces[0].embedding, centre) if faces and centre else None


async def _embedding(deps: Deps, folder: str) -> Embedding | None:
    if deps.faces is None:
        return None
    if known := deps.faces.get(folder):
        return known
    try:
        faces = await imaging.look(await deps.storage.get(f"{folder}/train.jpg"))
    except (ObjectMissing, imaging.Rejected):
        return None
    if not faces:
        return None
    deps.faces.keep(folder, faces[0].embedding)
    return faces[0].embedding
