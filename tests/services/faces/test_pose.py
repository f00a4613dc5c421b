"""How a head is held, from five points as YuNet gives them."""

import math

import pytest

from services.faces import pose

FRONT = [(-30.0, 0.0), (30.0, 0.0), (0.0, 30.0), (-20.0, 60.0), (20.0, 60.0)]


def turned(points: list[pose.Point], degrees: float) -> list[pose.Point]:
    """The whole picture, turned clockwise."""
    s, c = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return [(x * c - y * s, x * s + y * c) for x, y in points]


@pytest.mark.parametrize("degrees", [0, 20, -45, 90, 179])
def test_the_roll_is_how_far_the_picture_is_turned(degrees: float) -> None:
    assert pose.roll(turned(FRONT, degrees)) == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize("degrees", [0, 30, -60, 180])
@pytest.mark.parametrize("nose", [-48.0, 0.0, 6.0, 60.0])
def test_the_yaw_is_the_nose_off_the_middle_of_the_eyes(nose: float, degrees: float) -> None:
    """However the head is tilted."""
    points = [*FRONT[:2], (nose, 30.0), *FRONT[3:]]
    assert pose.yaw(turned(points, degrees)) == pytest.approx(nose / 60, abs=0.01)


def test_eyes_that_meet_are_the_furthest_turn() -> None:
    assert pose.yaw([(0, 0), (0, 0), (5, 5), (0, 9), (0, 9)]) == pose.FURTHEST
