"""One picture from a member's photos: a pure function of its arguments."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from services.engines.preview import lettering, painted, photographic, printed
from services.engines.preview.compose import Box
from services.engines.preview.looks import LOOKS, Sitting
from services.engines.preview.pixels import to_image
from services.engines.preview.scene import Scene, of_facts

if TYPE_CHECKING:
    from services.engines.preview.booth import Cutting

# Registering the looks is what importing their modules is for.
MODULES = (painted, photographic, printed)
JPEG_QUALITY = 92
LETTERED = {"magazine-cover", "duotone-poster"}  # they print the words as their headline
COMPANIONS = 3  # photos at most in one picture
NO_OPENCV = "OpenCV is not installed, so photos keep their own background."
KEPT = {
    "nobody": "No person stands out in the photo, so it keeps its own background.",
    "filled": "The person fills the photo, so it keeps its own background.",
    "several": "The photo shows several persons, so it keeps its own background.",
    "head-cut": "The photo cuts the head off, so it keeps its own background.",
}


@dataclass(frozen=True, slots=True)
class Made:
    """data: a JPEG. photo: the index of the one that was used.

    scene: what the person was put into, as `Scene.facts`; None where the photo was used as it is,
    and then `note` says why.
    """

    data: bytes
    photo: int
    scene: dict[str, Any] | None = None
    note: str | None = None

    def facts(self) -> dict[str, Any]:
        """Everything but the picture, as JSON keeps it."""
        return {"photo": self.photo, "scene": self.scene, "note": self.note}


@dataclass(frozen=True, slots=True)
class _Choice:
    """The photos of one picture, the first of them cut out where that can be done."""

    order: list[int]
    images: list[Image.Image]
    cutting: "Cutting | None" = None
    note: str | None = field(default=None)


def render(
    photos: Sequence[bytes],
    *,
    seed: int,
    width: int,
    height: int,
    prompt: str = "",
    preset: str | None = None,
    faces: Sequence[Box | None] = (),
    alphas: Sequence[bytes | None] = (),
    scene: Mapping[str, Any] | None = None,
    photo: int | None = None,
) -> Made:
    """A JPEG of width x height pixels in the preset's look; the seed picks photo and variation.

    photos: at least one encoded upright sRGB photo. faces: one box in 0..1 a photo, where known.
    alphas: a photo's cut-out, where one is stored. scene: `Scene.facts`.
    photo: which of them shows the person; the seed chooses one where it is not given.
    Raises ValueError without photos, OSError for a photo that does not decode.
    """
    if not photos:
        raise ValueError("at least one photo is needed")
    digest = hashlib.sha256(f"{seed}\0{preset}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    chosen = _chosen(photos, faces, alphas, seed, photo)
    asked = of_facts(scene or {})
    wanted = _in_style(asked, preset) if chosen.cutting else Scene(text=asked.text)
    boxes = [_at(faces, i) for i in chosen.order]
    sitting = Sitting(
        chosen.images, boxes, width, height, prompt, rng, seed, wanted, chosen.cutting
    )
    image = to_image(LOOKS.get(preset or "", photographic.natural)(sitting))
    if wanted.text and preset not in LETTERED:
        image = lettering.caption(image, wanted.text)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    named = wanted.facts() if chosen.cutting else None
    return Made(out.getvalue(), chosen.order[0], named, chosen.note)


def _in_style(scene: Scene, preset: str | None) -> Scene:
    from services.engines.preview.booth import with_defaults

    return with_defaults(scene, preset)


def _chosen(
    photos: Sequence[bytes],
    faces: Sequence[Box | None],
    alphas: Sequence[bytes | None],
    seed: int,
    first: int | None,
) -> _Choice:
    """Seeds in a row show different photos; those that can be cut out come before the others."""
    stored = [i for i in range(len(photos)) if _at(alphas, i)]
    usable = stored or list(range(len(photos)))
    # The first by seed, its companions by chance: by one of its own, since the look's must not
    # depend on how many photos there are.
    others = np.random.default_rng(seed).permutation(len(photos)).tolist()
    order = [usable[seed % len(usable)] if first is None else first, *others]
    order = list(dict.fromkeys(order))[:COMPANIONS]
    images = [Image.open(io.BytesIO(photos[i])).convert("RGB") for i in order]
    if find_spec("cv2") is None:
        return _Choice(order, images, note=NO_OPENCV)
    from services.engines.preview.booth import cutting

    alpha = _at(alphas, order[0])
    mask = Image.open(io.BytesIO(alpha)) if alpha else None
    found = cutting(images[0], mask, _at(faces, order[0]))
    if found.outline.unusable:
        return _Choice(order, images, note=KEPT[found.outline.unusable])
    return _Choice(order, images, found)


def _at(values: Sequence[Any], index: int) -> Any:
    return values[index] if index < len(values) else None
