"""Whom a set shows, on sets drawn at random and on photos of several."""

import random
from dataclasses import replace

import pytest

from services.faces.base import Face
from services.faces.person import judge
from services.faces.scale import Word
from tests.services.faces.simulated import Faces, Vector

pytestmark = pytest.mark.pictures

SETS = 300


def shown(*embeddings: Vector) -> tuple[Face, ...]:
    """Faces of a photo, the largest first."""
    return tuple(
        Face((0.1 * i, 0, 0.1 * i + 0.1, 0.1), 300, 90, embedding)
        for i, embedding in enumerate(embeddings)
    )


@pytest.mark.parametrize("one_stranger", [False, True], ids=["three others", "one, three times"])
def test_strangers_are_found_and_the_owner_is_not_blamed(one_stranger: bool) -> None:
    """Six photos of one person and three of others: own flagged < 2 %, strangers found 99 %."""
    seed = random.randrange(2**32)
    faces, own_flagged, found = Faces(seed), 0, 0
    for _ in range(SETS):
        owner, stranger = faces.person(), faces.person()
        photos = {f"own {i}": shown(faces.photo(owner)) for i in range(6)}
        for i in range(3):
            other = stranger if one_stranger else faces.person()
            photos[f"other {i}"] = shown(faces.photo(other))
        strangers = judge(photos).strangers
        own_flagged += sum(key.startswith("own") for key in strangers)
        found += sum(key.startswith("other") for key in strangers)
    assert own_flagged / (6 * SETS) < 0.02, seed
    assert found / (3 * SETS) >= 0.99, seed


def test_without_a_majority_nobody_is_called_a_stranger() -> None:
    faces = Faces(1)
    one, other = faces.person(), faces.person()
    photos = {i: shown(faces.photo(one if i % 2 else other)) for i in range(6)}
    judged = judge(photos)
    assert judged.persons
    assert judged.person is None
    assert judged.strangers == frozenset()


def test_in_a_photo_of_several_the_person_is_the_face_most_like_the_others() -> None:
    faces = Faces(2)
    owner, friend = faces.person(), faces.person()
    photos = {f"own {i}": shown(faces.photo(owner)) for i in range(5)}
    photos["two"] = shown(faces.photo(friend), faces.photo(owner))
    photos["friend"] = shown(faces.photo(friend))
    judged = judge(photos)
    assert judged.shown["two"] == photos["two"][1]
    assert judged.told == set(photos) - {"friend"}
    assert judged.strangers == {"friend"}
    assert judged.person is not None
    likeness = judged.person.likeness(photos["two"])
    assert likeness is not None
    assert likeness.word is not Word.NOT_HER


def test_with_a_twin_beside_her_she_cannot_be_told() -> None:
    faces = Faces(3)
    owner = faces.person()
    photos = {i: shown(faces.photo(owner)) for i in range(5)}
    photos[5] = shown(faces.photo(owner), faces.photo(owner))
    assert 5 not in judge(photos).told


def test_nobody_is_in_an_empty_set() -> None:
    assert judge({}).person is None
    assert judge({"no face": ()}).person is None


def toned(faces: tuple[Face, ...], skin: float | None, *, yaw: float = 0.0) -> tuple[Face, ...]:
    return tuple(replace(face, skin=skin, yaw=yaw) for face in faces)


def test_a_skin_of_another_tone_than_in_all_photos_has_drifted() -> None:
    """The photos differ by their light; from the side, and without colour, nothing is said."""
    faces = Faces(4)
    owner = faces.person()
    tones = (0.8, 0.85, 0.98, 1.1, None)
    photos = {i: toned(shown(faces.photo(owner)), tone) for i, tone in enumerate(tones)}
    person = judge(photos).person
    assert person
    assert person.skin == (0.8, 1.1)
    made = shown(faces.photo(owner))
    found = [person.drifted(toned(made, tone)[0]) for tone in (0.5, 0.7, 0.9, 1.2, 1.4, None)]
    assert found == [True, False, False, False, True, False]
    assert not person.drifted(toned(made, 0.5, yaw=0.8)[0])


def test_with_too_few_photos_no_tone_is_known() -> None:
    faces = Faces(5)
    owner = faces.person()
    photos = {i: toned(shown(faces.photo(owner)), 0.8) for i in range(3)}
    person = judge(photos).person
    assert person
    assert person.skin is None
    assert not person.drifted(toned(shown(faces.photo(owner)), 0.1)[0])
