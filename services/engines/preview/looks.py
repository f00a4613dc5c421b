"""The registry of looks, and what each look is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from services.engines.preview.compose import Box, Frame, frame
from services.engines.preview.pixels import Array
from services.engines.preview.scene import Scene

if TYPE_CHECKING:  # it needs OpenCV, and the looks do without
    from services.engines.preview.booth import Cutting


@dataclass(frozen=True)
class Sitting:
    """One picture to be made: the chosen photo first, others for looks that blend several.

    cutting: the chosen photo's person, who is put into `scene`; None where she can't be cut out.
    """

    photos: Sequence[Image.Image]
    faces: Sequence[Box | None]
    width: int
    height: int
    prompt: str
    rng: np.random.Generator
    seed: int = 0
    scene: Scene = field(default_factory=Scene)
    cutting: "Cutting | None" = None

    def inks(self, *usual: str) -> list[str]:
        """`#rrggbb` codes with the colours that were asked for in place of the first ones."""
        asked = [colour.hex for colour in self.scene.colours][: len(usual)]
        return [*asked, *usual[len(asked) :]]

    def cut(
        self,
        index: int = 0,
        *,
        width: int | None = None,
        height: int | None = None,
        zoom: float | None = None,
        level: float = 0.42,
    ) -> Frame:
        """The picture before the look: the person in her place, or else a photo cut to shape."""
        size = width or self.width, height or self.height
        if self.cutting is not None:
            return self._photographed(self.cutting, *size, zoom)
        i = index % len(self.photos)
        return frame(
            self.photos[i],
            *size,
            self.rng,
            face=self.faces[i] if i < len(self.faces) else None,
            zoom=zoom,
            level=level,
        )

    def backdrop(self, width: int, height: int) -> Array | None:
        """The place alone; None where the person can't be cut out."""
        if self.cutting is None:
            return None
        from services.engines.preview.booth import place_of

        return place_of(self.scene, self.seed, width, height)

    def _photographed(
        self, cutting: "Cutting", width: int, height: int, zoom: float | None
    ) -> Frame:
        from services.engines.preview.booth import photographed

        made = photographed(cutting, self.scene, self.seed, width, height, closer=1 / (zoom or 1))
        left, top, right, bottom = made.head
        focus = (left + right) / 2 / width, (top + bottom) / 2 / height
        reach = float(np.clip((bottom - top) / height * 0.6, 0.15, 0.6))
        return Frame(made.picture, focus, reach, made.person, outlined=True)


Look = Callable[[Sitting], Array]
LOOKS: dict[str, Look] = {}


def look(preset_id: str) -> Callable[[Look], Look]:
    """Registers a function as the look of a preset."""

    def register(function: Look) -> Look:
        LOOKS[preset_id] = function
        return function

    return register
