"""In town, by day and by night."""

import numpy as np

from services.engines.preview.scene import Light, Place, Season
from services.engines.preview.scenes import built, outdoors, shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Painting, shot
from services.engines.preview.scenes.light import Rgb, rgb
from services.engines.preview.scenes.registry import place

_WALLS: tuple[Rgb, ...] = (
    (0.72, 0.62, 0.52), (0.62, 0.42, 0.34), (0.78, 0.74, 0.68),
    (0.55, 0.54, 0.55), (0.80, 0.68, 0.50),
)  # fmt: skip


def _street(canvas: Canvas) -> Array:
    """A street between two rows of houses, without its ground."""
    sheet = outdoors.sky(canvas, 0.6, 0.3)
    meet = (0.5 - canvas.light.side * 0.06, 0.50)
    built.ground(sheet, canvas, meet[1], (0.46, 0.45, 0.44))
    for side in (-1, 1):
        built.facades(sheet, canvas, side, _WALLS, meet)
    return sheet


def _traffic(sheet: Array, canvas: Canvas, count: float, level: tuple[float, float]) -> None:
    """Head and tail lamps, traffic lights, shop signs: points that the lens makes into discs."""
    colours: tuple[Rgb, ...] = (
        (1, 0.9, 0.7),
        (1, 0.16, 0.1),
        (1, 0.62, 0.2),
        (0.3, 0.9, 0.6),
        (0.5, 0.7, 1),
    )
    for _ in range(round(count * canvas.span)):
        x, y = canvas.x(), canvas.y(*level)
        colour = canvas.accent(colours) if canvas.rng.random() < 0.6 else canvas.pick(colours)
        power = float(canvas.rng.uniform(6, 26))
        shapes.lamp(sheet, canvas, x, y, 0.005, colour, power)  # type: ignore[arg-type]


@place(Place.CITY)
def city(canvas: Canvas) -> Painting:
    """A street by day: houses, trees, awnings, a few cars."""
    light = canvas.light
    back = _street(canvas)
    built.floor(back, canvas, 0.66, light.lit((0.45, 0.44, 0.43), 0.7), 0.12)
    leaves = outdoors.leaves(canvas)
    mid = canvas.sheet()
    if canvas.season is not Season.WINTER:
        for side in (-1, 1):
            for _ in range(3):
                x = (0.5 + side * float(canvas.rng.uniform(0.26, 0.5))) * canvas.width
                outdoors.crown(mid, canvas, x, canvas.y(0.3, 0.46), canvas.size(0.06, 0.12), leaves)
    usual: list[Rgb] = [(0.72, 0.2, 0.18), (0.2, 0.36, 0.3), (0.85, 0.7, 0.4)]
    for side in (-1, 1):
        x, y = 0.5 + side * 0.44, float(canvas.rng.uniform(0.46, 0.52))
        _awning(mid, canvas, x, y, light.lit(canvas.accent(usual), 0.9))
    _traffic(mid, canvas, 26, (0.52, 0.68))
    shapes.scatter(
        mid, canvas, 26, [rgb(*light.haze)], (0.003, 0.006), y=(0.1, 0.6), sparkle=0.8, power=(2, 7)
    )
    return shot(canvas, [(back, 0.020), (mid, 0.026)])


def _awning(sheet: Array, canvas: Canvas, x: float, y: float, colour: Array) -> None:
    wide, tall = 0.13 * canvas.unit, 0.06 * canvas.unit
    left, top = x * canvas.width - wide, y * canvas.height
    stripes = 8
    for k in range(stripes):
        tone = colour if k % 2 else canvas.light.lit((0.92, 0.9, 0.85), 0.9)
        a, b = left + 2 * wide * k / stripes, left + 2 * wide * (k + 1) / stripes
        shapes.polygon(sheet, [(a, top), (b, top), (b + 4, top + tall), (a - 4, top + tall)], tone)


@place(Place.CITY_NIGHT, Light.NIGHT)
def city_night(canvas: Canvas) -> Painting:
    """Windows and traffic at night, far out of focus."""
    back = _street(canvas)
    _traffic(back, canvas, 34, (0.42, 0.66))
    built.wet(back, canvas, 0.68)
    mid = canvas.sheet()
    _traffic(mid, canvas, 20, (0.48, 0.74))
    front = canvas.sheet()
    for side in (-1, 1):
        for _ in range(2):
            x = (0.5 + side * float(canvas.rng.uniform(0.42, 0.52))) * canvas.width
            shapes.lamp(front, canvas, x, canvas.y(0.8, 1.0), 0.007, canvas.accent(built.WARM), 5)
    return shot(canvas, [(back, 0.028), (mid, 0.038)], [(front, 0.05)])


@place(Place.ROOFTOP, Light.DUSK)
def rooftop(canvas: Canvas) -> Painting:
    """Above the roofs, with a string of lamps."""
    back = outdoors.sky(canvas, 0.62, 0.45)
    built.blocks(back, canvas, 0.66, (0.14, 0.34), (0.06, 0.12), 0.75)
    built.blocks(back, canvas, 0.76, (0.10, 0.30), (0.10, 0.2), 0.35)
    mid = canvas.sheet()
    for k in range(2):
        low, high = float(canvas.rng.uniform(0.03, 0.1)), float(canvas.rng.uniform(0.14, 0.26))
        ends = (low, high) if k else (high, low)
        built.string_of_lamps(mid, canvas, ends, 0.06, 12, 16)
    rail = canvas.sheet()
    iron = canvas.light.lit((0.16, 0.16, 0.17), 0.5)
    top = 0.74 * canvas.height
    shapes.box(rail, 0, top, canvas.width, top + 0.014 * canvas.unit, iron)
    for x in np.arange(0, canvas.width, 0.045 * canvas.unit):
        shapes.box(rail, x, top, x + 0.008 * canvas.unit, canvas.height, iron)
    leaves = outdoors.leaves(canvas, outdoors.GREENS)
    for side in (-1, 1):
        x = 0.5 + side * 0.47
        shapes.scatter(
            rail,
            canvas,
            26,
            leaves,
            (0.014, 0.04),
            x=(x - 0.1, x + 0.1),
            y=(0.66, 0.9),
            gain=(0.4, 1),
        )
    return shot(canvas, [(back, 0.014), (mid, 0.024), (rail, 0.024)])


@place(Place.RAIN_STREET, Light.NIGHT)
def rain_street(canvas: Canvas) -> Painting:
    """A wet street with umbrellas; the rain itself is the weather's."""
    back = _street(canvas)
    usual: list[Rgb] = [(0.8, 0.15, 0.15), (0.9, 0.66, 0.15), (0.2, 0.45, 0.6)]
    _traffic(back, canvas, 30, (0.44, 0.64))
    people = canvas.sheet()
    for side in (-1, 1, -1, 1):
        x = 0.5 + side * float(canvas.rng.uniform(0.24, 0.48))
        _umbrella(people, canvas, x, float(canvas.rng.uniform(0.42, 0.52)), canvas.accent(usual))
    street = shapes.masked(back, np.ones((canvas.height, canvas.width), np.float32))
    both = np.where(people[..., 3:] > 0, people, street).astype(np.float32)
    built.wet(both, canvas, 0.70, 0.07)
    built.halo(both, canvas, 0.05, 0.3)
    front = canvas.sheet()
    drops = [rgb(0.8, 0.85, 0.9) * np.float32(0.12 + 0.3 * canvas.light.day)]
    shapes.scatter(front, canvas, 60, drops, (0.002, 0.006), gain=(0.3, 1.4), aspect=(0.8, 1))
    return shot(canvas, [(both, 0.025)], [(front, 0.008)])


def _umbrella(sheet: Array, canvas: Canvas, x: float, y: float, colour: Rgb) -> None:
    """Somebody under an umbrella, walking away."""
    light, size = canvas.light, canvas.size(0.075, 0.11)
    left, top = x * canvas.width, y * canvas.height
    cloth = light.lit(colour, 0.9) + rgb(*colour) * np.float32(0.16 * light.lamps)
    dark = light.lit((0.12, 0.12, 0.14), 0.4) + 0.004
    body = [(left - size * 0.34, top + size * 0.5), (left + size * 0.34, top + size * 0.5)]
    body += [(left + size * 0.26, top + size * 2.9), (left - size * 0.26, top + size * 2.9)]
    shapes.polygon(sheet, body, dark)
    shapes.disc(sheet, left, top + size * 0.32, size * 0.22, dark * 1.6)
    turn = np.linspace(np.pi, 2 * np.pi, 24)
    dome = [(left + size * np.cos(t), top + size * 0.78 * np.sin(t)) for t in turn]
    shapes.polygon(sheet, dome, cloth)
    lit = [(left + size * 0.2 * canvas.light.side, top - size * 0.75)]
    lit += [(left + canvas.light.side * size * k, top - size * 0.1) for k in (0.5, 0.9)]
    shapes.polygon(sheet, lit, cloth * 1.6)


@place(Place.NEON_ALLEY, Light.NEON)
def neon_alley(canvas: Canvas) -> Painting:
    """A narrow lane full of signs."""
    back = _street(canvas)
    shapes.shaded(back, 0.45)
    usual: list[Rgb] = [
        (1, 0.18, 0.6),
        (0.15, 0.8, 1.0),
        (1, 0.45, 0.15),
        (0.65, 0.3, 1),
        (0.2, 1, 0.6),
    ]
    mid = canvas.sheet()
    for side in (-1, 1):
        for k in range(4):
            x = 0.5 + side * (0.17 + 0.09 * k + float(canvas.rng.uniform(-0.02, 0.02)))
            y = 0.08 + 0.12 * float(canvas.rng.random()) + 0.11 * k
            _sign(mid, canvas, x, y, canvas.accent(usual))
    both = np.where(mid[..., 3:] > 0, mid, back).astype(np.float32)
    built.halo(both, canvas, 0.06, 0.5)
    _traffic(both, canvas, 12, (0.5, 0.66))
    built.wet(both, canvas, 0.69, 0.06)
    return shot(canvas, [(both, 0.021)])


def _sign(sheet: Array, canvas: Canvas, x: float, y: float, colour: Rgb) -> None:
    """A lit sign: an upright box of strokes, a ring, an arrow or a frame."""
    left, top, size = x * canvas.width, y * canvas.height, canvas.size(0.05, 0.085)
    kind = int(canvas.rng.integers(4))
    if kind == 0:
        shapes.box(
            sheet, left - size * 0.4, top, left + size * 0.4, top + size * 2.6, rgb(*colour) * 0.9
        )
        for k in range(5):
            row = top + size * (0.25 + 0.48 * k)
            built.tube(
                sheet,
                canvas,
                [(left - size * 0.22, row), (left + size * 0.22, row + size * 0.2)],
                (1, 0.95, 0.9),
            )
    elif kind == 1:
        turn = np.linspace(0, 2 * np.pi, 25)
        ring = [(left + size * np.cos(t), top + size * (1 + np.sin(t))) for t in turn]
        built.tube(sheet, canvas, ring, colour)
    elif kind == 2:
        tip = [(left - size, top), (left + size * 0.6, top + size), (left - size, top + 2 * size)]
        built.tube(sheet, canvas, tip, colour)
        built.tube(sheet, canvas, [(a + size * 0.5, b) for a, b in tip], colour)
    else:
        frame = [(left - size, top), (left + size, top), (left + size, top + size * 1.3)]
        frame += [(left - size, top + size * 1.3), (left - size, top)]
        built.tube(sheet, canvas, frame, colour)
        shapes.box(
            sheet,
            left - size * 0.7,
            top + size * 0.4,
            left + size * 0.7,
            top + size * 0.9,
            rgb(*canvas.accent([(1, 0.85, 0.5)])) * 2.5,
        )
