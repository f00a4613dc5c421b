"""Whether eyes are seen, or lie behind dark lenses; it identifies nobody."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.faces.pose import Point

# In distances of the eyes: half of what is looked at around an eye, and around a cheek.
WIDE, HIGH, CHEEK = 0.26, 0.2, 0.12
DOWN = 0.55  # the cheek lies so far on the way from the eye to the corner of the mouth
LUMA = (0.114, 0.587, 0.299)  # of blue, green and red, BT.601
LIGHT = 90.0  # percentile: lids and the white of an eye, which lenses hide


def eyes(pixels: ArrayLike, points: Sequence[Point]) -> float:
    """How light the lighter eye is, as a share of the cheek below it; 0 and up.

    pixels: BGR. points: as in `pose`. The lighter one, so that a side in the shade says nothing.
    """
    picture, distance = np.asarray(pixels, np.uint8), math.dist(points[0], points[1])
    found = []
    for side in (0, 1):
        eye = _part(picture, points[side], WIDE * distance, HIGH * distance) @ np.array(LUMA)
        skin = around_cheek(picture, points, side) @ np.array(LUMA)
        found.append(np.percentile(eye, LIGHT) / max(1.0, float(np.median(skin))))
    return round(float(max(found)), 2)


def around_cheek(
    pixels: NDArray[np.uint8], points: Sequence[Point], side: int
) -> NDArray[np.uint8]:
    """The skin below an eye. side: 0 of the picture's left, 1 of its right."""
    eye, mouth = points[side], points[3 + side]
    middle = eye[0] + (mouth[0] - eye[0]) / 2, eye[1] + (mouth[1] - eye[1]) * DOWN
    half = CHEEK * math.dist(points[0], points[1])
    return _part(pixels, middle, half, half)


def _part(pixels: NDArray[np.uint8], middle: Point, wide: float, high: float) -> NDArray[np.uint8]:
    """At least one pixel, also of a face at the edge of the picture."""
    height, width = pixels.shape[:2]
    left = min(width - 1, max(0, int(middle[0] - wide)))
    top = min(height - 1, max(0, int(middle[1] - high)))
    right, bottom = max(left + 1, int(middle[0] + wide)), max(top + 1, int(middle[1] + high))
    return pixels[top:bottom, left:right]
