"""What a member agrees to before a likeness is made, kept with its exact words."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, exists, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import func

from db.models import Consent, UserModel
from services.deps import Deps
from services.errors import Conflict, Invalid

_TEXT = (
    "I am at least 18 years old. The photos show me, or an adult who gave me permission. "
    "I agree that they are used to make a model of this person's appearance, and pictures "
    "from it, for me alone. They are kept until I delete the model; deleting it erases the "
    "photos and the model. I will not use the pictures to deceive or to harm anyone."
)
_FACES = (
    " The face in the photos and pictures is measured on this server, to say which photos are "
    "good and how much a picture looks like the person. These measurements are not stored; only "
    "where the face is in a photo, how large and how sharp, and the result are kept, as long as "
    "the photo or the picture."
)
_POSE = (
    " The face in the photos and pictures is measured on this server, to say which photos are "
    "good and how much a picture looks like the person. These measurements are not stored. Kept "
    "are only where the face is, how large and how sharp, which way the head is turned, the light "
    "of the photo and the hour at which it was taken, and the result: none of them tells who it "
    "is, and they are erased with the photo or the picture."
)
TEXTS = {"1": _TEXT, "2": _TEXT + _FACES, "3": _TEXT + _POSE}
COVERS_FACES = ("2", "3")
COVERS_POSE = ("3",)
SUBJECTS = {
    "self": "The photos show me",
    "other_with_permission": "They show an adult who gave me permission",
}


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What was agreed to for one user model; subject_is: a key of SUBJECTS."""

    user_model_id: UUID
    model_name: str
    subject_is: str
    given_at: datetime


def current(deps: Deps) -> str:
    """The version of the text that fits what this installation does."""
    return "3" if deps.faces else "1"


async def give(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    user_model_id: UUID,
    subject_is: str,
    text_version: str,
    ip: str = "",
) -> None:
    """Records the consent for one user model. Raises Invalid for an unknown text or subject."""
    if text_version not in TEXTS:
        present = current(deps)
        raise Invalid("Please read and accept the present consent text.", text_version=present)
    if subject_is not in SUBJECTS:
        raise Invalid("Say whom the photos show.", subject_is=list(SUBJECTS))
    session.add(
        Consent(
            id=deps.new_id(),
            user_id=user_id,
            user_model_id=user_model_id,
            subject_is=subject_is,
            text_version=text_version,
            text_hash=hashlib.sha256(TEXTS[text_version].encode()).digest(),
            ip=ip,
        )
    )
    await session.flush()


def stands(user_model_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Within another query: whether a consent for this user model stands."""
    return exists().where(Consent.user_model_id == user_model_id, Consent.withdrawn_at.is_(None))


async def require(session: AsyncSession, *, user_model_id: UUID) -> None:
    """Raises Conflict unless a consent for this user model stands, whichever its text."""
    if not await session.scalar(select(stands(literal(user_model_id, Uuid)))):
        raise Conflict("The consent for this model was withdrawn: no pictures are made with it.")


async def covers_faces(session: AsyncSession, *, user_model_id: UUID) -> bool:
    """Whether the person's face may be measured: the text that says so was agreed to."""
    return await _agreed(session, user_model_id, COVERS_FACES)


async def covers_pose(session: AsyncSession, *, user_model_id: UUID) -> bool:
    """Whether the turn of the head and the hour of a photo may be kept with it."""
    return await _agreed(session, user_model_id, COVERS_POSE)


async def _agreed(session: AsyncSession, user_model_id: UUID, versions: Sequence[str]) -> bool:
    agreed = exists().where(
        Consent.user_model_id == user_model_id,
        Consent.withdrawn_at.is_(None),
        Consent.text_version.in_(versions),
    )
    return bool(await session.scalar(select(agreed)))


async def standing(session: AsyncSession, *, user_id: UUID) -> list[ConsentView]:
    """A member's consents that were not withdrawn and whose model is there, newest first."""
    rows = await session.execute(
        select(Consent, UserModel.name)
        .join(UserModel, UserModel.id == Consent.user_model_id)
        .where(Consent.user_id == user_id, Consent.withdrawn_at.is_(None))
        .order_by(Consent.given_at.desc(), Consent.id)
    )
    return [
        ConsentView(row.user_model_id, name, row.subject_is, row.given_at)
        for row, name in rows
        if row.user_model_id
    ]


async def withdraw(session: AsyncSession, *, user_id: UUID, user_model_id: UUID) -> None:
    """Marks the consents of one user model as withdrawn; they are kept as evidence."""
    await session.execute(
        update(Consent)
        .where(
            Consent.user_id == user_id,
            Consent.user_model_id == user_model_id,
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=func.now())
    )
