"""The floor: an image that is not the person is made again once, then given back.

Whether an image is below is decided where it is measured and kept with its run: `below` of a run
names its positions, `again` says that the run makes such an image a second time. So a crash
between any two statements changes nothing: the second run begins in the transaction that ends the
first, and what is charged is read from both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import (
    AlbumImage,
    Consent,
    GeneratedImage,
    Generation,
    RunRow,
    ShareLink,
    UserModel,
)
from db.states import GenerationStatus
from services.credits import ledger
from services.deps import Deps
from services.engines import preview
from services.engines.base import Operation
from services.faces.base import Face
from services.faces.person import Person
from services.faces.pose import PROFILE
from services.faces.scale import Word
from services.files import erasing
from services.remote import runs

SMALL = 0.05  # of the picture's shorter side: of a smaller face nobody can say whose it is
TWINS = "A second face in it looks like the person, too."
DRIFTED = "The skin has another tone than in the photos; the light may be why."
AGAIN = "again"  # the stage while an image is made a second time


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of an image's face. below: whether the image may not be charged.

    twins: whether a second face is hers, too, as when a LoRA makes everybody look like her.
    second: the number of the other person in a picture of two. drifted: whether her skin has
    another tone than in her photos. judged: the number by the operator's own network.
    """

    number: float | None = None
    word: str | None = None
    face_box: list[float] | None = None
    below: bool = False
    twins: bool = False
    second: float | None = None
    drifted: bool = False
    judged: float | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What the image's recipe keeps: a hint, never a verdict."""
        hints = [text for text, holds in ((TWINS, self.twins), (DRIFTED, self.drifted)) if holds]
        said: dict[str, Any] = {"hint": " ".join(hints)} if hints else {}
        return said if self.judged is None else said | {"judged": self.judged}

    def values(self) -> dict[str, Any]:
        """Columns of the image."""
        return {
            "likeness": self.number,
            "likeness_word": self.word,
            "face_box": self.face_box,
            "charged": not self.below,
            "second_likeness": self.second,
        }


def measure(
    deps: Deps,
    run: runs.Run,
    row: Generation,
    faces: Sequence[Face] | None,
    person: Person | None,
    *,
    photographic: bool,
) -> Measured:
    """How alike an image is; nothing is known where nobody looks, or where no face is found.

    photographic: whether the image's style shows a face as a camera would.
    """
    if person is None or not faces:
        return Measured()
    face = person.face(tuple(faces))
    alike = person.likeness(tuple(faces))
    if face is None or alike is None:
        return Measured()
    seen = photographic and _clear(face, row)
    below = seen and alike.word is Word.NOT_HER and applies(deps, run, row)
    box = [round(edge, 4) for edge in face.box] if person.places else None
    return Measured(
        alike.number,
        alike.word,
        box,
        below,
        twins=person.count(tuple(faces)) > 1,
        drifted=seen and alike.word is not Word.NOT_HER and _new(run, row) and person.drifted(face),
    )


def applies(deps: Deps, run: runs.Run, row: Generation) -> bool:
    """Only to new images; never to the photo booth's, cut from photos as they are."""
    return deps.settings.likeness_floor and _new(run, row)


def _new(run: runs.Run, row: Generation) -> bool:
    return row.operation == Operation.GENERATE and run.engine != preview.NAME


def seeds(row: Generation, run: runs.Run, usual: Sequence[int], most: int) -> list[int]:
    """Those of a run's images; the second time others than any of the generation's."""
    chosen = usual[run.first : run.first + run.units]
    shift = row.count if run.again else 0
    return [(seed + shift) % (most + 1) for seed in chosen]


async def begin_again(
    session: AsyncSession, deps: Deps, run: runs.Run, row: Generation, limits: runs.Limits
) -> None:
    """When a run has ended: one more for each of its images that is below, at no cost."""
    engine = deps.engines.info(run.engine)
    if run.again or engine is None:
        return
    below = await session.scalar(select(RunRow.below).where(RunRow.id == run.id))
    for position in below or ():
        await runs.start(
            session,
            deps,
            kind="generation",
            engine=engine,
            user_id=run.user_id,
            limits=limits,
            generation_id=row.id,
            first=position,
            again=True,
        )
        row.stage = AGAIN
        if row.status == GenerationStatus.QUEUED:  # it was made too fast for anybody to see
            row.status = GenerationStatus.RUNNING


async def record_below(session: AsyncSession, run: runs.Run, *, position: int) -> None:
    """Keeps that an image of this run is below; in the transaction that stores it."""
    below = func.array_append(RunRow.below, position)
    await session.execute(update(RunRow).where(RunRow.id == run.id).values(below=below))


async def make_room(
    session: AsyncSession, generation_id: UUID, position: int, second: Measured
) -> bool:
    """Takes the first image out where the second is the person, unless the member cares for it.

    False: the first stays, and the second is not stored.
    """
    first = await session.scalar(
        select(GeneratedImage)
        .where(GeneratedImage.generation_id == generation_id, GeneratedImage.position == position)
        .with_for_update()
    )
    if second.below or second.word in (None, Word.NOT_HER):
        return False
    if first is None:  # erased by its owner: the second is hers
        return True
    if await _cared_for(session, first):
        return False
    await erasing.request(session, prefix=first.folder, delay=timedelta(minutes=1))
    await session.execute(delete(GeneratedImage).where(GeneratedImage.id == first.id))
    return True


async def _cared_for(session: AsyncSession, image: GeneratedImage) -> bool:
    """Whether the member has rated, changed, shared or collected the image meanwhile."""
    if image.favourite or image.rating is not None:
        return True
    own = (  # where the image was put when it was made
        select(Generation.album_id).where(Generation.id == image.generation_id).scalar_subquery()
    )
    uses = (
        exists().where(Generation.source_image_id == image.id),
        exists().where(AlbumImage.image_id == image.id, AlbumImage.album_id.is_distinct_from(own)),
        exists().where(ShareLink.image_id == image.id, ShareLink.revoked_at.is_(None)),
    )
    return bool(await session.scalar(select(or_(*uses))))


async def given_back(session: AsyncSession, *, generation_id: UUID) -> set[int]:
    """Positions of images that are not charged: below, and no better the second time."""
    rows = await session.execute(
        select(RunRow.made, RunRow.below, RunRow.again).where(RunRow.generation_id == generation_id)
    )
    below: set[int] = set()
    better: set[int] = set()
    for made, unlike, again in rows:
        if again:
            better |= set(made) - set(unlike)
        else:
            below |= set(unlike)
    return below - better


async def capture(session: AsyncSession, row: Generation, *, reference: str) -> str | None:
    """Closes the generation's hold: a credit for each image that is charged, the rest goes back.

    What its member reads where an image was not charged, though made; else None.
    """
    made = await runs.made(session, generation_id=row.id)
    unlike = await given_back(session, generation_id=row.id)
    why = await _reason(session, row, len(unlike)) if unlike else ""
    credits = row.cost * len(made - unlike) // row.count  # a pack may have a price of its own
    await ledger.capture(session, reference=reference, credits=credits, given_back=why)
    return f"{len(made)} made, {why}" if why else None


async def _reason(session: AsyncSession, row: Generation, count: int) -> str:
    """Why `count` images are not charged, as the member reads it."""
    query = (
        select(UserModel.name, Consent.subject_is)
        .outerjoin(Consent, Consent.user_model_id == UserModel.id)
        .where(UserModel.id == row.user_model_id)
        .limit(1)
    )
    found = (await session.execute(query)).one_or_none()
    if row.people > 1:
        return f"{count} not charged: not both people look like themselves."
    whom = "you" if found is None or found.subject_is in (None, "self") else found.name
    it = "it" if count == 1 else "they"
    return f"{count} not charged: {it} did not look like {whom}."


def _clear(face: Face, row: Generation) -> bool:
    """Large enough, and not from the side: else the measure says little."""
    return face.side >= SMALL * min(row.width, row.height) and abs(face.yaw) < PROFILE
