"""What the photo booth can be asked for: the request between its words and its painters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Place(StrEnum):
    """Where the person stands. Each has one painter."""

    AURORA = "aurora"
    AUTUMN = "autumn"
    BEACH = "beach"
    BLOSSOM = "blossom"
    CAFE = "cafe"
    CASTLE = "castle"
    CITY = "city"
    CITY_NIGHT = "city-night"
    CLOUDS = "clouds"
    DESERT = "desert"
    FAIRGROUND = "fairground"
    FOREST = "forest"
    GALLERY = "gallery"
    GARDEN = "garden"
    HARBOUR = "harbour"
    HOME = "home"
    LAKE = "lake"
    LIBRARY = "library"
    MARKET = "market"
    MEADOW = "meadow"
    MOUNTAINS = "mountains"
    NEON_ALLEY = "neon-alley"
    OFFICE = "office"
    PARK = "park"
    RAIN_STREET = "rain-street"
    ROOFTOP = "rooftop"
    SKY = "sky"
    SNOW = "snow"
    SPACE = "space"
    STAGE = "stage"
    STUDIO = "studio"
    TRAIN = "train"
    UNDERWATER = "underwater"
    VINEYARD = "vineyard"
    WALL = "wall"
    WATERFALL = "waterfall"


class Light(StrEnum):
    """When it is, or what shines."""

    CANDLE = "candle"
    DAWN = "dawn"
    DUSK = "dusk"
    GOLDEN_HOUR = "golden-hour"
    NEON = "neon"
    NIGHT = "night"
    NOON = "noon"
    OVERCAST = "overcast"
    RIM = "rim"
    STAGE = "stage"
    WINDOW = "window"


class Weather(StrEnum):
    """What is in the air."""

    CLEAR = "clear"
    CLOUDY = "cloudy"
    FOG = "fog"
    RAIN = "rain"
    SNOW = "snow"
    STORM = "storm"
    WIND = "wind"


class Season(StrEnum):
    """Leaves, blossom, snow and the colour of the grass."""

    SPRING = "spring"
    SUMMER = "summer"
    AUTUMN = "autumn"
    WINTER = "winter"


class Mood(StrEnum):
    """How the finished photograph is graded."""

    BRIGHT = "bright"
    CALM = "calm"
    COOL = "cool"
    DARK = "dark"
    DRAMATIC = "dramatic"
    DREAMY = "dreamy"
    VIVID = "vivid"
    WARM = "warm"


class Lens(StrEnum):
    """How much lies out of focus behind the person."""

    SOFT = "soft"
    SHARP = "sharp"


class Framing(StrEnum):
    """How much of the person is seen, as far as the photo goes."""

    CLOSE_UP = "close-up"
    HEAD_AND_SHOULDERS = "head-and-shoulders"
    HALF_BODY = "half-body"
    WIDE = "wide"


class Colour(StrEnum):
    """A colour that people name; `hex` is what is painted."""

    BEIGE = "beige"
    BLACK = "black"
    BLUE = "blue"
    BROWN = "brown"
    BURGUNDY = "burgundy"
    CORAL = "coral"
    CREAM = "cream"
    GOLD = "gold"
    GREEN = "green"
    GREY = "grey"
    LAVENDER = "lavender"
    MAGENTA = "magenta"
    MINT = "mint"
    NAVY = "navy"
    OLIVE = "olive"
    ORANGE = "orange"
    PINK = "pink"
    PURPLE = "purple"
    RED = "red"
    SILVER = "silver"
    TEAL = "teal"
    TURQUOISE = "turquoise"
    WHITE = "white"
    YELLOW = "yellow"

    @property
    def hex(self) -> str:
        """`#rrggbb`, sRGB."""
        return _HEX[self]


_HEX = {
    Colour.BEIGE: "#cdb899",
    Colour.BLACK: "#17171a",
    Colour.BLUE: "#2f66b8",
    Colour.BROWN: "#6e4a33",
    Colour.BURGUNDY: "#6d1f33",
    Colour.CORAL: "#ee7a63",
    Colour.CREAM: "#efe4cd",
    Colour.GOLD: "#c99a3c",
    Colour.GREEN: "#3f8a4b",
    Colour.GREY: "#8b8c90",
    Colour.LAVENDER: "#a99bd0",
    Colour.MAGENTA: "#c22b86",
    Colour.MINT: "#a5d6bd",
    Colour.NAVY: "#1d2c55",
    Colour.OLIVE: "#75793b",
    Colour.ORANGE: "#e5812b",
    Colour.PINK: "#e79cb4",
    Colour.PURPLE: "#6b3f99",
    Colour.RED: "#b82a2e",
    Colour.SILVER: "#b9bec6",
    Colour.TEAL: "#1f7479",
    Colour.TURQUOISE: "#37b3ad",
    Colour.WHITE: "#f1f0ee",
    Colour.YELLOW: "#edc63c",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """One request, as far as the sentence named it; None leaves the choice to the painter.

    text: words in quotation marks, to be lettered on the picture.
    """

    place: Place | None = None
    light: Light | None = None
    weather: Weather | None = None
    season: Season | None = None
    colours: tuple[Colour, ...] = ()
    mood: Mood | None = None
    lens: Lens | None = None
    framing: Framing | None = None
    text: str | None = None

    def facts(self) -> dict[str, Any]:
        """As JSON keeps it: what was named, and nothing else."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in named.items() if value}

    def changed(self, change: "Scene") -> "Scene":
        """This scene with what another one names."""
        return replace(self, **{name: getattr(change, name) for name in change.facts()})


_KINDS = {
    "place": Place,
    "light": Light,
    "weather": Weather,
    "season": Season,
    "mood": Mood,
    "lens": Lens,
    "framing": Framing,
}


def of_facts(facts: Mapping[str, Any]) -> Scene:
    """The scene that `facts` kept. Raises ValueError for what there is not."""
    named: dict[str, Any] = {
        name: kind(facts[name]) for name, kind in _KINDS.items() if facts.get(name)
    }
    colours = tuple(Colour(name) for name in facts.get("colours", ()))
    return Scene(**named, colours=colours, text=facts.get("text"))
