"""The tone of a face's skin whatever the light: to see that a picture changed it. Never stored."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.faces.eyes import around_cheek
from services.faces.pose import Point

# In stops of red and of blue against green: a photo that is taken warmer or cooler moves along
# (0.44, -0.90), as measured; the tone is what lies across it.
ACROSS = (0.90, 0.44)
GREY = 0.15  # stops: a picture of no more colour shows no skin tone


def tone(pixels: ArrayLike, points: Sequence[Point]) -> float | None:
    """0 is grey; skin has 0.4 to 1.4, and more where it is darker. None where it can't be told.

    pixels: sRGB as BGR. points: as in `pose`. Of linear light, so neither exposure nor a warmer
    light plays a part.
    """
    picture = np.asarray(pixels, np.uint8)
    found = [around_cheek(picture, points, side).reshape(-1, 3) for side in (0, 1)]
    blue, green, red = np.median(_linear(np.concatenate(found)), axis=0)
    if min(blue, green, red) <= 0:
        return None
    warm, cool = math.log2(red / green), math.log2(blue / green)
    if max(abs(warm), abs(cool)) < GREY:
        return None
    return round(ACROSS[0] * warm + ACROSS[1] * cool, 3)


def _linear(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Of sRGB (IEC 61966-2-1), 0..1."""
    part = values.astype(np.float64) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
