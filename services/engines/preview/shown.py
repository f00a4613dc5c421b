"""Which parts of a scene can be seen in which place: what its painter leaves out is not claimed."""

from enum import StrEnum

from services.engines.preview.scene import Light, Place, Season, Weather

# Rooms whose windows show what falls outside.
WINDOWS = {Place.CAFE, Place.HOME, Place.LIBRARY, Place.OFFICE, Place.TRAIN}
# Rooms without a view: neither weather nor season gets in.
CLOSED = {Place.GALLERY, Place.STAGE, Place.STUDIO}
# They make their own light: the hour is seen on the person only.
TIMELESS = {Place.AURORA, Place.SPACE, Place.STAGE, Place.STUDIO, Place.UNDERWATER}
AIRLESS = {Place.SPACE, Place.UNDERWATER}
_TOWN_OR_BOOKS = {Place.LIBRARY, Place.OFFICE}  # no leaf is seen from there
_HOURS = {Light.DAWN, Light.DUSK, Light.GOLDEN_HOUR, Light.NIGHT, Light.NOON, Light.OVERCAST}
_OWN = {Light.NIGHT: {Place.AURORA, Place.SPACE}}  # it is night there anyway
_SEEN_THROUGH_GLASS = {Weather.CLEAR, Weather.CLOUDY, Weather.RAIN, Weather.SNOW, Weather.STORM}


def shown(value: StrEnum, place: Place) -> bool:
    """Whether this value of a scene is seen in the place."""
    if isinstance(value, Weather):
        return _weather(value, place)
    if isinstance(value, Season):
        return place not in CLOSED | TIMELESS | _TOWN_OR_BOOKS
    if isinstance(value, Light):
        return _light(value, place)
    return True


def _weather(weather: Weather, place: Place) -> bool:
    if place in CLOSED | AIRLESS:
        return False
    return place not in WINDOWS or weather in _SEEN_THROUGH_GLASS


def _light(light: Light, place: Place) -> bool:
    if light in _HOURS and place in TIMELESS:
        return place in _OWN.get(light, set())
    if light is Light.WINDOW:
        return place in WINDOWS | {Place.GALLERY, Place.STUDIO, Place.WALL}
    return True
