"""Who is who among real faces, and what the numbers mean."""

import math

import pytest

from services.faces import compare
from services.faces.base import Embedding
from services.faces.reading import reader
from tests.real_faces import ONE, OTHER, photograph


@pytest.fixture(scope="module")
def measured() -> dict[str, Embedding]:
    look = reader(on=True)
    found = {name: look.read(photograph(name)) for name in (*ONE, OTHER)}
    return {name: faces[0].embedding for name, faces in found.items() if faces}


def test_one_of_a_set_is_another_person(measured: dict[str, Embedding]) -> None:
    assert compare.strangers(measured) == {OTHER}
    assert compare.strangers({name: measured[name] for name in ONE}) == set()


def test_a_few_faces_say_nothing(measured: dict[str, Embedding]) -> None:
    assert compare.strangers({name: measured[name] for name in (*ONE[:2], OTHER)}) == set()
    assert compare.strangers({}) == set()


@pytest.mark.parametrize("name", ONE)
def test_likeness_tells_the_person_from_the_other(
    measured: dict[str, Embedding], name: str
) -> None:
    others = [measured[other] for other in ONE if other != name]
    centre = compare.centroid(others)
    assert centre is not None
    assert compare.likeness(measured[name], centre) > 60
    assert compare.likeness(measured[OTHER], centre) < 20


@pytest.mark.parametrize(
    ("cosine", "likeness"), [(-1, 0), (0.2, 0), (0.5, 50), (0.668, 78), (0.8, 100), (1, 100)]
)
def test_the_scale(cosine: float, likeness: float) -> None:
    face = (cosine, math.sqrt(1 - cosine**2))
    assert compare.likeness(face, (1.0, 0.0)) == pytest.approx(likeness)


def test_no_face_has_no_centre() -> None:
    assert compare.centroid([]) is None
