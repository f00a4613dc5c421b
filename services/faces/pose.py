"""How a head is held, from the five points that YuNet finds; it identifies nobody."""

import math
from collections.abc import Sequence

Point = tuple[float, float]
# The nose off the middle of the eyes, over their distance.
FRONTAL, PROFILE = 0.2, 0.7
FURTHEST = 3.0  # at a profile the eyes nearly meet, and the measure has no end
# From here on a head counts as turned aside: half-way between both.
ASIDE = 0.45


def yaw(points: Sequence[Point]) -> float:
    """-3..3: 0 looks at the camera, + shows the face turned to the picture's right.

    points: of the picture's left eye, its right eye, the nose and the two corners of the mouth,
    in px. Measured along the line of the eyes, so that a tilted head is no turned one.
    """
    eyes, (along_x, along_y) = _eyes(points)
    distance = math.hypot(along_x, along_y)
    if distance == 0:
        return FURTHEST
    nose_x, nose_y = points[2][0] - eyes[0], points[2][1] - eyes[1]
    off = (nose_x * along_x + nose_y * along_y) / distance**2
    return round(min(FURTHEST, max(-FURTHEST, off)), 3)


def roll(points: Sequence[Point]) -> float:
    """-180..180 degrees, clockwise: 0 is upright, 90 lies on its right side.

    From the eyes to the mouth, which is surer than the line of the eyes in a profile.
    """
    (x, y), _ = _eyes(points)
    mouth = (points[3][0] + points[4][0]) / 2, (points[3][1] + points[4][1]) / 2
    return round(math.degrees(math.atan2(x - mouth[0], mouth[1] - y)), 1)


def _eyes(points: Sequence[Point]) -> tuple[Point, Point]:
    """Their middle, and the way from the left one to the right one."""
    (left_x, left_y), (right_x, right_y) = points[0], points[1]
    middle = (left_x + right_x) / 2, (left_y + right_y) / 2
    return middle, (right_x - left_x, right_y - left_y)
