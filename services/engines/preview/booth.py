"""The photo booth: a person's photo and the place that was asked for, made one picture."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from services.engines.preview import compositing, person, scenes
from services.engines.preview.compositing import Photograph
from services.engines.preview.pixels import Array
from services.engines.preview.scene import Light, Place, Scene
from services.engines.preview.shown import fitting
from services.imaging.cutout import cut
from services.imaging.silhouette import Box, Silhouette, judge

cv2.setNumThreads(1)  # pages come first, and the same work gives the same bytes

# What a style stands for, where the words name nothing else.
STYLES = {
    "studio-portrait": Scene(place=Place.STUDIO),
    "golden-hour": Scene(place=Place.MEADOW, light=Light.GOLDEN_HOUR),
    "neon": Scene(place=Place.NEON_ALLEY, light=Light.NEON),
}


@dataclass(frozen=True)
class Cutting:
    """A photo and its alpha, of the same shape; outline: what was judged of it."""

    photo: Image.Image
    alpha: Image.Image
    outline: Silhouette


def cutting(photo: Image.Image, alpha: Image.Image | None, face: Box | None) -> Cutting:
    """The photo's cut-out: the one that was stored, or a new one."""
    faces = (face,) if face else None
    if alpha is None:
        found = cut(photo, faces)
        return Cutting(photo, found.alpha, found.silhouette)
    grey = np.asarray(alpha.convert("L"), np.float32) / 255
    return Cutting(photo, alpha, judge(grey, faces))


def photographed(
    found: Cutting, scene: Scene, seed: int, width: int, height: int, *, closer: float = 1.0
) -> Photograph:
    """The person of a usable cutting in the scene; the same for the same seed.

    closer: how much larger than usual the person is, where the scene names no framing.
    """
    painting, light = scenes.paint(scene, width, height, seed)
    rng = np.random.default_rng([seed, 0x9E37])
    sitter = person.sitter(found.photo, found.alpha, found.outline)
    placed = person.framed(sitter, width, height, scene.framing, rng, closer=closer)
    return compositing.photograph(placed, painting, light, rng, scene.mood)


def place_of(scene: Scene, seed: int, width: int, height: int) -> Array:
    """The place of `photographed` alone, as a picture."""
    painting, light = scenes.paint(scene, width, height, seed)
    return compositing.empty(painting, light, width, height)


def with_defaults(scene: Scene, preset: str | None) -> Scene:
    """The scene with what its style stands for; another place keeps only the style's light.

    Without a place, the words get one that shows them.
    """
    usual = STYLES.get(preset or "", Scene())
    if scene.place is None:
        place = fitting(scene, usual.place)
        scene = scene if place is (usual.place or Place.STUDIO) else replace(scene, place=place)
    if scene.place is not None and scene.place is not usual.place:
        usual = replace(usual, place=None)
    return usual.changed(scene)
