"""What is claimed is in the picture: each word changes what the painters paint, where it shows."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cv2")

from services.engines.preview import scenes
from services.engines.preview.booth import with_defaults
from services.engines.preview.scene import Colour, Light, Place, Scene, Season, Weather
from services.engines.preview.scenes.registry import PLACES
from services.engines.preview.shown import colours, fitting, shown
from services.engines.preview.words import understand

pytestmark = pytest.mark.pictures

WIDTH, HEIGHT, SEED = 320, 400, 3
SEEN = 0.003  # share of the picture's pixels: some leaves or petals
CLEARLY = 0.08  # of a pixel's brightest channel, in sRGB
# What a picture shows anyway when nothing else is named.
USUAL = {Weather.CLEAR, Season.SUMMER}


@cache
def painted(scene: Scene) -> Any:
    """The place without its person, sRGB in 0..1, at half size."""
    import cv2

    painting, _ = scenes.paint(scene, WIDTH, HEIGHT, SEED)
    back = np.maximum(painting.back, 0)
    if painting.front is not None:
        front = cv2.resize(painting.front, (back.shape[1], back.shape[0]))
        back = front[..., :3] + back * (1 - front[..., 3:])
    return np.clip(back, 0, 1) ** (1 / 2.2)


def differs(one: Scene, other: Scene) -> bool:
    changed = np.abs(painted(one) - painted(other)).max(-1) > CLEARLY
    return bool(changed.mean() > SEEN)


@pytest.mark.parametrize("place", Place)
def test_weather_and_season_are_seen_where_they_are_claimed(place: Place) -> None:
    plain = Scene(place=place)
    for weather in set(Weather) - USUAL:
        if shown(weather, place):
            assert differs(plain, replace(plain, weather=weather)), weather
    if shown(Weather.RAIN, place) and shown(Weather.SNOW, place):
        # One may move lamps; only what falls tells the two apart.
        assert differs(replace(plain, weather=Weather.RAIN), replace(plain, weather=Weather.SNOW))
    for season in set(Season) - USUAL:
        if shown(season, place):
            assert differs(plain, replace(plain, season=season)), season


@pytest.mark.parametrize("place", Place)
def test_light_is_seen_where_it_is_claimed(place: Place) -> None:
    """Or it is the one that the place has anyway."""
    plain = Scene(place=place)
    for light in Light:
        if shown(light, place):
            usual = PLACES[place].light
            same = light is usual or {light, usual} <= {Light.WINDOW, Light.OVERCAST}
            own = not differs(replace(plain, light=usual), plain)
            changed = differs(plain, replace(plain, light=light))
            night = light is Light.NIGHT and usual in {Light.STAGE, Light.NEON}
            assert changed or (same and own) or night, light


@pytest.mark.parametrize("place", Place)
def test_each_colour_is_seen(place: Place) -> None:
    red, blue = Colour.RED, Colour.BLUE
    plain = Scene(place=place)
    one, both = replace(plain, colours=(red,)), replace(plain, colours=(red, blue))
    assert differs(plain, one)
    if colours(place) > 1:
        assert differs(both, one)
        assert differs(both, replace(plain, colours=(blue,)))


@pytest.mark.parametrize(
    "words",
    ["rain", "snow", "fog", "a storm", "wind", "in spring", "in winter", "at dawn", "at dusk",
     "at night", "at golden hour", "in autumn in the rain", "a storm in winter at dusk"],
)  # fmt: skip
@pytest.mark.parametrize("style", [None, "studio-portrait", "golden-hour", "neon"])
def test_words_without_a_place_get_one_that_shows_them(words: str, style: str | None) -> None:
    scene = with_defaults(understand(words).scene, style)
    assert scene.place
    asked = [value for value in (scene.weather, scene.season, scene.light) if value]
    assert all(shown(value, scene.place, scene.weather) for value in asked)


def test_words_that_any_place_shows_leave_the_style_its_own() -> None:
    assert with_defaults(understand("red, dreamy").scene, "neon").place is Place.NEON_ALLEY
    assert fitting(Scene(mood=None), None) is Place.STUDIO


def test_it_rains_in_a_rainy_street() -> None:
    scene = understand("a rainy street").scene
    assert scene.weather is Weather.RAIN
    assert differs(scene, replace(scene, weather=None))
