"""What is said of a set of photos as a whole."""

import random

import pytest

from services.training import photo_coach
from services.training.photo_coach import STRANGER, TURN, WARNINGS, SetVerdict


def set_verdict(photos: list[list[str]]) -> SetVerdict:
    return photo_coach.set_verdict([({"warnings": codes}, None) for codes in photos])


@pytest.mark.parametrize(
    ("photos", "message"),
    [
        ([[]] * 12, "12 of 10–20 photos: a good set."),
        ([[]] * 10 + [["dark"]], "11 of 10–20 photos, 10 good: a good set."),
        (
            [["small"]] * 12,
            "12 of 10–20 photos, none good yet: many are small; the originals would help.",
        ),
        (
            [["dark"]] * 2 + [[]] * 9,
            "11 of 10–20 photos, 9 good: some in daylight would help most.",
        ),
        (
            [[STRANGER]] + [["small"]] * 11,
            "12 of 10–20 photos, none good yet: one does not seem to be the same person; "
            "remove it.",
        ),
        (
            [[STRANGER]] * 2 + [[TURN], ["company"], []],
            "5 of 10–20 photos, 1 good: 2 do not seem to be the same person; remove them.",
        ),
        ([[TURN], ["company"]], "2 of 10–20 photos, none good yet: one lies on its side; turn it."),
        (
            [["company"]] * 2,
            "2 of 10–20 photos, none good yet: 2 show several people; crop them to the one.",
        ),
    ],
)
def test_the_sentence(photos: list[list[str]], message: str) -> None:
    assert set_verdict(photos).message == message


def test_a_set_is_called_good_only_with_enough_good_photos() -> None:
    """Whatever the photos are warned of, in 2,000 sets drawn at random."""
    seed = random.randrange(2**32)
    chance, codes = random.Random(seed), list(WARNINGS)
    for _ in range(2000):
        share = chance.random()
        photos = [
            chance.sample(codes, chance.randint(1, 3)) if chance.random() < share else []
            for _ in range(chance.randint(0, 30))
        ]
        verdict = set_verdict(photos)
        good = "a good set." in verdict.message or "more than enough" in verdict.message
        assert not good or verdict.unwarned >= 10, (seed, verdict.message)
        assert verdict.message.endswith("."), (seed, verdict.message)
