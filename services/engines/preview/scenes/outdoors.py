"""What lies outside: sky and sun, clouds, trees and leaves, water, grass, ridges."""

from collections.abc import Sequence

import cv2
import numpy as np

from services.engines.preview.scene import Season, Weather
from services.engines.preview.scenes import shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Colour
from services.engines.preview.scenes.light import Rgb, rgb

GREENS: tuple[Rgb, ...] = (
    (0.35, 0.50, 0.20),
    (0.50, 0.62, 0.26),
    (0.22, 0.36, 0.15),
    (0.66, 0.73, 0.36),
    (0.29, 0.44, 0.22),
)
FRESH: tuple[Rgb, ...] = (
    (0.52, 0.68, 0.26),
    (0.66, 0.78, 0.36),
    (0.38, 0.55, 0.22),
    (0.76, 0.84, 0.48),
    (0.45, 0.62, 0.28),
)
RUST: tuple[Rgb, ...] = (
    (0.80, 0.44, 0.12),
    (0.90, 0.64, 0.20),
    (0.58, 0.22, 0.10),
    (0.95, 0.78, 0.36),
    (0.48, 0.32, 0.12),
)
BARE: tuple[Rgb, ...] = (
    (0.90, 0.92, 0.96),
    (0.74, 0.79, 0.86),
    (0.50, 0.52, 0.56),
    (0.97, 0.98, 1.0),
    (0.36, 0.37, 0.40),
)
LEAVES = {
    Season.SPRING: FRESH,
    Season.SUMMER: GREENS,
    Season.AUTUMN: RUST,
    Season.WINTER: BARE,
}


def leaves(canvas: Canvas, colours: Sequence[Rgb] | None = None, shade: float = 0.7) -> list[Array]:
    """Foliage of the season in this light."""
    return [canvas.light.lit(c, shade) for c in colours or LEAVES[canvas.season]]


def sun_at(canvas: Canvas) -> tuple[float, float]:
    """Where the sun stands, 0..1: always off the middle, where the person is."""
    place = 0.5 + canvas.light.side * (0.24 + 0.16 * canvas.rng.random())
    return float(place), canvas.light.sun_height


def sky(canvas: Canvas, horizon: float = 1.0, clouds: float = 0.5) -> Array:
    """The sky down to a horizon of 0..1, with its sun and some clouds; opaque, and hazy below."""
    stops = [rgb(*colour) for colour in canvas.light.sky]
    at = np.linspace(0, horizon, len(stops))
    sheet = shapes.vertical(canvas, [*zip(at, stops, strict=True), (1.0, stops[-1])])
    x, y = sun_at(canvas)
    height = min(y, horizon - 0.04)
    if canvas.light.sun:
        warm = rgb(*canvas.light.sun_colour)
        strength = min(1.0, canvas.light.sun / 20)
        shapes.glow(sheet, canvas, x, height, 0.7, warm * 0.4 * strength)
        shapes.glow(sheet, canvas, x, height, 0.2, warm * 1.5 * strength)
    cover = {Weather.CLOUDY: 0.75, Weather.STORM: 0.9, Weather.CLEAR: 0.0}.get(
        canvas.weather, clouds
    )
    if canvas.light.day < 0.1 and canvas.weather in (Weather.CLEAR, Weather.WIND):
        _moon(sheet, canvas, horizon, x)
    _clouds(sheet, canvas, horizon, cover, (x, height))
    if canvas.light.sun and height > 0:
        radius = 0.028 * canvas.unit
        disc = rgb(*canvas.light.sun_colour) * canvas.light.sun
        shapes.disc(sheet, x * canvas.width, height * canvas.height, radius, disc)
    return sheet


def _clouds(
    sheet: Array, canvas: Canvas, horizon: float, cover: float, sun: tuple[float, float]
) -> None:
    """Banks of cloud, flatter towards the horizon: lit at the sun's side, dark below."""
    depth = np.clip(canvas.rows() / max(0.05, horizon), 0, 1)
    field = canvas.noise(2.4, 6, stretch=2.6)
    field = warped(field, canvas, canvas.noise(5, 3), 0.05)
    shift = (round(canvas.light.side * 0.02 * canvas.width), round(-0.02 * canvas.height))
    lit = field - np.roll(field, (-shift[1], -shift[0]), (0, 1))
    share = np.clip((field + 1.4 * cover - 0.82) * 3.2, 0, 1) * (0.45 + 0.55 * (1 - depth**4))
    share = share * (canvas.rows() < horizon)
    light = canvas.light
    dark = rgb(*light.sky[0]) * 0.55 + rgb(*light.sky[2]) * 0.35
    bright = rgb(*light.sky[-1]) * 1.05 + np.asarray(light.key) * 0.28
    near = np.exp(-((canvas.distance(*sun) / 0.55) ** 2))[..., None] * min(1.0, light.sun)
    tone = np.clip(0.5 + 2.6 * lit + 0.25 * (1 - share), 0, 1)[..., None]
    cloud = dark + (bright - dark) * tone + near * rgb(*light.sun_colour) * 0.4
    sheet[..., :3] += (cloud - sheet[..., :3]) * (share * 0.9)[..., None]


def _moon(sheet: Array, canvas: Canvas, horizon: float, x: float) -> None:
    """The moon high at the light's side, and stars."""
    draw = canvas.rng.random((round(240 * canvas.span), 3), np.float32)
    for a, b, c in draw.tolist():
        left, top = int(a * (canvas.width - 1)), int(b * horizon * 0.9 * (canvas.height - 1))
        shapes.disc(sheet, left, top, 0.6, rgb(0.9, 0.93, 1.0) * (0.05 + 1.2 * c**6))
    pale, y = rgb(0.95, 0.94, 0.86), 0.13
    shapes.glow(sheet, canvas, x, y, 0.34, rgb(0.35, 0.42, 0.6) * 0.5)
    shapes.glow(sheet, canvas, x, y, 0.10, pale * 0.35)
    shapes.disc(sheet, x * canvas.width, y * canvas.height, 0.036 * canvas.unit, pale * 2.4)


def warped(field: Array, canvas: Canvas, by: Array, reach: float) -> Array:
    """A field (or a sheet) pushed about by noise; reach in units."""
    push = (by * reach * canvas.unit).astype(np.float32)
    x = np.arange(canvas.width, dtype=np.float32)[None] + push
    y = np.arange(canvas.height, dtype=np.float32)[:, None] + np.roll(push, canvas.unit // 3, 1)
    moved = cv2.remap(
        np.asarray(field, np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(moved)


def trunks(
    sheet: Array,
    canvas: Canvas,
    count: float,
    colour: Rgb,
    width: tuple[float, float],
    shade: float = 0.5,
) -> None:
    """Stems from top to bottom, each brighter on the side of the light."""
    for _ in range(max(1, round(count * canvas.span))):
        x, wide, lean = canvas.x(-0.02, 1.02), canvas.size(*width), canvas.size(-0.04, 0.04)
        tone = canvas.light.lit(colour, shade * float(canvas.rng.uniform(0.3, 1.0)))
        top, foot = -0.02 * canvas.height, 1.02 * canvas.height
        corners = [(x - wide + lean, top), (x + wide + lean, top)]
        corners += [(x + 1.4 * wide, foot), (x - 1.4 * wide, foot)]
        shapes.polygon(sheet, corners, tone)
        edge = canvas.light.side * wide
        lit = [(x + lean + edge, top), (x + lean + 0.45 * edge, top)]
        lit += [(x + 0.6 * edge, foot), (x + 1.4 * edge, foot)]
        shapes.polygon(sheet, lit, tone * 2.2)


def crown(
    sheet: Array, canvas: Canvas, x: float, y: float, reach: float, colours: Sequence[Colour]
) -> None:
    """One tree's leaves: a ball of dabs, lit from above and from the light's side. Pixels."""
    n = 90
    draw = canvas.rng.random((n, 5), np.float32)
    for a, b, c, d, e in draw.tolist():
        turn, away = a * 6.283, b**0.5
        across, down = np.cos(turn) * away, np.sin(turn) * away
        light = 0.55 + 0.4 * (canvas.light.side * across - down) + 0.35 * (c - 0.5)
        colour = np.asarray(colours[int(d * len(colours))], np.float32) * max(0.18, light)
        size = reach * (0.10 + 0.14 * e)
        shapes.blob(sheet, x + across * reach, y + down * reach * 0.85, size, size * 0.8, 0, colour)


def grass(
    sheet: Array,
    canvas: Canvas,
    count: float,
    colours: Sequence[Colour],
    top: float,
    height: tuple[float, float],
    width: float = 0.004,
) -> None:
    """Blades that rise from `top` and below, taller the nearer they are."""
    draw = canvas.rng.random((round(count * canvas.span), 6), np.float32)
    for a, b, c, d, e, f in draw[np.argsort(draw[:, 1])].tolist():
        x, foot = (a * 1.1 - 0.05) * canvas.width, (top + (1.04 - top) * b) * canvas.height
        tall = canvas.unit * (height[0] + (height[1] - height[0]) * c) * (0.5 + b)
        colour = np.asarray(colours[int(d * len(colours))], np.float32) * (0.5 + 0.8 * e)
        bend = (f - 0.5) * tall * 0.7
        shapes.line(
            sheet,
            [(x, foot), (x + bend * 0.3, foot - tall * 0.6), (x + bend, foot - tall)],
            colour,
            canvas.unit * width * (0.6 + b),
        )


def water(sheet: Array, canvas: Canvas, top: float, colour: Rgb, ripple: float = 0.02) -> None:
    """Below `top` the mirror of what is above, broken by ripples, with the water's own colour."""
    height = canvas.height
    first = int(top * height)
    rows = np.arange(first, height, dtype=np.float32)
    depth = (rows - first) / max(1, height - first)
    waves = canvas.noise(9, 4, stretch=7)[first:]
    shake = waves * (ripple * canvas.unit * (0.15 + depth))[:, None]
    source = 2 * first - rows[:, None] * 1.0 + shake * 2.2
    x = np.arange(canvas.width, dtype=np.float32)[None] + shake
    mirrored = cv2.remap(
        sheet,
        np.broadcast_to(x, source.shape).astype(np.float32),
        np.clip(source, 0, first).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    own = canvas.light.lit(colour, 0.4)
    share = (0.25 + 0.45 * depth)[:, None, None]
    # The sun's own disc is no mirror image: it breaks up into sparks, which `glitter` paints.
    out = np.minimum(mirrored[..., :3], 1.3) * (1 - share) * 0.92 + own * share
    out *= (1 + 0.18 * waves)[..., None]
    sheet[first:, :, :3], sheet[first:, :, 3] = out, 1


def glitter(
    sheet: Array, canvas: Canvas, x: float, top: float, bottom: float, count: float, colour: Colour
) -> None:
    """Sparks on water under a light at x (0..1): a path that widens towards the eye."""
    draw = canvas.rng.random((round(count), 4), np.float32)
    across = canvas.rng.standard_normal(len(draw)).astype(np.float32)
    for (a, b, c, _), n in zip(draw.tolist(), across.tolist(), strict=True):
        depth = a**1.5
        y = (top + (bottom - top) * depth) * canvas.height
        left = x * canvas.width + n * canvas.unit * (0.015 + 0.22 * depth)
        bright = np.asarray(colour, np.float32) * (0.6 + 6 * c**3)
        wide = canvas.unit * (0.002 + 0.010 * b) * (0.4 + depth)
        shapes.blob(sheet, left, y, wide, max(0.5, wide * 0.22), 0, bright)


def far(canvas: Canvas, colour: Rgb, distance: float, shade: float = 0.6) -> Array:
    """A surface's colour with the haze of its distance (0 near, 1 at the horizon)."""
    own, haze = canvas.light.lit(colour, shade), rgb(*canvas.light.haze)
    share = float(np.clip(distance * (0.45 + 0.75 * canvas.light.thick), 0, 0.97))
    return np.asarray(own + (haze * 0.9 - own) * share, np.float32)
