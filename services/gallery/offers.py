"""What can be made of a picture that is there, and which engine of this installation makes it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from db.models import GeneratedImage
from services.deps import Deps
from services.engines.base import Engine, Method, Operation
from services.errors import Conflict, Invalid

FEW_PHOTOS = (
    "The model has fewer than four photos, so its pictures have no number, and nobody could say "
    "whether a new face is better."
)


def offered(deps: Deps, image: GeneratedImage) -> list[Operation]:
    """The operations that may be asked for; none while the picture is in the trash."""
    if image.deleted_at is not None:
        return []
    return [
        operation
        for operation in Operation
        if operation is not Operation.GENERATE
        and any(_objection(e, operation, image) is None for e in deps.engines.ready)
    ]


def taker(
    deps: Deps,
    operation: Operation,
    image: GeneratedImage,
    *,
    scale: int | None = None,
    engine: str | None = None,
) -> Engine:
    """The first engine, the usual one before the others, that can do it with this picture.

    Raises Conflict with the first objection, Invalid for an engine that there is not.
    """
    found = [deps.engines.find(engine)] if engine else deps.engines.ready
    objections = []
    for candidate in found:
        if candidate is None or candidate not in deps.engines.ready:
            raise Invalid("There is no such engine.", field="engine")
        objection = _objection(candidate, operation, image, scale)
        if objection is None:
            return candidate
        objections.append((operation not in candidate.info.operations, objection))
    _, reason = min(objections, key=lambda said: said[0])
    raise Conflict(reason, operation=operation)


def method(engine: Engine, image: GeneratedImage) -> Method:
    """How the person comes in: as before where the engine has that, else in its own way."""
    offered = engine.info.methods
    return Method(image.method) if image.method in offered else offered[-1]


def recipe(image: GeneratedImage) -> Mapping[str, Any]:
    """How the image was made, and its size in pixels, which no recipe may be wrong about."""
    return {**image.recipe, "width": image.width, "height": image.height}


def alike(image: GeneratedImage) -> dict[UUID, float]:
    """Likeness of each person whose face was measured in it, by user model.

    Only their faces are made again: of another nobody could say whether the new one is better.
    """
    persons = (image.user_model_id, image.likeness), (image.second_model_id, image.second_likeness)
    return {id: number for id, number in persons if id is not None and number is not None}


def _objection(
    engine: Engine, operation: Operation, image: GeneratedImage, scale: int | None = None
) -> str | None:
    if operation not in engine.info.operations:
        return f"{engine.info.label} can’t do this with a picture."
    if operation is Operation.FACE and not alike(image):
        return FEW_PHOTOS if image.likeness_word else "No face was measured in this picture."
    return engine.objection(operation, recipe(image), scale=scale)
