"""A picture to take away: in another shape, size or format; marked like every picture of ours.

By hand means: cut and resampled on this machine, without AI and without a credit.
"""

import asyncio
from dataclasses import dataclass
from typing import Literal

from db.models import GeneratedImage
from services import imaging
from services.deps import Deps
from services.errors import Conflict
from services.faces.base import Box
from services.gallery.files import EXTENSIONS, file_name, key
from services.imaging import ExportFormat
from services.provenance import certificates, manifests, marks
from services.provenance.xmp import Unmarkable
from services.storage.base import ObjectMissing

Shape = Literal["whole", "square", "story", "banner", "print"]
TYPES: dict[ExportFormat, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}
PRINT = (1181, 1772)  # 10 x 15 cm at 300 dots an inch
# width and height in px; of "square", only the ratio counts
SIZES: dict[Shape, tuple[int, int]] = {"story": (1080, 1920), "banner": (1500, 500)}


@dataclass(frozen=True, slots=True)
class Export:
    """A file to be saved. name: as a picture's own file, with what it was made into."""

    data: bytes
    content_type: str
    name: str


async def export(
    deps: Deps, image: GeneratedImage, *, shape: Shape, format: ExportFormat
) -> Export:
    """The picture in this shape and format, signed. Raises Conflict where its file is away.

    image: whose owner was checked. A cut keeps the face, where one was found.
    """
    try:
        data = await deps.storage.get(key(image.folder, image.content_type, "full"))
        size = _size(shape, image.width, image.height)
        made = await imaging.export(
            data,
            crop=_crop(image, _ratio(shape, size)),
            size=size,
            dpi=300 if shape == "print" else None,
            format=format,
        )
        made = await _signed(deps, image, made, TYPES[format])
    except (ObjectMissing, imaging.Rejected, Unmarkable) as error:
        raise Conflict("The file of this picture cannot be read any more.") from error
    return Export(made, TYPES[format], _name(image, shape, TYPES[format]))


def window(width: int, height: int, ratio: float, face: Box | None) -> Box:
    """The largest part of this ratio, around the face; left, top, right, bottom in 0..1."""
    across = min(1.0, ratio * height / width)
    down = min(1.0, width / (ratio * height))
    x, y = ((face[0] + face[2]) / 2, (face[1] + face[3]) / 2) if face else (0.5, 0.4)
    left = min(max(x - across / 2, 0.0), 1 - across)
    top = min(max(y - down * 0.45, 0.0), 1 - down)  # more room below a face than above it
    return (left, top, left + across, top + down)


def _size(shape: Shape, width: int, height: int) -> tuple[int, int] | None:
    """What it is resampled to; a print lies as the picture does."""
    if shape == "print":
        return PRINT if height >= width else (PRINT[1], PRINT[0])
    return SIZES.get(shape)


def _ratio(shape: Shape, size: tuple[int, int] | None) -> float | None:
    if shape == "square":
        return 1.0
    return size[0] / size[1] if size else None


def _crop(image: GeneratedImage, ratio: float | None) -> Box | None:
    if ratio is None:
        return None
    box = image.face_box
    face = (box[0], box[1], box[2], box[3]) if box else None
    return window(image.width, image.height, ratio, face)


async def _signed(deps: Deps, image: GeneratedImage, data: bytes, kind: str) -> bytes:
    engine = str(image.recipe.get("engine", "unknown"))
    origin = marks.origin(engine=engine, recipe=image.recipe, at=image.created_at)
    async with deps.transaction() as session:
        signature = await certificates.current(session, deps)
    return await asyncio.to_thread(manifests.sign, data, kind, origin, signature)


def _name(image: GeneratedImage, shape: Shape, kind: str) -> str:
    stem = file_name(image).rpartition(".")[0]
    part = "" if shape == "whole" else f"-{shape}"
    return f"{stem}{part}.{EXTENSIONS[kind]}"
