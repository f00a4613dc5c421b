"""What the booth is asked to do with a picture that is there: planned here, done elsewhere."""

from collections.abc import Awaitable, Callable, Mapping
from importlib.util import find_spec
from typing import Any

from services.engines.base import FileRef, GenerateRequest, Operation
from services.engines.preview import operations
from services.engines.preview.info import RESAMPLED
from services.engines.preview.operations import Impossible, Recipe
from services.engines.preview.scene import Scene
from services.storage.base import Storage

KEPT = ("photo", "scene", "note", "words")  # of a picture's recipe, so that its child can be edited
NO_OPENCV = "OpenCV is not installed, so nobody can be cut out."

Retouch = Callable[..., Awaitable[bytes]]


def objection(operation: Operation, made: Mapping[str, Any], scale: int | None) -> str | None:
    """Why it can't be done with the picture that `made` is the recipe of; None where it can."""
    try:
        if operation in (Operation.EDIT, Operation.EXTEND):
            operations.recipe(made)
        elif operation is Operation.ENLARGE:
            operations.enlarged_size(made.get("width", 0), made.get("height", 0), scale or 2)
        elif operation is Operation.CUTOUT and find_spec("cv2") is None:
            return NO_OPENCV
    except Impossible as impossible:
        return str(impossible)
    return None


def again(request: GenerateRequest, change: Scene) -> Recipe:
    """How the picture is made again, edited or in another format. Raises Impossible."""
    recipe = operations.recipe(request.made)
    if request.operation is Operation.EXTEND:
        return operations.reframed(recipe, request.width, request.height)
    return operations.edited(recipe, change)


async def retouched(
    request: GenerateRequest, storage: Storage, retouch: Retouch
) -> tuple[bytes, dict[str, Any]]:
    """The picture's own pixels, enlarged or without their background, and the recipe.

    Raises Impossible, StorageError, OSError.
    """
    if request.source is None:
        raise Impossible("There is no picture to start from.")
    enlarging = request.operation is Operation.ENLARGE
    arguments = {"factor": request.scale} if enlarging else {}
    source = await storage.get(request.source.key)
    data = await retouch(source, task=str(request.operation), **arguments)
    kept = {name: request.made[name] for name in KEPT if name in request.made}
    return data, kept | ({"made_by": RESAMPLED} if enlarging else {})


def index_of(photo: str, photos: list[FileRef]) -> int:
    """Which of the photos the recipe means. Raises Impossible where it was deleted."""
    for index, ref in enumerate(photos):
        if name(ref) == photo:
            return index
    raise Impossible("The photo that this picture was made from has been deleted.")


def name(photo: FileRef) -> str:
    """The photo's own folder, without whose it is: recipes are downloaded and passed on."""
    return photo.key.split("/")[-2]
