"""What the booth can do with a picture that is there: change its place, its format, its size."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from PIL.Image import Resampling

from services.engines.preview import NAME
from services.engines.preview.scene import Scene, of_facts

FACTORS = (2, 4)
LARGEST = 5120  # px, either side of what is enlarged: four times the widest format
EDITED_PIXELS = 1_300_000  # a larger picture is made again at this size


class Impossible(ValueError):
    """This cannot be done with this picture; the text says why, in a member's words."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one picture of the booth was made. photo: the last part of its folder's name.

    words: what a cover prints as its headline, also after an edit by other words.
    """

    photo: str
    scene: Scene
    seed: int
    width: int
    height: int
    preset: str | None = None
    words: str = ""

    def arguments(self) -> dict[str, Any]:
        """What `render.render` takes, beside the one photo, its cut-out and its face."""
        given = {"seed": self.seed, "width": self.width, "height": self.height}
        return {**given, "preset": self.preset, "prompt": self.words, "scene": self.scene.facts()}


def recipe(kept: Mapping[str, Any]) -> Recipe:
    """Out of what is kept of an image. Raises Impossible where the booth did not make it."""
    if kept.get("engine") != NAME or "photo" not in kept:
        raise Impossible("The photo booth can only change pictures that it made.")
    if kept.get("scene") is None:
        raise Impossible(kept.get("note") or "This picture keeps its photo's own background.")
    width, height = _within(kept["width"], kept["height"])
    return Recipe(
        photo=kept["photo"],
        scene=of_facts(kept["scene"]),
        seed=kept["seed"],
        width=width,
        height=height,
        preset=kept.get("preset"),
        words=kept.get("words", kept.get("prompt", "")),
    )


def _within(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, (EDITED_PIXELS / (width * height)) ** 0.5)
    return round(width * scale), round(height * scale)


def edited(made: Recipe, change: Scene) -> Recipe:
    """The same person, pose and composition with another place, light, weather or colour.

    Raises Impossible where the change names nothing that the booth paints.
    """
    if not change.facts():
        raise Impossible("Name a place, a light, the weather or a colour.")
    return replace(made, scene=made.scene.changed(change))


def reframed(made: Recipe, width: int, height: int) -> Recipe:
    """The same picture in another format: the place is painted wider, the person stays whole."""
    return replace(made, width=width, height=height)


def without_background(picture: bytes) -> bytes:
    """A PNG with the person of any picture, transparent around her.

    Raises Impossible where nobody can be cut out of it, OSError where it does not decode.
    """
    from services.engines.preview.person import own_colours
    from services.engines.preview.render import KEPT
    from services.imaging.cutout import SIDE, cut

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    small = image.copy()
    small.thumbnail((SIDE, SIDE), Resampling.LANCZOS)
    found = cut(small)
    if found.silhouette.unusable:
        raise Impossible(KEPT[found.silhouette.unusable].partition(",")[0] + ".")
    alpha = found.alpha.resize(image.size, Resampling.BICUBIC)
    mask = np.asarray(alpha, np.float32) / 255
    colours = own_colours(np.asarray(image, np.float32) / 255, mask)
    colours[mask == 0] = 0  # what is not seen is not told either
    cutting = Image.fromarray((colours * 255 + 0.5).astype(np.uint8))
    cutting.putalpha(alpha)
    out = io.BytesIO()
    cutting.save(out, "PNG")
    return out.getvalue()


def enlarged(picture: bytes, factor: int) -> bytes:
    """The picture `factor` times as wide and high, resampled (Lanczos) and sharpened: nothing new.

    A JPEG, or a PNG where parts of the picture are transparent.
    Raises Impossible for another factor and beyond LARGEST, OSError for what does not decode.
    """
    opened = Image.open(io.BytesIO(picture))
    size = enlarged_size(opened.width, opened.height, factor)
    image = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    wide = image.resize(size, Resampling.LANCZOS)
    wide = wide.filter(ImageFilter.UnsharpMask(radius=0.6 * factor, percent=60, threshold=2))
    out = io.BytesIO()
    if wide.mode == "RGBA":
        wide.save(out, "PNG")
    else:
        wide.save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue()


def enlarged_size(width: int, height: int, factor: int) -> tuple[int, int]:
    """The size in pixels. Raises Impossible for another factor and beyond LARGEST."""
    if factor not in FACTORS:
        raise Impossible("A picture is enlarged twice or four times.")
    if max(width, height) * factor > LARGEST:
        raise Impossible(f"A picture is enlarged to {LARGEST:,} pixels at most.")
    return width * factor, height * factor


# What is done to the picture's own pixels, by name.
RETOUCHES: dict[str, Callable[..., bytes]] = {"cutout": without_background, "enlarge": enlarged}
