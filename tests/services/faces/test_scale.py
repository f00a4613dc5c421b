"""What a likeness says: 90 is how alike a person's own photos are, and only identical is 100."""

import pytest

from services.faces import compare
from services.faces.scale import Scale, Word
from tests.services.faces.simulated import Faces


@pytest.mark.parametrize(
    ("cosine", "number"),
    [(-1, 0), (0.2, 0), (0.45, 45), (0.7, 90), (0.85, 95), (1, 100)],
)
def test_two_straight_lines(cosine: float, number: float) -> None:
    assert Scale(own=0.7).of(cosine).number == pytest.approx(number)


@pytest.mark.parametrize(
    ("cosine", "word"),
    [(0.35, Word.NOT_HER), (0.36, Word.RECOGNISABLE), (0.6, Word.RECOGNISABLE), (0.7, Word.CLOSE)],
)
@pytest.mark.parametrize("own", [None, 0.76])
def test_three_words(cosine: float, word: Word, own: float | None) -> None:
    """With too few photos to know the person's own measure, there is the word alone."""
    found = Scale(own).of(cosine)
    assert found.word == word
    assert (found.number is None) is (own is None)


@pytest.mark.parametrize("count", [4, 5, 10, 30])
def test_a_persons_own_photos_are_ninety_in_the_median_and_none_is_a_hundred(count: int) -> None:
    faces = Faces(count)
    person = faces.person()
    photos = [faces.photo(person) for _ in range(count)]
    scale = Scale(compare.own_alikeness(photos))
    numbers = sorted(
        scale.of(compare.cosine(photo, centre)).number or 0
        for i, photo in enumerate(photos)
        if (centre := compare.centroid(photos[:i] + photos[i + 1 :]))
    )
    assert numbers[(count - 1) // 2] <= 90 <= numbers[count // 2]
    assert numbers[-1] < 100
    assert numbers[-1] - numbers[0] > 1  # their spread is seen


def test_two_checkpoints_that_differ_are_told_apart() -> None:
    scale = Scale(own=0.76)
    assert scale.of(0.80).number != scale.of(0.82).number


def test_too_few_photos_have_no_measure() -> None:
    faces = Faces(1)
    person = faces.person()
    assert compare.own_alikeness([faces.photo(person) for _ in range(3)]) is None
