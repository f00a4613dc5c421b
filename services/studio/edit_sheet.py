"""What the viewer offers to make of a picture, with the price."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage
from services.deps import Deps
from services.engines.base import Engine, NotUnderstood, Operation, Term
from services.errors import Conflict, Invalid
from services.gallery import images, offers
from services.studio import generations
from services.studio.operations import SCALES, same_shape
from services.studio.requests import ASPECTS


@dataclass(frozen=True, slots=True)
class Preset:
    """An edit that people ask for."""

    label: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody in the picture: a user model's id and name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class EditSheet:
    """What can be made of one picture. credits: of each; available: None is unlimited.

    scales, formats: those that ENLARGE and EXTEND may ask for. enlarging: how that is done.
    editor: the engine of edits. reads_words: it follows a vocabulary, see `read`. reason: why no
    edit is offered. faces: whose may be made again.
    """

    image_id: UUID
    operations: list[Operation]
    scales: list[int]
    formats: list[str]
    presets: list[Preset]
    faces: list[Shown]
    enlarging: str
    editor: str | None
    reads_words: bool
    reason: str | None
    credits: int
    available: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How the engine reads words; None where it takes any."""

    understood: tuple[Term, ...] | None = None
    not_understood: tuple[NotUnderstood, ...] | None = None


ANY_WORDS = (
    Preset("Plain background", "on a plain white background"),
    Preset("Business clothes", "wearing a navy blazer and a white shirt"),
    Preset("Smile", "smiling warmly"),
    Preset("No glasses", "without glasses"),
    Preset("Daylight", "in soft daylight"),
    Preset("Tidy hair", "with neatly combed hair"),
)
SCENES = (
    Preset("Plain background", "a plain white studio"),
    Preset("Daylight", "at noon"),
    Preset("Golden hour", "at golden hour"),
    Preset("Night", "at night"),
    Preset("Beach", "on a beach"),
    Preset("Forest", "in a forest"),
    Preset("Snow", "in the snow"),
)


async def sheet(session: AsyncSession, deps: Deps, *, user_id: UUID, image_id: UUID) -> EditSheet:
    """What is offered for this picture. Raises NotFound."""
    image = await images.owned(session, deps, user_id=user_id, image_id=image_id)
    offered = offers.offered(deps, image)
    editor, reason = _taker(deps, Operation.EDIT, image)
    scales = {scale: _taker(deps, Operation.ENLARGE, image, scale=scale)[0] for scale in SCALES}
    enlarger = next((engine for engine in scales.values() if engine), None)
    quote = await generations.quote(session, deps, user_id=user_id, count=1)
    return EditSheet(
        image_id=image.id,
        operations=offered,
        scales=[scale for scale, engine in scales.items() if engine],
        formats=_formats(image) if Operation.EXTEND in offered else [],
        presets=list(SCENES if editor and editor.words else ANY_WORDS),
        faces=await _faces(session, image) if Operation.FACE in offered else [],
        enlarging=enlarger.info.enlarging if enlarger else "",
        editor=editor.info.name if editor else None,
        reads_words=bool(editor and editor.words),
        reason=reason,
        credits=quote.credits,
        available=quote.available,
    )


async def _faces(session: AsyncSession, image: GeneratedImage) -> list[Shown]:
    measured = offers.alike(image)
    names = await images.model_names(session, measured)
    return [Shown(id, names[id]) for id in measured if id in names]


def read(deps: Deps, prompt: str, *, engine: str | None = None) -> Reading:
    """What an engine, the usual one if none is named, understands of words. Raises Invalid."""
    named = deps.engines.find(engine) if engine else deps.engine
    if named is None:
        raise Invalid("There is no such engine.", field="engine")
    if named.words is None:
        return Reading()
    found = named.words.understand(prompt)
    return Reading(found.understood, found.not_understood)


def _taker(
    deps: Deps, operation: Operation, image: GeneratedImage, *, scale: int | None = None
) -> tuple[Engine | None, str | None]:
    """The engine that can do it with this picture, or why none can."""
    if image.deleted_at is not None:
        return None, "It is in the trash."
    try:
        return offers.taker(deps, operation, image, scale=scale), None
    except Conflict as conflict:
        return None, str(conflict)


def _formats(image: GeneratedImage) -> list[str]:
    return [name for name in ASPECTS if not same_shape(name, image.width, image.height)]
