"""The registry of looks, and what each look is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from services.engines.preview.compose import Box, Frame, frame
from services.engines.preview.pixels import Array


@dataclass(frozen=True)
class Scene:
    """One picture to be made: the chosen photo first, others for looks that blend several."""

    photos: Sequence[Image.Image]
    faces: Sequence[Box | None]
    width: int
    height: int
    prompt: str
    rng: np.random.Generator

    def cut(
        self,
        index: int = 0,
        *,
        width: int | None = None,
        height: int | None = None,
        zoom: float | None = None,
        level: float = 0.42,
    ) -> Frame:
        """A photo cut to the scene's shape, or to another one."""
        i = index % len(self.photos)
        return frame(
            self.photos[i],
            width or self.width,
            height or self.height,
            self.rng,
            face=self.faces[i] if i < len(self.faces) else None,
            zoom=zoom,
            level=level,
        )


Look = Callable[[Scene], Array]
LOOKS: dict[str, Look] = {}


def look(preset_id: str) -> Callable[[Look], Look]:
    """Registers a function as the look of a preset."""

    def register(function: Look) -> Look:
        LOOKS[preset_id] = function
        return function

    return register
