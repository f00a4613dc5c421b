"""Whom pictures show: one person of a model, or two of two models of the same member."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, Generation, UserModel
from services import imaging
from services.deps import Deps
from services.engines.base import OWN_PIXELS, Operation, Person
from services.errors import Conflict, Invalid
from services.faces import person as faces
from services.faces.base import Face
from services.gallery import offers
from services.remote import runs
from services.remote.results import BadResult
from services.studio import likeness_floor
from services.studio.likeness_floor import Measured
from services.studio.requests import GenerationRequest
from services.training import consents, likeness, methods, references, user_models
from services.training.methods import Choice, Material

Models = Sequence[UserModel]
GONE = "The model of this picture was deleted, so it can’t be changed."


async def asked_for(
    session: AsyncSession, *, user_id: UUID, request: GenerationRequest, count: int
) -> list[UserModel]:
    """The models of a request, each the member's own; none where only pixels are changed.

    count: how many persons the picture that is changed shows; 1 for new ones.
    Raises NotFound, Invalid, Conflict where a consent does not stand or a model is gone.
    """
    ids = [id for id in (request.user_model_id, request.second_model_id) if id is not None]
    if request.operation is Operation.GENERATE:
        _check_new(request)
    elif len(ids) < count and request.operation not in OWN_PIXELS:
        raise Conflict(GONE if count == 1 else GONE.replace("The", "A"))
    models = [await user_models.owned(session, user_id=user_id, user_model_id=id) for id in ids]
    for model in models if len(models) > 1 else ():  # of one alone, the withdrawal deletes it
        await consents.require(session, user_model_id=model.id)
    return models


def _check_new(request: GenerationRequest) -> None:
    if request.user_model_id is None:
        raise Invalid("Say whom the pictures show: `model_id` is missing.", field="model_id")
    if request.user_model_id == request.second_model_id:
        raise Invalid("Choose another model for the second person.", field="second_model_id")


async def choice(
    session: AsyncSession, deps: Deps, request: GenerationRequest, models: Models
) -> Choice:
    """Who makes new pictures of them. Raises Invalid, Conflict with what to do."""
    there = [await methods.material(session, model) for model in models]
    least = Material(min(each.photos for each in there), all(each.lora for each in there))
    return methods.choose(
        deps, least, engine=request.engine, method=request.method, people=len(models)
    )


def named(models: Models) -> str | None:
    """Their names, as a sentence has them."""
    return " and ".join(model.name for model in models) or None


async def second(
    session: AsyncSession, deps: Deps, row: Generation, most: int
) -> tuple[int, Person | None]:
    """Of `most` reference photos how many each person has, and the second one with hers.

    Raises BadResult where her model was deleted meanwhile.
    """
    if row.people == 1 or row.operation == Operation.FACE:
        return most, None
    id = row.second_model_id
    model = await session.get(UserModel, id) if id else None
    if model is None:
        raise BadResult("One of its models was deleted.")
    each = most // row.people
    best = await references.choose(session, model.id, each)
    photos = [runs.readable(deps, photo.key) for photo in best]
    return each, Person(model.subject, photos)


async def persons(deps: Deps, row: Generation) -> list[faces.Person | None]:
    """Of each model in turn; None where nobody looks at faces, or the consent does not cover it."""
    ids = [row.user_model_id, *([row.second_model_id] if row.people > 1 else [])]
    return [await likeness.person(deps, user_model_id=id) if id else None for id in ids]


async def face_of(deps: Deps, row: Generation, picture: bytes) -> Face:
    """The first person's in a picture that is there. Raises BadResult where none is found."""
    whose = await persons(deps, row)
    found = shared_out(await imaging.look(picture), whose)[0]
    face = whose[0].face(tuple(found or ())) if whose[0] else None
    if face is None:
        raise BadResult("No face of this person was found in the picture.")
    return face


def require_rise(row: Generation, source: GeneratedImage | None, now: Measured) -> None:
    """Raises BadResult where a face that was made again is no more like the person than before."""
    if source is None:
        return
    before = offers.alike(source).get(row.user_model_id) if row.user_model_id else None
    if before is not None and (now.number is None or now.number <= before):
        raise BadResult("The new face was no more like the person.")


def measured(
    deps: Deps,
    run: runs.Run,
    row: Generation,
    found: Sequence[Face] | None,
    persons: Sequence[faces.Person | None],
    *,
    photographic: bool,
) -> Measured:
    """How alike each person in a picture is, of a style that is photographic or not."""
    theirs = zip(shared_out(found, persons), persons, strict=True)
    return together(
        [
            likeness_floor.measure(deps, run, row, own, who, photographic=photographic)
            for own, who in theirs
        ]
    )


def shared_out(
    found: Sequence[Face] | None, persons: Sequence[faces.Person | None]
) -> list[Sequence[Face] | None]:
    """For each person the faces that may be hers: of two, none is measured by the other's face."""
    if len(persons) < 2 or not found:
        return [found] * len(persons)
    one, other = faces.apart(tuple(found), *persons)
    return [[f for f in found if f is not other], [f for f in found if f is not one]]


def together(each: Sequence[Measured]) -> Measured:
    """What is known of a picture's faces: one that is not who it should be is enough."""
    first, *others = each
    if not others:
        return first
    (other,) = others
    drifted = first.drifted or other.drifted
    return replace(first, second=other.number, below=first.below or other.below, drifted=drifted)
