"""What members read for each value of a scene, and how it is written into a sentence."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from services.engines.preview.scene import (
    Colour,
    Framing,
    Lens,
    Light,
    Mood,
    Place,
    Season,
    Weather,
)

V = TypeVar("V", bound=StrEnum)
Value = Place | Light | Weather | Season | Mood | Lens | Framing | Colour

# A name on a chip, and the same as somebody writes it.
_PLACES: Mapping[Place, tuple[str, str]] = {
    Place.AURORA: ("northern lights", "under the northern lights"),
    Place.AUTUMN: ("autumn wood", "in an autumn wood"),
    Place.BEACH: ("beach", "on a beach"),
    Place.BLOSSOM: ("blossom", "among cherry blossoms"),
    Place.CAFE: ("café", "in a café"),
    Place.CASTLE: ("castle", "in front of a castle"),
    Place.CITY: ("city", "in a city"),
    Place.CITY_NIGHT: ("city at night", "in a city at night"),
    Place.CLOUDS: ("clouds", "above the clouds"),
    Place.DESERT: ("desert", "in a desert"),
    Place.FAIRGROUND: ("fairground", "at a fairground"),
    Place.FOREST: ("forest", "in a forest"),
    Place.GALLERY: ("gallery", "in an art gallery"),
    Place.GARDEN: ("garden", "in a garden"),
    Place.HARBOUR: ("harbour", "in a harbour"),
    Place.HOME: ("home", "at home"),
    Place.LAKE: ("lake", "by a lake"),
    Place.LIBRARY: ("library", "in a library"),
    Place.MARKET: ("market", "at a market"),
    Place.MEADOW: ("meadow", "in a meadow"),
    Place.MOUNTAINS: ("mountains", "in the mountains"),
    Place.NEON_ALLEY: ("neon alley", "in a neon alley"),
    Place.OFFICE: ("office", "in an office"),
    Place.PARK: ("park", "in a park"),
    Place.RAIN_STREET: ("street in the rain", "in a street in the rain"),
    Place.ROOFTOP: ("rooftop", "on a rooftop"),
    Place.SKY: ("sky", "in the sky"),
    Place.SNOW: ("snow", "in a snowy landscape"),
    Place.SPACE: ("space", "in outer space"),
    Place.STAGE: ("stage", "on stage"),
    Place.STUDIO: ("studio", "in a studio"),
    Place.TRAIN: ("train", "in a train"),
    Place.UNDERWATER: ("under water", "under water"),
    Place.VINEYARD: ("vineyard", "in a vineyard"),
    Place.WALL: ("old wall", "by an old wall"),
    Place.WATERFALL: ("waterfall", "by a waterfall"),
}
_LIGHTS: Mapping[Light, tuple[str, str]] = {
    Light.CANDLE: ("candlelight", "by candlelight"),
    Light.DAWN: ("dawn", "at dawn"),
    Light.DUSK: ("dusk", "at dusk"),
    Light.GOLDEN_HOUR: ("golden hour", "at golden hour"),
    Light.NEON: ("neon light", "in neon light"),
    Light.NIGHT: ("night", "at night"),
    Light.NOON: ("noon", "at noon"),
    Light.OVERCAST: ("overcast light", "in overcast light"),
    Light.RIM: ("light from behind", "with light from behind"),
    Light.STAGE: ("spotlight", "in a spotlight"),
    Light.WINDOW: ("window light", "in window light"),
}
_WEATHERS: Mapping[Weather, tuple[str, str]] = {
    Weather.CLEAR: ("clear weather", "in clear weather"),
    Weather.CLOUDY: ("cloudy", "in cloudy weather"),
    Weather.FOG: ("fog", "in fog"),
    Weather.RAIN: ("rain", "in the rain"),
    Weather.SNOW: ("snow", "in falling snow"),
    Weather.STORM: ("storm", "in a storm"),
    Weather.WIND: ("wind", "in the wind"),
}
_MOODS: Mapping[Mood, tuple[str, str]] = {
    Mood.BRIGHT: ("bright", "bright"),
    Mood.CALM: ("calm", "calm"),
    Mood.COOL: ("cool colours", "in cool colours"),
    Mood.DARK: ("dark", "dark"),
    Mood.DRAMATIC: ("dramatic", "dramatic"),
    Mood.DREAMY: ("dreamy", "dreamy"),
    Mood.VIVID: ("vivid colours", "in vivid colours"),
    Mood.WARM: ("warm colours", "in warm colours"),
}
_LENSES: Mapping[Lens, tuple[str, str]] = {
    Lens.SOFT: ("blurred background", "blurred background"),
    Lens.SHARP: ("sharp background", "sharp background"),
}
_FRAMINGS: Mapping[Framing, tuple[str, str]] = {
    Framing.CLOSE_UP: ("close-up", "close-up"),
    Framing.HEAD_AND_SHOULDERS: ("head and shoulders", "head and shoulders"),
    Framing.HALF_BODY: ("half body", "half body"),
    Framing.WIDE: ("wide shot", "wide shot"),
}
_KINDS: Mapping[type, str] = {
    Place: "place",
    Light: "light",
    Weather: "weather",
    Season: "season",
    Mood: "mood",
    Lens: "lens",
    Framing: "framing",
    Colour: "colour",
}


def _named(texts: Mapping[V, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {str(value): text for value, text in texts.items()}


# By kind: as strings, the place `autumn` and the season are equal.
_TEXTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "place": _named(_PLACES),
    "light": _named(_LIGHTS),
    "weather": _named(_WEATHERS),
    "season": {each: (str(each), f"in {each}") for each in Season},
    "mood": _named(_MOODS),
    "lens": _named(_LENSES),
    "framing": _named(_FRAMINGS),
    "colour": {each: (str(each), f"{each} tones") for each in Colour},
}


def kind(value: Value) -> str:
    """Which question of the scene it answers: the field's name, or `colour`."""
    return _KINDS[type(value)]


def label(value: Value) -> str:
    """Its name on a chip, such as `golden hour`."""
    return _TEXTS[kind(value)][value][0]


def said(kind: str, value: str) -> str:
    """As somebody writes it into a sentence, such as `at golden hour`."""
    return _TEXTS[kind][value][1]
