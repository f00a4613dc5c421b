"""What every reader of faces keeps, whether it looks or not."""

import math

import pytest
from PIL import Image

from services.faces import compare, pose
from services.faces.base import FaceReader
from services.faces.off import NoFaceReader
from services.faces.opencv import OpenCVReader
from services.training import photo_coach
from tests.pictures import drawn
from tests.real_faces import ONE, OTHER, beside, in_dark_glasses, photograph, shaken


@pytest.fixture(scope="module")
def opencv() -> FaceReader:
    return OpenCVReader()


@pytest.fixture(params=["off", "opencv"])
def reader(request: pytest.FixtureRequest, opencv: FaceReader) -> FaceReader:
    return NoFaceReader() if request.param == "off" else opencv


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (1, 1)),
        Image.new("L", (3, 2000), 90),
        Image.new("RGBA", (2048, 9)),
        Image.new("RGB", (40, 40), "white"),
        drawn(1),
    ],
    ids=["a pixel", "a strip", "a wide strip", "empty", "shapes"],
)
def test_pictures_without_faces(reader: FaceReader, image: Image.Image) -> None:
    assert not reader.read(image)


def test_what_is_said_of_faces(reader: FaceReader) -> None:
    """Boxes lie within the picture, the largest comes first, and both can be compared."""
    image = beside(photograph(ONE[0]), photograph(OTHER))
    before = image.tobytes()
    faces = reader.read(image)
    assert image.tobytes() == before
    if faces is None:  # it does not look
        return
    assert len(faces) == 2
    assert faces[0].area > faces[1].area
    for face in faces:
        left, top, right, bottom = face.box
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
        sides = (right - left) * image.width, (bottom - top) * image.height
        assert face.side == pytest.approx(min(sides), abs=0.1)
        assert face.sharpness > 0
    for face in faces:
        assert len(face.embedding) == 128
        assert math.hypot(*face.embedding) == pytest.approx(1)
        assert abs(face.yaw) < pose.FRONTAL
        assert abs(face.roll) < 10
        assert face.turned == 0


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("name", [ONE[0], ONE[2], OTHER])
def test_a_picture_that_lies_is_read_as_if_upright(
    opencv: FaceReader, name: str, quarters: int
) -> None:
    """On its side no face is found in it, upside down another person's: both are turned first."""
    image = photograph(name)
    lying = image.rotate(90 * quarters, expand=True)  # against the clock
    upright, found = opencv.read(image), opencv.read(lying)
    assert upright
    assert found
    assert found[0].turned == quarters
    assert compare.cosine(found[0].embedding, upright[0].embedding) > 0.95
    width, height = lying.size
    left, top, right, bottom = found[0].box
    box = (int(left * width), int(top * height), int(right * width), int(bottom * height))
    there = opencv.read(lying.crop(box).rotate(-90 * quarters, expand=True))
    assert there
    assert compare.cosine(there[0].embedding, upright[0].embedding) > 0.6


@pytest.mark.parametrize("name", [*ONE, OTHER])
def test_a_hand_that_shook_blurs_in_one_direction(opencv: FaceReader, name: str) -> None:
    """Sideways or up and down by a fiftieth of the face's width, also in the dark."""
    image = photograph(name)
    sharp = opencv.read(image)
    assert sharp
    assert sharp[0].sharpness > photo_coach.FACE_SHARP
    left, _, right, _ = sharp[0].box
    by = max(8, round((right - left) * image.width / 50))
    for moved in (shaken(image, across=by), shaken(image, down=by)):
        for light in (moved, moved.point(lambda value: value // 3)):
            found = opencv.read(light)
            assert found
            assert found[0].sharpness < photo_coach.FACE_SHARP


@pytest.mark.parametrize("name", [ONE[0], ONE[2], OTHER])
def test_dark_glasses_are_told_from_dark_eyes(opencv: FaceReader, name: str) -> None:
    """On ONE[1], turned a little, the points of the eyes slip off such a lens: it is missed."""
    image = photograph(name)
    image = image.resize((image.width * 2, image.height * 2))  # the smallest face has 150 px
    bare, dark = opencv.read(image), opencv.read(image.point(lambda value: value // 3))
    assert bare
    assert dark
    behind = opencv.read(in_dark_glasses(image, bare[0].box))
    assert behind
    found = [photo_coach.eyes_hidden(faces[0]) for faces in (bare, dark, behind)]
    assert found == [False, False, True]


def test_the_tone_of_a_skin_is_its_own_and_not_that_of_the_light(opencv: FaceReader) -> None:
    """In half and one and a half times the light, and warmer; made lighter by hand it is another.

    In a picture without colours there is none.
    """
    image = photograph(ONE[0])

    def tone(image: Image.Image) -> float | None:
        faces = opencv.read(image)
        assert faces
        return faces[0].skin

    own = tone(image)
    assert own
    for light in (0.5, 1.5):
        exposed = image.point(lambda value, light=light: round(value * light ** (1 / 2.2)))
        assert tone(exposed) == pytest.approx(own, abs=0.1)
    red, green, blue = image.split()
    warm = Image.merge("RGB", (red.point(lambda v: v * 1.12), green, blue.point(lambda v: v * 0.8)))
    assert tone(warm) == pytest.approx(own, abs=0.1)
    lighter = tone(image.point(lambda value: round(255 * (value / 255) ** 0.6)))
    assert lighter
    assert lighter < own - 0.2
    assert tone(image.convert("L").convert("RGB")) is None


@pytest.mark.parametrize("name", [*ONE, OTHER])
def test_each_face_is_found_where_it_is(opencv: FaceReader, name: str) -> None:
    """Also upright only: the reader gets upright pictures, and mirrored ones have it elsewhere."""
    image = photograph(name)
    faces = opencv.read(image)
    assert faces is not None
    assert len(faces) == 1
    mirrored = opencv.read(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    assert mirrored
    left, top, right, bottom = faces[0].box
    assert mirrored[0].box == pytest.approx((1 - right, top, 1 - left, bottom), abs=0.05)
