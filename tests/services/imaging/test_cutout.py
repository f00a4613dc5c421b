"""The person cut out of a photo: where she is, where her head is, and which photos do not serve."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from components.pictures import FOLDER as SAMPLES
from services.imaging import cutout
from services.imaging.cutout import Array
from services.imaging.silhouette import Silhouette, Unusable, judge, of_facts
from tests import real_faces, sitters
from tests.pictures import drawn
from tests.real_faces import ONE, OTHER, photograph


def small(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.thumbnail((1024, 1024))
    return image


def at(alpha: Image.Image, x: float, y: float) -> float:
    value = alpha.getpixel((int(x * alpha.width), int(y * alpha.height)))
    assert isinstance(value, int)
    return value / 255


def test_a_person_before_a_flag_and_a_wall() -> None:
    found = cutout.cut(sitters.hopper())
    for x, y in ((0.5, 0.3), (0.5, 0.1), (0.3, 0.8), (0.85, 0.8), (0.40, 0.17), (0.65, 0.115)):
        assert at(found.alpha, x, y) > 0.95, (x, y)  # face, cap with its white top, jacket
    for x, y in ((0.05, 0.1), (0.1, 0.4), (0.9, 0.15), (0.85, 0.5), (0.27, 0.33)):
        assert at(found.alpha, x, y) < 0.05, (x, y)  # flag and wall, also right beside an ear
    assert found.silhouette.unusable is None
    assert 0.52 < found.silhouette.share < 0.63
    left, top, right, bottom = found.silhouette.head
    assert left < 0.36 < 0.68 < right
    assert top < 0.06
    assert 0.45 < bottom < 0.62
    assert found.silhouette.edges[3] > 0.9  # the photo ends before the jacket does


@pytest.mark.parametrize("box", [(0.15, 0.02, 0.85, 0.78), (0.2, 0.04, 0.8, 0.68)])
def test_a_hat_right_below_the_edge_of_a_photo(box: tuple[float, float, float, float]) -> None:
    """Its white top, too; and not the flag beside it."""
    photo = sitters.hopper()
    left, top, right, bottom = box
    edges = (left * photo.width, top * photo.height, right * photo.width, bottom * photo.height)
    alpha = np.asarray(cutout.cut(photo.crop(edges)).alpha, np.float32) / 255
    height, width = alpha.shape
    cap = alpha[int(0.04 * height) : int(0.2 * height), int(0.38 * width) : int(0.62 * width)]
    assert cap.mean() > 0.97
    assert alpha[: int(0.3 * height), : int(0.12 * width)].mean() < 0.02


def test_a_star_of_the_flag_above_a_cap() -> None:
    """To the network it is part of the cap; nothing so thin sticks out of a head."""
    photo = Image.open(SAMPLES / "photo-1.webp").convert("RGB").resize((960, 1200))
    alpha = cutout.cut(small(photo)).alpha
    assert at(alpha, 0.41, 0.03) < 0.05
    assert at(alpha, 0.50, 0.08) > 0.95  # the cap itself


def test_fingers_of_a_raised_hand_stay() -> None:
    """A flat mask: a body, and a hand with five fingers beside the head."""
    mask = Image.new("L", (400, 600))
    draw = ImageDraw.Draw(mask)
    draw.ellipse((140, 60, 260, 220), fill=1)
    draw.rectangle((80, 200, 320, 599), fill=1)
    draw.rectangle((300, 90, 380, 400), fill=1)
    for i in range(5):
        draw.rectangle((300 + 17 * i, 40, 309 + 17 * i, 95), fill=1)
    solid = np.asarray(mask, np.uint8)
    assert (cutout._without_snags(solid) == solid).all()


def test_an_edge_is_narrow_and_its_inside_solid() -> None:
    """No ghost of the wall inside, and no wide haze around her."""
    alpha = np.asarray(cutout.cut(sitters.hopper()).alpha, np.float32) / 255
    between = ((alpha > 0.05) & (alpha < 0.95)).mean()
    assert between < 0.02
    rows = slice(int(0.62 * 1024), int(0.95 * 1024))
    assert alpha[rows, 250:650].min() == 1


def test_the_same_photo_gives_the_same_alpha() -> None:
    one, two = (cutout.cut(sitters.hopper()) for _ in range(2))
    assert one.alpha.tobytes() == two.alpha.tobytes()
    assert one.silhouette == two.silhouette


def test_heads_of_people_who_stand_further_away() -> None:
    """Where the neck is narrow the head ends there, without any face having been looked for."""
    for name, tall in ((ONE[0], 0.30), (ONE[2], 0.18)):
        found = cutout.cut(small(photograph(name))).silhouette
        assert found.unusable is None
        assert found.head[3] - found.head[1] == pytest.approx(tall, abs=0.06)


def test_a_head_that_the_photo_cuts() -> None:
    for name in ONE[3:]:
        assert cutout.cut(small(photograph(name))).silhouette.unusable is Unusable.HEAD_CUT


def test_two_persons() -> None:
    both = small(real_faces.beside(photograph(ONE[0]), photograph(OTHER)))
    faces = ((0.25, 0.1, 0.4, 0.3), (0.6, 0.1, 0.72, 0.25))
    assert cutout.cut(both, faces).silhouette.unusable is Unusable.SEVERAL


def test_nobody() -> None:
    assert cutout.cut(drawn(3, (600, 800))).silhouette.unusable is Unusable.NOBODY


def test_another_file_in_place_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    cutout._network.cache_clear()
    monkeypatch.setattr(cutout, "SHA256", "0" * 64)
    with pytest.raises(cutout.Altered):
        cutout.cut(sitters.hopper())
    monkeypatch.undo()
    assert cutout.cut(sitters.hopper()).silhouette.unusable is None


def outline(draw_on: str) -> Array:
    image = Image.new("L", (300, 400), 0)
    draw = ImageDraw.Draw(image)
    if draw_on != "body alone":
        draw.ellipse((100, 60, 200, 200), fill=255)
    draw.rectangle((130, 180, 170, 240), fill=255)
    draw.ellipse((40, 220, 260, 700), fill=255)
    if draw_on == "long hair":
        draw.rectangle((95, 120, 205, 260), fill=255)
    if draw_on == "arm up":
        draw.line((250, 330, 285, 20), fill=255, width=18)
    return np.asarray(np.asarray(image, np.float32) / 255)


@pytest.mark.parametrize("kind", ["plain", "long hair", "arm up"])
def test_the_head_of_an_outline(kind: str) -> None:
    left, top, right, bottom = judge(outline(kind)).head
    assert top == pytest.approx(60 / 400, abs=0.03)
    assert left == pytest.approx(100 / 300, abs=0.06)
    assert right == pytest.approx(200 / 300, abs=0.06)
    assert bottom == pytest.approx(200 / 400, abs=0.08)


def test_a_face_says_where_the_head_is() -> None:
    left, top, right, bottom = judge(outline("plain"), ((0.4, 0.25, 0.6, 0.48),)).head
    assert top == pytest.approx(60 / 400, abs=0.02)  # the crown of the outline above the face
    assert left < 0.4 < 0.6 < right
    assert 0.48 <= bottom < 0.52


def test_too_little_and_too_much() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[:20, :20] = 1
    assert judge(alpha).unusable is Unusable.NOBODY
    alpha[:] = 1
    assert judge(alpha).unusable is Unusable.FILLED


def test_facts_are_plain_json_and_come_back() -> None:
    found = judge(outline("plain"))
    assert isinstance(found, Silhouette)
    assert of_facts(found.facts()) == found
