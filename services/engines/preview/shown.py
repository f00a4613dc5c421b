"""Which parts of a scene can be seen in which place: what its painter leaves out is not claimed."""

from enum import StrEnum

from services.engines.preview.scene import Light, Place, Scene, Season, Weather

# Rooms with a window.
WINDOWS = {Place.CAFE, Place.HOME, Place.LIBRARY, Place.OFFICE, Place.TRAIN}
# Rooms without a view: neither weather nor season gets in.
CLOSED = {Place.GALLERY, Place.STAGE, Place.STUDIO}
# They make their own light: the hour is seen on the person only.
TIMELESS = {Place.AURORA, Place.SPACE, Place.STAGE, Place.STUDIO, Place.UNDERWATER}
AIRLESS = {Place.SPACE, Place.UNDERWATER}
_TOWN_OR_BOOKS = {Place.LIBRARY, Place.OFFICE}  # no leaf is seen from there
_HOURS = {Light.DAWN, Light.DUSK, Light.GOLDEN_HOUR, Light.NIGHT, Light.NOON, Light.OVERCAST}
_OWN = {Light.NIGHT: {Place.AURORA, Place.SPACE}}  # it is night there anyway
# The sky is seen from here, but too far out of focus for what falls from it.
_VIEWS = {Place.OFFICE, Place.TRAIN}
# Here a season is in the air alone, in leaves and petals: rain and snow take their place.
_LEAFLESS = {
    Place.AURORA,
    Place.BEACH,
    Place.BLOSSOM,
    Place.CITY_NIGHT,
    Place.CLOUDS,
    Place.DESERT,
    Place.FAIRGROUND,
    Place.HARBOUR,
    Place.MARKET,
    Place.NEON_ALLEY,
    Place.RAIN_STREET,
    Place.ROOFTOP,
    Place.SKY,
    Place.SNOW,
    Place.WATERFALL,
}
_FALLING = {Weather.RAIN, Weather.SNOW, Weather.STORM}
# Only one thing is painted in a colour here.
_ONE_COLOUR = {Place.BLOSSOM, Place.HOME, Place.TRAIN, Place.WALL}
COLOURS = 2  # elsewhere: one from each side, where coloured light is all that shows them

_BY_WEATHER = {
    Weather.CLEAR: Place.BEACH,
    Weather.CLOUDY: Place.MEADOW,
    Weather.FOG: Place.FOREST,
    Weather.RAIN: Place.RAIN_STREET,
    Weather.SNOW: Place.SNOW,
    Weather.STORM: Place.LAKE,
    Weather.WIND: Place.MEADOW,
}
_BY_SEASON = {
    Season.SPRING: Place.BLOSSOM,
    Season.SUMMER: Place.MEADOW,
    Season.AUTUMN: Place.AUTUMN,
    Season.WINTER: Place.SNOW,
}
_BY_LIGHT = {
    Light.DAWN: Place.LAKE,
    Light.DUSK: Place.BEACH,
    Light.GOLDEN_HOUR: Place.MEADOW,
    Light.NIGHT: Place.CITY_NIGHT,
    Light.NOON: Place.BEACH,
    Light.OVERCAST: Place.MEADOW,
    Light.WINDOW: Place.HOME,
}


def shown(value: StrEnum, place: Place, weather: Weather | None = None) -> bool:
    """Whether this value of a scene is seen in the place, in this weather."""
    if isinstance(value, Weather):
        return _weather(value, place)
    if isinstance(value, Season):
        aloft = place in _LEAFLESS and value is not Season.WINTER and weather in _FALLING
        return place not in CLOSED | TIMELESS | _TOWN_OR_BOOKS and not aloft
    if isinstance(value, Light):
        return _light(value, place)
    return True


def _weather(weather: Weather, place: Place) -> bool:
    if place in CLOSED | AIRLESS:
        return False
    return place not in WINDOWS or (place in _VIEWS and weather in {Weather.CLEAR, Weather.CLOUDY})


def _light(light: Light, place: Place) -> bool:
    if light in _HOURS and place in TIMELESS:
        return place in _OWN.get(light, set())
    if light is Light.WINDOW:
        return place in WINDOWS | {Place.GALLERY, Place.STUDIO, Place.WALL}
    return True


def colours(place: Place) -> int:
    """How many colours a picture of the place shows for certain."""
    return 1 if place in _ONE_COLOUR else COLOURS


def fitting(scene: Scene, usual: Place | None = None) -> Place:
    """The place for words that name none: the usual one where it shows them, or one that does.

    A season goes first, as a season's own place shows it in any weather.
    """
    place = usual or Place.STUDIO
    asked = [value for value in (scene.season, scene.weather, scene.light) if value]
    if all(shown(value, place, scene.weather) for value in asked):
        return place
    if scene.season and scene.weather in _FALLING:
        return Place.PARK
    by_season = _BY_SEASON.get(scene.season) if scene.season else None
    by_weather = _BY_WEATHER.get(scene.weather) if scene.weather else None
    by_light = _BY_LIGHT.get(scene.light) if scene.light else None
    return by_season or by_weather or by_light or place
