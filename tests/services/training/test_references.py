"""Which photos an instant image is made from."""

from typing import Any
from uuid import uuid4

import pytest

from db.models import TrainingImage
from services.training import references
from tests.builders import THUMBHASH


def photo(name: str, *codes: str, phash: int = 0, **face: Any) -> TrainingImage:
    """A photo with a face, and with warnings of these codes."""
    known = {"box": [0.2, 0.2, 0.6, 0.6], "side": 300, "sharpness": 200.0, "yaw": 0.0}
    return TrainingImage(
        id=uuid4(),
        name=name,
        phash=phash,
        thumbhash=THUMBHASH,
        verdict={"warnings": list(codes), "sharpness": 300.0, "face": known | face},
    )


def names(rows: list[TrainingImage], n: int) -> list[str]:
    return [row.name for row in references.varied(rows, n)]


def test_the_best_comes_first_and_then_what_is_least_like_it() -> None:
    rows = [
        photo("front", side=400, sharpness=300.0),
        photo("front again", side=400),
        photo("profile", yaw=1.5),
        photo("from afar", side=150),
    ]
    assert names(rows, 3) == ["front", "profile", "from afar"]


@pytest.mark.parametrize("code", ["no_face", "company", "someone_else"])
def test_what_shows_nobody_or_somebody_else_is_taken_only_where_there_is_nothing_else(
    code: str,
) -> None:
    rows = [photo("wrong", code, phash=2**40 - 1), photo("right")]
    assert names(rows, 4) == ["right"]
    assert names(rows[:1], 4) == ["wrong"]


def test_what_the_member_left_out_is_no_reference() -> None:
    rows = [photo("kept"), photo("left out", phash=1)]
    rows[1].included = False
    assert names(rows, 2) == ["kept"]


def test_a_blurred_photo_is_not_taken_for_being_different() -> None:
    good = [photo(f"good {i}", phash=i) for i in range(6)]
    bad = [photo(f"bad {i}", "blurred", "dark", phash=(2**62 - 1) >> i) for i in range(6)]
    assert all(name.startswith("good") for name in names(bad + good, 2))


def test_without_faces_photos_of_other_places_are_taken() -> None:
    rows = [photo("a", phash=0), photo("b", phash=1), photo("c", phash=2**32 - 1)]
    for row in rows:
        row.verdict = {**row.verdict, "face": None}
    assert names(rows, 2) == ["a", "c"]
