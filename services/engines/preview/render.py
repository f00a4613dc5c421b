"""One picture from a member's photos: a pure function of its arguments."""

import hashlib
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from services.engines.preview import painted, photographic, printed
from services.engines.preview.compose import Box
from services.engines.preview.looks import LOOKS, Scene
from services.engines.preview.pixels import to_image

# Registering the looks is what importing their modules is for.
MODULES = (painted, photographic, printed)
JPEG_QUALITY = 92


def _rng(seed: int, prompt: str, preset: str | None) -> np.random.Generator:
    """Chance that is the same for the same seed, prompt and preset, on every machine."""
    digest = hashlib.sha256(f"{seed}\0{preset}\0{prompt}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def render(
    photos: Sequence[bytes],
    *,
    seed: int,
    width: int,
    height: int,
    prompt: str = "",
    preset: str | None = None,
    faces: Sequence[Box | None] = (),
) -> bytes:
    """A JPEG of width x height pixels in the preset's look; the seed picks photo and variation.

    photos: at least one encoded upright sRGB photo. faces: one box in 0..1 a photo, where known.
    Raises ValueError without photos, OSError for a photo that does not decode.
    """
    if not photos:
        raise ValueError("at least one photo is needed")
    rng = _rng(seed, prompt, preset)
    # Seeds in a row show different photos: the first by seed, its companions by chance.
    order = [seed % len(photos), *rng.permutation(len(photos)).tolist()]
    chosen = list(dict.fromkeys(order))[:3]
    images = [Image.open(io.BytesIO(photos[i])).convert("RGB") for i in chosen]
    boxes = [faces[i] if i < len(faces) else None for i in chosen]
    scene = Scene(images, boxes, width, height, prompt, rng)
    picture = LOOKS.get(preset or "", photographic.natural)(scene)
    out = io.BytesIO()
    to_image(picture).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return out.getvalue()
