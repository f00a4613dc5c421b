"""What is remembered of faces, and for how long."""

from services.faces import memory
from services.faces.base import Face
from services.faces.memory import FaceMemory

FACES = (Face((0, 0, 1, 1), 300, 90, (1.0,)),)


async def test_what_is_used_is_kept_and_the_rest_makes_room() -> None:
    known = FaceMemory()
    known.keep("used", FACES)
    for i in range(memory.MOST):
        known.keep(str(i), FACES)
        known.get("used")
    assert known.get("used") == FACES
    assert known.get("0") is None
    assert known.get(str(memory.MOST - 1)) == FACES


async def test_a_photo_that_goes_while_it_is_measured_is_not_remembered() -> None:
    known = FaceMemory()
    known.erase("gone")
    known.keep("gone", FACES)
    assert known.get("gone") is None
