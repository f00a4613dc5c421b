"""The preview engine's pictures: shape, determinism, variety, and what each look shows."""

import io
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from services.engines.preview import lettering
from services.engines.preview.compose import locate
from services.engines.preview.lettering import headline
from services.engines.preview.looks import LOOKS
from services.engines.preview.pixels import Array, from_image
from services.engines.preview.render import render
from tests import faces

pytestmark = pytest.mark.pictures

PHOTOS = [faces.jpeg(i, width=480, height=640) for i in range(4)]
ALL = [None, *LOOKS]


def make(**arguments: object) -> bytes:
    merged = {"seed": 1, "width": 320, "height": 400, "prompt": "By the sea", **arguments}
    return render(PHOTOS, **merged).data  # type: ignore[arg-type]


def pixels(data: bytes) -> Array:
    return from_image(Image.open(io.BytesIO(data))) * 255


@pytest.mark.parametrize("preset", ALL)
@pytest.mark.parametrize(("width", "height"), [(320, 320), (240, 432), (432, 240)])
def test_a_picture_has_the_asked_size_and_content(
    preset: str | None, width: int, height: int
) -> None:
    data = make(preset=preset, width=width, height=height)
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("JPEG", (width, height))
    assert pixels(data).std() > 20  # not a flat sheet


@pytest.mark.parametrize("preset", ALL)
def test_the_same_seed_gives_the_same_bytes(preset: str | None) -> None:
    assert make(preset=preset, seed=5) == make(preset=preset, seed=5)


@pytest.mark.parametrize("preset", ALL)
def test_another_seed_gives_another_picture(preset: str | None) -> None:
    difference = np.abs(pixels(make(preset=preset, seed=5)) - pixels(make(preset=preset, seed=6)))
    assert difference.mean() > 3


def test_looks_differ_from_each_other() -> None:
    made = {preset: pixels(make(preset=preset)) for preset in ALL}
    for one, two in combinations(ALL, 2):
        assert np.abs(made[one] - made[two]).mean() > 6, (one, two)


def test_the_prompt_is_the_headline_of_the_cover() -> None:
    one = pixels(make(preset="magazine-cover", prompt="Harbour lights"))
    lower = np.s_[220:]
    assert (one[lower] > 245).all(axis=-1).sum() > 400  # white letters on the dark foot


def test_a_cut_headline_does_not_end_on_a_small_word() -> None:
    assert headline("An explorer at the edge of the sea", 22) == "An explorer"
    assert headline("漢字", 22, "Portrait") == "Portrait"


def test_black_and_white_is_colourless() -> None:
    picture = pixels(make(preset="black-and-white-film"))
    assert np.ptp(picture, axis=-1).mean() < 8


def test_the_face_is_found_without_a_face_model() -> None:
    for seed in range(6):
        x, y, _ = locate(faces.portrait(seed, width=480, height=640))
        assert abs(x - 0.5) < 0.12
        assert 0.25 < y < 0.55


def test_without_photos_there_is_nothing_to_restyle() -> None:
    with pytest.raises(ValueError, match="photo"):
        render([], seed=1, width=64, height=64)


def test_a_broken_photo_is_an_os_error() -> None:
    with pytest.raises(OSError, match=r".+"):
        render([PHOTOS[0][:2000]], seed=1, width=64, height=64)


def ink(text: str) -> bytes:
    """How the face draws it."""
    return bytes(lettering.font(40).getmask(text))


def test_every_letter_of_latin_greek_and_cyrillic_is_drawn() -> None:
    """`COVERED` says what the font file has: anything else is left out, or it would be a gap."""
    unknown = ink("\N{GRINNING FACE}")
    covered = (chr(n) for first, last in lettering.COVERED for n in range(first, last + 1))
    letters = [c for c in covered if c.isprintable() and not c.isspace()]
    assert [hex(ord(c)) for c in letters if ink(c) == unknown] == []
    assert {*"éñçøłőßÆžșİ", *"αΩάώϊἄ", *"ЖщёїЎђ"} <= set(letters)


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("reading in a café, rain on the glass", "reading in a café"),
        ("reading in a cafe\N{COMBINING ACUTE ACCENT}", "reading in a café"),
        ("στο καφενείο 😀", "στο καφενείο"),
        ("в кафе у окна", "в кафе у окна"),
        ("漢字", "Portrait"),
    ],
)
def test_the_headline_has_the_prompts_own_letters(prompt: str, shown: str) -> None:
    assert headline(prompt, 22, "Portrait") == shown


@pytest.mark.parametrize("preset", ["magazine-cover", "duotone-poster"])
def test_an_accent_is_seen_on_covers_and_posters(preset: str) -> None:
    """The accent alone is what differs from the same word without it, and it is no box."""
    with_it = pixels(make(preset=preset, prompt="café"))
    without = pixels(make(preset=preset, prompt="cafe"))
    assert np.abs(with_it - without).max() > 60
    assert ink("é") != ink("\N{GRINNING FACE}")
    assert ink("É") != ink("E")
