"""The photo booth's pictures: what was asked for is seen, the person stays herself and whole."""

import io
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.engines.preview import compositing, person
from services.engines.preview.booth import Cutting, photographed
from services.engines.preview.compositing import Photograph
from services.engines.preview.render import Made, render
from services.engines.preview.scene import (
    Colour,
    Framing,
    Lens,
    Light,
    Mood,
    Place,
    Scene,
    Season,
    Weather,
    of_facts,
)
from services.engines.preview.scenes import paint
from services.engines.preview.scenes.registry import PLACES
from services.engines.preview.shown import shown
from services.engines.preview.words import understand
from services.imaging.silhouette import judge
from services.studio.generations import ASPECTS
from tests import sitters

pytestmark = pytest.mark.pictures

Array = npt.NDArray[np.floating[Any]]
SIZE = 320, 400
OUTSIDE = [place for place in Place if not PLACES[place].indoors]


@cache
def cutting(*, cut: bool = False) -> Cutting:
    photo, alpha = sitters.drawn(cut=cut)
    return Cutting(photo, alpha, judge(np.asarray(alpha, np.float32) / 255))


@cache
def made(scene: Scene, seed: int = 3) -> Photograph:
    return photographed(cutting(), scene, seed, *SIZE)


def picture(scene: Scene, seed: int = 3) -> Array:
    return made(scene, seed).picture


def surroundings(scene: Scene) -> Array:
    """The picture without the person: what lies beside and above her."""
    return made(scene).picture[made(scene).person < 0.02]


def difference(one: Array, other: Array) -> float:
    return float(np.abs(one - other).mean()) * 255


def rendered(**more: Any) -> Made:
    photo, alpha = sitters.drawn()
    given: dict[str, Any] = {"seed": 5, "width": 320, "height": 400, "scene": {"place": "forest"}}
    return render([sitters.encoded(photo)], alphas=[sitters.encoded(alpha)], **{**given, **more})


def test_every_place_has_a_painter() -> None:
    assert set(PLACES) == set(Place)
    assert len(Place) >= 36


@pytest.mark.parametrize("place", list(Place))
def test_a_place_is_the_same_for_a_seed_and_another_for_the_next(place: Place) -> None:
    scene = Scene(place=place)
    first = picture(scene, 3)
    assert np.array_equal(first, photographed(cutting(), scene, 3, *SIZE).picture)
    # A plain backdrop varies in tone and texture only.
    assert difference(first, picture(scene, 4)) > (1 if place is Place.STUDIO else 5)


def test_places_look_different() -> None:
    pictures = {place: picture(Scene(place=place)) for place in Place}
    for one, two in combinations(Place, 2):
        assert difference(pictures[one], pictures[two]) > 4, (one, two)


@pytest.mark.parametrize("place", OUTSIDE)
def test_night_is_darker_than_noon_in_the_same_place(place: Place) -> None:
    day, night = (
        surroundings(Scene(place=place, light=light)) for light in (Light.NOON, Light.NIGHT)
    )
    bright = {Place.NEON_ALLEY, Place.SPACE, Place.AURORA}  # they shine by themselves
    assert night.mean() < day.mean() * (1.01 if place in bright else 0.8)


@pytest.mark.parametrize("light", [light for light in Light if light is not Light.NOON])
@pytest.mark.parametrize("place", [Place.FOREST, Place.BEACH, Place.CAFE])
def test_a_light_is_seen_in_the_place_and_on_the_person(place: Place, light: Light) -> None:
    plain, other = made(Scene(place=place, light=Light.NOON)), made(Scene(place=place, light=light))
    outside, inside = plain.person < 0.02, plain.person > 0.98
    assert difference(plain.picture[outside], other.picture[outside]) > 6
    assert difference(plain.picture[inside], other.picture[inside]) > 2


@pytest.mark.parametrize("weather", [w for w in Weather if w is not Weather.CLEAR])
@pytest.mark.parametrize("place", [Place.FOREST, Place.MOUNTAINS, Place.CITY])
def test_weather_is_seen(place: Place, weather: Weather) -> None:
    plain = surroundings(Scene(place=place, weather=Weather.CLEAR))
    assert difference(plain, surroundings(Scene(place=place, weather=weather))) > 1


@pytest.mark.parametrize("season", [Season.SPRING, Season.AUTUMN, Season.WINTER])
@pytest.mark.parametrize("place", [Place.PARK, Place.MEADOW, Place.ROOFTOP])
def test_seasons_are_seen(place: Place, season: Season) -> None:
    plain = surroundings(Scene(place=place, season=Season.SUMMER))
    assert difference(plain, surroundings(Scene(place=place, season=season))) > 0.5


@pytest.mark.parametrize("place", list(Place))
def test_a_colour_is_in_the_picture(place: Place) -> None:
    """Of two colours, the one that was asked for comes nearer to the picture in its hue."""
    one, other = Colour.RED, Colour.BLUE
    apart = rgb(one) - rgb(other)
    first, second = (
        (surroundings(Scene(place=place, colours=(colour,))) @ apart).mean()
        for colour in (one, other)
    )
    assert first - second > 0.008


def rgb(colour: Colour) -> Array:
    code = colour.hex
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])


@pytest.mark.parametrize("place", list(Place))
def test_what_is_claimed_of_a_place_is_seen_there(place: Place) -> None:
    """Every weather and season that the words may claim changes the picture of the place."""
    plain = surroundings(Scene(place=place, weather=Weather.CLEAR, season=Season.SUMMER))
    for weather in set(Weather) - {Weather.CLEAR}:
        if shown(weather, place):
            scene = Scene(place=place, weather=weather, season=Season.SUMMER)
            assert difference(plain, surroundings(scene)) > 0.9, weather
    for season in set(Season) - {Season.SUMMER}:
        if shown(season, place):
            scene = Scene(place=place, weather=Weather.CLEAR, season=season)
            assert difference(plain, surroundings(scene)) > 0.25, season


def test_what_cannot_be_seen_is_not_claimed() -> None:
    assert not shown(Weather.RAIN, Place.STUDIO)
    assert not shown(Light.NOON, Place.SPACE)
    assert not shown(Light.WINDOW, Place.BEACH)
    assert not shown(Weather.RAIN, Place.CAFE)  # behind the glass it looks as snow does
    told = understand("in a studio, in the rain")
    assert [term.label for term in told.understood] == ["studio"]
    assert [each.word for each in told.not_understood] == ["in the rain"]
    assert told.scene == Scene(place=Place.STUDIO)


@pytest.mark.parametrize("mood", list(Mood))
def test_moods_are_seen(mood: Mood) -> None:
    plain = picture(Scene(place=Place.GARDEN))
    assert difference(plain, picture(Scene(place=Place.GARDEN, mood=mood))) > 1.5


def test_a_sharp_lens_shows_more_of_the_place() -> None:
    def detail(lens: Lens | None) -> float:
        grey = picture(Scene(place=Place.MOUNTAINS, lens=lens))[:180, :70].mean(-1)
        return float(np.abs(np.diff(grey, axis=0)).mean())

    assert detail(Lens.SHARP) > 1.08 * detail(None)
    assert detail(None) > detail(Lens.SOFT)


@pytest.mark.parametrize("place", list(Place))
def test_the_person_stays_herself(place: Place) -> None:
    """Her face has its eyes and mouth: it is neither covered, nor burnt out, nor sunk."""
    shot = made(Scene(place=place))
    left, top, right, bottom = shot.head
    grey, wide, tall = shot.picture.mean(-1), right - left, bottom - top

    def spot(x: float, y: float) -> float:
        row, column = round(top + y * tall), round(left + x * wide)
        return float(grey[row - 2 : row + 3, column - 2 : column + 3].mean())

    eyes, mouth = (spot(0.3, 0.43), spot(0.7, 0.43)), spot(0.5, 0.73)
    cheeks = spot(0.3, 0.62), spot(0.7, 0.62)
    assert max(eyes) < 0.6 * min(cheeks)
    assert mouth < 0.9 * min(cheeks)
    assert 0.2 < min(cheeks) < max(cheeks) < 0.9


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    aspect=st.sampled_from([*ASPECTS.values(), (300, 1200), (1200, 300)]),
    framing=st.sampled_from([None, *Framing]),
    seed=st.integers(0, 2**31 - 1),
    across=st.floats(0.2, 0.8),
    tall=st.floats(0.08, 0.7),
    shape=st.tuples(st.integers(200, 1024), st.integers(200, 1024)),
    edges=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_no_head_is_ever_cut(
    aspect: tuple[int, int],
    framing: Framing | None,
    seed: int,
    across: float,
    tall: float,
    shape: tuple[int, int],
    edges: tuple[bool, bool, bool],
) -> None:
    """Whatever the photo, the format and the framing: hair and chin are inside, with air above."""
    width, height = aspect[0] // 4, aspect[1] // 4
    high, wide = shape[1] / 4, shape[0] / 4
    side = min(0.8 * tall * high, 0.9 * wide, 2 * across * wide, 2 * (1 - across) * wide) / 2
    head = (across * wide - side, 0.03 * high, across * wide + side, (0.03 + tall) * high)
    colour = np.full((round(high), round(wide), 3), 0.3, np.float32)
    sitter = person.Sitter(colour, np.ones(colour.shape[:2], np.float32), head, edges)
    rng = np.random.default_rng(seed)
    left, top, right, bottom = person.framed(sitter, width, height, framing, rng).head
    assert 0 < left < right < width
    assert 0 < top < bottom < height


@pytest.mark.parametrize("aspect", ASPECTS.values(), ids=ASPECTS)
@pytest.mark.parametrize("cut", [False, True])
def test_nobody_floats(aspect: tuple[int, int], cut: bool) -> None:
    """The body goes down to the lower edge, and ends nowhere in a straight line beside it."""
    width, height = aspect[0] // 2, aspect[1] // 2
    alpha = photographed(cutting(cut=cut), Scene(place=Place.LAKE), 3, width, height).person
    assert (alpha[-2] > 0.95).mean() > 0.2
    # A cut edge would be a column where alpha drops from one to nothing along the body.
    drops = (np.abs(alpha[:, 5:-2] - alpha[:, 2:-5]) > 0.9).sum(0)
    assert drops.max(initial=0) < 0.13 * height


def test_nothing_near_the_lens_covers_the_face() -> None:
    """Not even a wall of leaves: it ends around her head."""
    scene = Scene(place=Place.FOREST)
    painting, light = paint(scene, *SIZE, 3)
    leaves = np.zeros((*painting.back.shape[:2], 4), np.float32)
    leaves[...] = (0.0, 1.0, 0.0, 1.0)
    found = cutting()
    sitter = person.sitter(found.photo, found.alpha, found.outline)
    placed = person.framed(sitter, *SIZE, None, np.random.default_rng(1))
    wall = replace(painting, front=leaves)
    shot = compositing.photograph(placed, wall, light, np.random.default_rng(1))
    left, top, right, bottom = (round(edge) for edge in shot.head)
    quarter = (bottom - top) // 4
    face = shot.picture[top + quarter : bottom - quarter, left + 30 : right - 30].mean((0, 1))
    assert face[0] > face[1]  # skin, and no leaf
    corner = shot.picture[:40, :40].mean((0, 1))
    assert corner[1] > 2 * corner[0]


def test_formats_paint_more_of_the_place_and_keep_the_person() -> None:
    tall, wide = ((720, 1280), (1280, 720))
    faces = []
    for width, height in (tall, wide):
        shot = photographed(cutting(), Scene(place=Place.LAKE), 3, width // 2, height // 2)
        _, top, _, bottom = shot.head
        faces.append((bottom - top) / (min(width, height) / 2))
        assert shot.person[:, [0, -1]].mean() < 0.6
    assert max(faces) / min(faces) < 2.2


def test_another_light_keeps_person_and_composition() -> None:
    one, two = (
        photographed(cutting(), Scene(place=Place.CASTLE, light=light), 9, *SIZE)
        for light in (Light.DAWN, Light.OVERCAST)
    )
    assert np.array_equal(one.person, two.person)
    edges = [np.abs(np.diff(shot.picture.mean(-1), axis=1))[:160, :90] for shot in (one, two)]
    assert np.corrcoef(edges[0].ravel(), edges[1].ravel())[0, 1] > 0.5


def test_the_same_request_gives_the_same_bytes() -> None:
    assert rendered(preset="oil").data == rendered(preset="oil").data
    assert rendered().data != rendered(seed=6).data


def test_words_in_quotation_marks_are_lettered() -> None:
    plain, lettered = (
        np.asarray(Image.open(io.BytesIO(rendered(scene=scene).data)), np.float32)
        for scene in ({"place": "forest"}, {"place": "forest", "text": "Grüße, Ελλάδα, Привет"})
    )
    changed = np.abs(plain - lettered).mean(-1) > 30
    assert changed[280:].mean() > 0.05
    assert not changed[:200].any()


def test_a_style_stands_for_a_place_or_a_light() -> None:
    assert rendered(preset="golden-hour", scene={}).scene == {
        "place": "meadow",
        "light": "golden-hour",
    }
    assert rendered(preset="golden-hour", scene={"place": "lake"}).scene == {
        "place": "lake",
        "light": "golden-hour",
    }
    assert rendered(preset="studio-portrait", scene={"place": "lake"}).scene == {"place": "lake"}


def test_a_scene_comes_back_from_json() -> None:
    scene = Scene(
        Place.CITY, Light.DUSK, Weather.FOG, Season.AUTUMN, (Colour.RED,), Mood.CALM, Lens.SOFT,
        Framing.WIDE, "Hello",
    )  # fmt: skip
    assert of_facts(scene.facts()) == scene
    assert of_facts({}) == Scene()


def test_a_photo_that_cannot_be_cut_out_keeps_its_background_and_says_why() -> None:
    photo, alpha = sitters.drawn()
    head_cut = photo.crop((0, 170, 480, 640)), alpha.crop((0, 170, 480, 640))
    result = render(
        [sitters.encoded(head_cut[0])],
        alphas=[sitters.encoded(head_cut[1])],
        seed=1,
        width=320,
        height=400,
        scene={"place": "space", "text": "Still lettered"},
    )
    assert result.scene is None
    assert result.note == "The photo cuts the head off, so it keeps its own background."
    pixels = np.asarray(Image.open(io.BytesIO(result.data)), np.float32)
    assert pixels[:100, :40].mean() > 150  # its own pale wall, and no night sky


def test_photos_that_can_be_cut_out_come_before_those_that_cannot() -> None:
    photo, alpha = sitters.drawn()
    plain = sitters.encoded(Image.new("RGB", (400, 400), "#777777"))
    for seed in range(4):
        result = render(
            [plain, sitters.encoded(photo), plain],
            alphas=[None, sitters.encoded(alpha), None],
            seed=seed,
            width=160,
            height=200,
            scene={"place": "beach"},
        )
        assert (result.photo, result.note) == (1, None)


def test_without_opencv_pictures_are_made_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.engines.preview.render.find_spec", lambda _name: None)
    result = rendered()
    assert result.scene is None
    assert result.note == "OpenCV is not installed, so photos keep their own background."
    assert Image.open(io.BytesIO(result.data)).size == (320, 400)


def test_a_photo_without_a_stored_cut_out_is_cut_out_then() -> None:
    """As the photos are that came in before there were any."""
    photo = sitters.encoded(sitters.hopper(), "JPEG")
    result = render([photo], seed=1, width=320, height=400, scene={"place": "library"})
    assert (result.scene, result.note) == ({"place": "library"}, None)
