"""Places painted by code, through a lens wide open."""

import hashlib

import numpy as np

from services.engines.preview.scene import Lens, Place, Scene, Season, Weather
from services.engines.preview.scenes import (
    heavens,
    interiors,
    land,
    rooms,
    shows,
    streets,
    waters,
    woods,
)
from services.engines.preview.scenes.air import aired
from services.engines.preview.scenes.canvas import Canvas, Painting
from services.engines.preview.scenes.light import Lighting, indoors, lighting
from services.engines.preview.scenes.registry import PLACES

MODULES = (heavens, interiors, land, rooms, shows, streets, waters, woods)
APERTURES = {None: 1.0, Lens.SOFT: 1.35, Lens.SHARP: 0.28}


def paint(scene: Scene, width: int, height: int, seed: int) -> tuple[Painting, Lighting]:
    """The place of a scene at half of width x height pixels: the same for the same seed."""
    name = scene.place or Place.STUDIO
    entry = PLACES[name]
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    side = 1.0 if rng.random() < 0.5 else -1.0
    light = lighting(scene, scene.light or entry.light, side)
    light = indoors(light) if entry.indoors else light
    colours = tuple(_srgb(colour.hex) for colour in scene.colours)
    canvas = Canvas(
        max(8, height // 2),
        max(8, width // 2),
        rng,
        light,
        scene.season or Season.SUMMER,
        scene.weather or Weather.CLEAR,
        colours,
        APERTURES[scene.lens],
    )
    return aired(canvas, entry.paint(canvas), scene, entry), light


def _srgb(code: str) -> tuple[float, float, float]:
    return tuple(int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]
