"""What can be made of a picture that is there, by the engine of this installation."""

from collections.abc import Mapping
from typing import Any

from db.models import GeneratedImage
from services.deps import Deps
from services.engines.base import Operation


def offered(deps: Deps, image: GeneratedImage) -> list[Operation]:
    """The operations that may be asked for; none while the picture is in the trash."""
    if image.deleted_at is not None:
        return []
    return [
        operation
        for operation in deps.engine.info.operations
        if operation is not Operation.GENERATE
        and deps.engine.objection(operation, recipe(image)) is None
    ]


def recipe(image: GeneratedImage) -> Mapping[str, Any]:
    """How the image was made, and its size in pixels, which no recipe may be wrong about."""
    return {**image.recipe, "width": image.width, "height": image.height}
