"""What a set shows together, and which photo is asked for next."""

from typing import Any

import pytest

from services.training import photo_coach
from services.training.coverage import coverage


def photo(
    *, yaw: float = 0.0, height: float = 0.4, light: float = 200.0, taken: str = ""
) -> dict[str, Any]:
    """The facts of one; height: of the face, in the picture."""
    face = {"box": [0.3, 0.1, 0.6, 0.1 + height], "side": 400, "sharpness": 90.0, "yaw": yaw}
    return {"warnings": [], "sharpness": 500.0, "light": light, "face": face, "taken": taken}


def hours(*days: int) -> list[dict[str, Any]]:
    """A photo of each of these days, at noon, seen from all sides and distances."""
    kinds = [{"yaw": -0.8}, {"yaw": 0.8}, {"height": 0.2}, {"height": 0.1}]
    return [
        photo(taken=f"2026-05-{day:02}T12", **(kinds[i] if i < 4 else {}))
        for i, day in enumerate(days)
    ]


def test_each_photo_counts_by_side_distance_and_light() -> None:
    found = coverage([photo(yaw=-0.8), photo(yaw=0.9, height=0.2), photo(height=0.1, light=100.0)])
    assert found
    assert (found.left, found.front, found.right) == (1, 1, 1)
    assert (found.close, found.half, found.whole) == (1, 1, 1)
    assert (found.bright, found.dim, found.days) == (2, 1, 0)


def test_nobody_looked() -> None:
    assert coverage([]) is None
    assert coverage([{"warnings": [], "light": 200.0, "face": None}]) is None


@pytest.mark.parametrize(
    ("photos", "next"),
    [
        ([photo()] * 3, None),  # too few
        ([photo()] * 4, "a photo from the side, of the whole figure"),
        ([photo(yaw=-0.8)] * 4, "a photo from the front, from the other side"),
        (hours(1, 2, 3, 4), None),
        (hours(1, 1, 1, 2), "a photo from another day"),
        ([photo(taken="2026-05-04T12")] * 6, "a photo from another day, from the side"),
    ],
)
def test_what_is_missed_most_is_asked_for(photos: list[dict[str, Any]], next: str | None) -> None:
    found = coverage(photos)
    assert found
    assert found.next == next


@pytest.mark.parametrize(("burst", "rest", "said"), [(8, 3, True), (5, 6, False), (6, 6, False)])
def test_a_set_of_one_hour_is_said_to_be_one(burst: int, rest: int, said: bool) -> None:
    """Only where it is the greater part of the set."""
    photos = hours(*range(1, rest + 1)) + hours(*[20] * burst)
    verdict = photo_coach.set_verdict([(facts, None) for facts in photos])
    assert ("within one hour; some from another day would help" in verdict.message) is said
    assert verdict.unwarned == len(photos)  # none of them is bad in itself
