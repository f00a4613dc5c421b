"""Which function paints which place."""

from collections.abc import Callable
from dataclasses import dataclass

from services.engines.preview.scene import Light, Place
from services.engines.preview.scenes.canvas import Canvas, Painting

Painter = Callable[[Canvas], Painting]


@dataclass(frozen=True, slots=True)
class Entry:
    """paint: the painter. light: the one it has when none is named.

    accents: whether much of it has the colours that were asked for; else they tint the light.
    indoors: whether season and weather stay outside.
    """

    paint: Painter
    light: Light
    accents: bool
    indoors: bool


PLACES: dict[Place, Entry] = {}


def place(
    name: Place,
    light: Light = Light.NOON,
    *,
    accents: bool = True,
    indoors: bool = False,
) -> Callable[[Painter], Painter]:
    """Registers a painter."""

    def register(paint: Painter) -> Painter:
        PLACES[name] = Entry(paint, light, accents, indoors)
        return paint

    return register
