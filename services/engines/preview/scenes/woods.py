"""Among trees and flowers."""

import numpy as np

from services.engines.preview.scene import Place, Season
from services.engines.preview.scenes import outdoors, shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Painting, shot, veiled
from services.engines.preview.scenes.light import Rgb, rgb
from services.engines.preview.scenes.registry import place


def _wood(canvas: Canvas, foliage: tuple[Rgb, ...], bark: Rgb, gaps: float = 0.05) -> Painting:
    """Trees behind trees: stems in the haze, leaves that the light shines through, a few near."""
    light = canvas.light
    # Between the leaves one sees what the sun lights up: warmer than the open sky.
    haze = rgb(*light.haze) * 0.55 + np.asarray(light.key) * (0.42, 0.40, 0.26)
    far = outdoors.leaves(canvas, foliage, 0.9)
    back = shapes.vertical(
        canvas,
        [
            (0.0, haze * 0.75 + np.mean(far, 0) * 0.5),
            (0.5, np.mean(far, 0) * 0.8 + haze * 0.12),
            (0.8, np.mean(far, 0) * 0.35),
            (1.0, np.mean(far, 0) * 0.2),
        ],
    )
    x, _ = outdoors.sun_at(canvas)
    shapes.glow(back, canvas, x, 0.1, 0.55, haze * 0.9)
    outdoors.trunks(back, canvas, 9, bark, (0.008, 0.022), 0.4)
    veiled(back, haze, 0.25 * light.thick)
    mid = canvas.sheet()
    outdoors.trunks(mid, canvas, 3, bark, (0.016, 0.04), 0.7)
    shapes.scatter(mid, canvas, 700, far, (0.008, 0.028), gain=(0.2, 0.95), y=(0, 0.95))
    shapes.scatter(
        mid, canvas, 240, [haze, far[3]], (0.004, 0.011), gain=(0.5, 1.1), y=(0, 0.6),
        sparkle=gaps * 5, power=(3, 9),
    )  # fmt: skip
    near = canvas.sheet()
    shapes.scatter(near, canvas, 60, far, (0.02, 0.05), gain=(0.25, 0.7), y=(0.45, 1.0))
    shapes.scatter(
        near, canvas, 46, far, (0.012, 0.03), gain=(0.6, 1.5), y=(0, 0.5), sparkle=0.12,
        power=(2, 6),
    )  # fmt: skip
    front = canvas.sheet()
    _twigs(front, canvas, far)
    return shot(canvas, [(back, 0.035), (mid, 0.028), (near, 0.042)], [(front, 0.05)])


def _twigs(sheet: Array, canvas: Canvas, colours: list[Array]) -> None:
    """Leaves close to the lens in two corners, out of focus; never over the middle."""
    for corner in range(2):
        side = canvas.light.side if corner else -canvas.light.side
        x = 0.5 + side * 0.56
        y = (0.92, 0.04)[corner]
        for _ in range(16):
            left = (x + float(canvas.rng.normal(0, 0.09))) * canvas.width
            top = (y + float(canvas.rng.normal(0, 0.10))) * canvas.height
            colour = np.asarray(canvas.pick(colours)) * canvas.rng.uniform(0.4, 1.1)
            size = canvas.size(0.03, 0.07)
            shapes.blob(sheet, left, top, size, size * 0.5, canvas.rng.uniform(0, 180), colour)


@place(Place.FOREST, accents=False)
def forest(canvas: Canvas) -> Painting:
    """A wood in leaf."""
    bark: Rgb = (0.24, 0.20, 0.15)
    return _wood(canvas, outdoors.LEAVES[canvas.season], bark)


@place(Place.AUTUMN, accents=False)
def autumn(canvas: Canvas) -> Painting:
    """A wood in October."""
    return _wood(canvas, outdoors.RUST, (0.22, 0.15, 0.11))


@place(Place.BLOSSOM)
def blossom(canvas: Canvas) -> Painting:
    """An orchard in flower."""
    colour = canvas.accent([(0.96, 0.70, 0.80), (0.93, 0.60, 0.72), (0.98, 0.80, 0.86)])
    pale = tuple(0.55 * v + 0.45 for v in colour)
    petals: tuple[Rgb, ...] = (
        colour,
        pale,
        tuple(v * 0.82 for v in colour),  # type: ignore[assignment]
        (0.98, 0.95, 0.95),
        (0.66, 0.72, 0.45),
    )
    return _wood(canvas, petals, (0.27, 0.21, 0.19))


@place(Place.SNOW, accents=False)
def snow(canvas: Canvas) -> Painting:
    """A wood under snow, and some of it still falling."""
    return _wood(canvas, outdoors.BARE, (0.26, 0.25, 0.27))


@place(Place.MEADOW)
def meadow(canvas: Canvas) -> Painting:
    """Tall grass and flowers up to the edge of a wood."""
    light = canvas.light
    straw: list[Rgb] = [(0.56, 0.62, 0.28), (0.72, 0.70, 0.38), (0.42, 0.52, 0.22)]
    if canvas.season is Season.AUTUMN:
        straw = [(0.78, 0.64, 0.34), (0.66, 0.50, 0.26), (0.86, 0.74, 0.46)]
    elif canvas.season is Season.WINTER:
        straw = [(0.86, 0.88, 0.92), (0.74, 0.72, 0.66), (0.92, 0.94, 0.97)]
    back = outdoors.sky(canvas, 0.5)
    wood = outdoors.far(canvas, (0.20, 0.32, 0.16), 0.55)
    shapes.ridge(back, canvas, shapes.skyline(canvas, 0.44, 0.05, 5, 6), wood, 0.4)
    shapes.ridge(
        back, canvas, shapes.skyline(canvas, 0.52, 0.02, 3),
        outdoors.far(canvas, straw[0], 0.35),
    )  # fmt: skip
    blades = [light.lit(c, 0.8) for c in straw]
    mid = canvas.sheet()
    shapes.ridge(mid, canvas, shapes.skyline(canvas, 0.60, 0.015, 6), blades[2] * 0.8)
    outdoors.grass(mid, canvas, 900, blades, 0.58, (0.05, 0.13))
    usual: list[Rgb] = [
        (0.95, 0.85, 0.30),
        (0.96, 0.94, 0.90),
        (0.85, 0.28, 0.25),
        (0.55, 0.5, 0.85),
    ]
    flowers = [light.lit(canvas.accent(usual), 1.0) for _ in range(5)]
    many = 0.06 if canvas.season is Season.WINTER and not canvas.accents else 1.0
    shapes.scatter(
        mid,
        canvas,
        260 * many,
        flowers,
        (0.005, 0.013),
        y=(0.55, 1.0),
        gain=(0.7, 1.4),
        aspect=(0.7, 1),
    )
    front = canvas.sheet()
    outdoors.grass(front, canvas, 60, blades, 0.94, (0.08, 0.2), 0.008)
    shapes.scatter(
        front,
        canvas,
        16 * many,
        flowers,
        (0.018, 0.035),
        y=(0.88, 1.02),
        gain=(0.7, 1.2),
        aspect=(0.7, 1),
    )
    return shot(canvas, [(back, 0.026), (mid, 0.020)], [(front, 0.034)])


@place(Place.PARK, accents=False)
def park(canvas: Canvas) -> Painting:
    """Lawns under old trees, and a path."""
    light = canvas.light
    back = outdoors.sky(canvas, 0.5, 0.3)
    colours = outdoors.leaves(canvas)
    hazy = [c * 0.6 + rgb(*light.haze) * 0.25 for c in colours]
    wood = np.mean(hazy, 0) * 0.75
    shapes.ridge(back, canvas, shapes.skyline(canvas, 0.44, 0.05, 4), wood, 0.5)
    for _ in range(round(12 * canvas.span)):
        outdoors.crown(
            back, canvas, canvas.x(), canvas.y(0.34, 0.50), canvas.size(0.08, 0.15), hazy
        )
    lawn: Rgb = (0.86, 0.88, 0.92) if canvas.season is Season.WINTER else (0.40, 0.55, 0.24)
    shapes.ridge(back, canvas, shapes.skyline(canvas, 0.60, 0.01, 2), light.lit(lawn, 0.8))
    x = 0.5 - light.side * 0.3
    path = [(x - 0.03, 0.60), (x + 0.02, 0.60), (x + 0.42, 1.05), (x - 0.16, 1.05)]
    at = [(a * canvas.width, b * canvas.height) for a, b in path]
    shapes.polygon(back, at, light.lit((0.72, 0.64, 0.52), 0.8))
    patches = canvas.noise(5, 3, stretch=3) * shapes.mask_below(canvas, 0.6, 0.05)
    shapes.shaded(back, 1 + 0.35 * patches)
    mid = canvas.sheet()
    for side in (-1, 1):
        left = (0.5 + side * canvas.rng.uniform(0.38, 0.5)) * canvas.width
        wide = canvas.size(0.03, 0.045)
        shapes.box(
            mid,
            left - wide,
            0,
            left + wide,
            0.72 * canvas.height,
            light.lit((0.25, 0.2, 0.15), 0.5),
        )
        for _ in range(5):
            across, down = left + canvas.size(-0.2, 0.2), canvas.y(-0.02, 0.22)
            outdoors.crown(mid, canvas, across, down, canvas.size(0.12, 0.2), colours)
    shapes.scatter(
        mid, canvas, 40, [rgb(*light.haze)], (0.004, 0.01), y=(0, 0.35), sparkle=0.5, power=(3, 8)
    )
    front = canvas.sheet()
    _twigs(front, canvas, colours)
    return shot(canvas, [(back, 0.026), (mid, 0.032)], [(front, 0.05)])


@place(Place.GARDEN)
def garden(canvas: Canvas) -> Painting:
    """Roses before a hedge."""
    light = canvas.light
    greens = outdoors.leaves(
        canvas, outdoors.GREENS if canvas.season is not Season.SPRING else outdoors.FRESH
    )
    back = shapes.vertical(
        canvas, [(0, rgb(*light.haze) * 0.8), (0.25, greens[1] * 0.8), (1.0, greens[2] * 0.7)]
    )
    for _ in range(round(16 * canvas.span)):
        outdoors.crown(back, canvas, canvas.x(), canvas.y(0.1, 0.6), canvas.size(0.1, 0.2), greens)
    usual: list[Rgb] = [
        (0.92, 0.45, 0.55),
        (0.98, 0.80, 0.78),
        (0.95, 0.92, 0.85),
        (0.80, 0.16, 0.24),
    ]
    roses = [light.lit(canvas.accent(usual), 0.9) for _ in range(6)]
    mid = canvas.sheet()
    shapes.scatter(mid, canvas, 420, greens, (0.012, 0.03), y=(0.3, 1.0), gain=(0.35, 1.1))
    _roses(mid, canvas, 46, roses, (0.012, 0.03), (0.22, 1.0))
    shapes.scatter(
        mid, canvas, 50, [greens[3]], (0.004, 0.01), y=(0, 0.5), sparkle=0.4, power=(3, 8)
    )
    front = canvas.sheet()
    _roses(front, canvas, 7, roses, (0.04, 0.065), (0.93, 1.04))
    shapes.scatter(front, canvas, 18, greens, (0.03, 0.06), y=(0.94, 1.05), gain=(0.4, 0.9))
    return shot(canvas, [(back, 0.035), (mid, 0.022)], [(front, 0.035)])


def _roses(
    sheet: Array,
    canvas: Canvas,
    count: float,
    colours: list[Array],
    size: tuple[float, float],
    y: tuple[float, float],
) -> None:
    """Flower heads: lighter outside, deeper within."""
    for _ in range(round(count * canvas.span)):
        left, top, wide = canvas.x(), canvas.y(*y), canvas.size(*size)
        colour = np.asarray(canvas.pick(colours))
        for ring in (1.0, 0.7, 0.4):
            shift = canvas.light.side * wide * 0.1 * (1 - ring)
            shapes.disc(
                sheet, left + shift, top - shift * 0.5, wide * ring, colour * (0.5 + 0.7 * ring)
            )
