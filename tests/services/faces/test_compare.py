"""Who is who among real faces, and what the numbers mean."""

import pytest
from PIL.Image import Transpose

from services.faces import compare
from services.faces.base import Embedding
from services.faces.reading import reader
from tests.real_faces import ONE, OTHER, photograph

pytestmark = pytest.mark.pictures


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


def test_a_cutting_of_a_photo_is_the_photo_again(measured: dict[str, Embedding]) -> None:
    """Cut by 6 % and mirrored; the other photos of the same person are no repetitions."""
    image, look = photograph(ONE[0]), reader(on=True)
    edge = image.width * 6 // 100
    cut = image.crop((edge, edge, image.width, image.height))
    mirrored = image.transpose(Transpose.FLIP_LEFT_RIGHT)
    for again in (cut, mirrored):
        (face,) = look.read(again) or ()
        assert compare.repeated([*measured.items(), ("again", face.embedding)]) == {"again"}


def test_no_face_has_no_centre() -> None:
    assert compare.centroid([]) is None
