"""What the booth does with a picture that it made: another place, another format, and so on."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from services.engines.preview import operations
from services.engines.preview.operations import Impossible
from services.engines.preview.render import render
from services.engines.preview.scene import Colour, Light, Place, Scene
from tests import sitters
from tests.pictures import drawn

pytestmark = pytest.mark.pictures

KEPT: dict[str, Any] = {
    "engine": "preview",
    "photo": "5f0c",
    "scene": {"place": "lake", "light": "noon"},
    "note": None,
    "seed": 7,
    "width": 320,
    "height": 400,
    "preset": None,
    "prompt": "by a lake at noon",
}


def made(recipe: operations.Recipe) -> Image.Image:
    photo, alpha = sitters.drawn()
    files = [sitters.encoded(photo)], [sitters.encoded(alpha)]
    return Image.open(io.BytesIO(render(files[0], alphas=files[1], **recipe.arguments()).data))


def test_a_picture_is_made_again_from_its_recipe() -> None:
    recipe = operations.recipe(KEPT)
    assert recipe.photo == KEPT["photo"]
    assert made(recipe).tobytes() == made(operations.recipe(dict(KEPT))).tobytes()


def test_an_edit_changes_the_light_and_keeps_the_rest() -> None:
    before = operations.recipe(KEPT)
    after = operations.edited(before, Scene(light=Light.NIGHT))
    assert after.scene == Scene(place=Place.LAKE, light=Light.NIGHT)
    one, two = (np.asarray(made(recipe), np.float32) for recipe in (before, after))
    assert two[:60].mean() < 0.5 * one[:60].mean()  # the sky
    face = np.s_[130:190, 130:190]
    assert np.corrcoef(one[face].ravel(), two[face].ravel())[0, 1] > 0.8


def test_an_edit_to_another_place_or_colour() -> None:
    before = operations.recipe(KEPT)
    changed = operations.edited(before, Scene(place=Place.STUDIO, colours=(Colour.RED,)))
    red = np.asarray(made(changed), np.float32)[:80].mean((0, 1))
    assert red[0] > 1.5 * red[2]
    with pytest.raises(Impossible, match="Name a place"):
        operations.edited(before, Scene())


def test_another_format_shows_more_of_the_place() -> None:
    wide = operations.reframed(operations.recipe(KEPT), 640, 360)
    assert made(wide).size == (640, 360)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"engine": "together"}, "only change pictures that it made"),
        ({"scene": None, "note": "The photo cuts the head off."}, "cuts the head off"),
    ],
)
def test_what_cannot_be_changed(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Impossible, match=reason):
        operations.recipe({**KEPT, **change})


def test_the_background_goes_away() -> None:
    file = operations.without_background(sitters.encoded(sitters.hopper()))
    cut = Image.open(io.BytesIO(file))
    assert (cut.format, cut.mode, cut.size) == ("PNG", "RGBA", (874, 1024))
    assert cut.getpixel((10, 10)) == (0, 0, 0, 0)
    face = cut.getpixel((440, 330))
    assert isinstance(face, tuple)
    assert face[3] == 255
    pixels = np.asarray(cut, np.float32)
    assert pixels[..., 3].mean() / 255 == pytest.approx(0.58, abs=0.05)
    # Where the edge is half transparent, what shines through is not the blue of the wall.
    edge = pixels[400:700, 600:][(pixels[400:700, 600:, 3] > 40) & (pixels[400:700, 600:, 3] < 200)]
    assert edge[:, 2].mean() < edge[:, :2].mean() + 30


def test_a_picture_without_a_person_keeps_its_background() -> None:
    with pytest.raises(Impossible, match="No person"):
        operations.without_background(sitters.encoded(drawn(2, (600, 800))))


@pytest.mark.parametrize("factor", [2, 4])
def test_a_picture_is_enlarged(factor: int) -> None:
    small = sitters.hopper().resize((218, 256))
    large = Image.open(io.BytesIO(operations.enlarged(sitters.encoded(small), factor)))
    assert large.size == (218 * factor, 256 * factor)
    back = np.asarray(large.resize(small.size, Image.Resampling.BOX), np.float32)
    assert np.abs(back - np.asarray(small, np.float32)).mean() < 4


def test_nothing_grows_without_end() -> None:
    with pytest.raises(Impossible, match="5,120"):
        operations.enlarged(sitters.encoded(drawn(1, (1360, 720))), 4)
    with pytest.raises(Impossible, match="twice or four times"):
        operations.enlarged(sitters.encoded(drawn(1, (100, 100))), 3)
