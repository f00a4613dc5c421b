"""What lies over any place: weather, falling leaves, candles, beams, coloured light."""

from dataclasses import replace

import cv2
import numpy as np

from services.engines.preview.scene import Light, Place, Scene, Season, Weather
from services.engines.preview.scenes import shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Painting, lens, over
from services.engines.preview.scenes.light import Rgb, rgb
from services.engines.preview.scenes.registry import Entry

_PETALS: tuple[Rgb, ...] = ((0.98, 0.80, 0.86), (1.0, 0.92, 0.93), (0.95, 0.72, 0.80))
_LEAVES: tuple[Rgb, ...] = ((0.80, 0.42, 0.12), (0.90, 0.64, 0.20), (0.62, 0.22, 0.10))
_GREEN: tuple[Rgb, ...] = ((0.45, 0.58, 0.22), (0.62, 0.66, 0.34), (0.74, 0.68, 0.40))
# Where a flash of lightning is seen whole, and not only its light.
_OPEN = {
    Place.BEACH,
    Place.CASTLE,
    Place.CLOUDS,
    Place.DESERT,
    Place.HARBOUR,
    Place.LAKE,
    Place.MEADOW,
    Place.MOUNTAINS,
    Place.ROOFTOP,
    Place.SKY,
    Place.VINEYARD,
}
_WET = (Weather.RAIN, Weather.STORM)


def aired(canvas: Canvas, painting: Painting, scene: Scene, entry: Entry) -> Painting:
    """The painting with its light's own lamps, its weather, its season and its colours."""
    back, front = painting.back, painting.front
    if front is None:
        front = canvas.sheet()
    back = _lamps(back, front, canvas, scene)
    if canvas.accents and not entry.accents:
        back, painting = _tinted(back, canvas), replace(painting, cast=_cast(canvas, painting.cast))
    if not entry.indoors:
        back = _weather(back, canvas, scene)
        front = over(front, lens(_flying(canvas), 0.008 * canvas.unit))
    return replace(painting, back=np.maximum(back, 0), front=front)


def falling(canvas: Canvas, count: float, size: tuple[float, float], bright: float) -> Array:
    """Snowflakes, or streaks of rain, on a clear sheet; size in units."""
    sheet = canvas.sheet()
    light = np.asarray(canvas.light.fill) * 1.5 + np.asarray(canvas.light.key) * 0.5
    tone = np.clip(light + 0.05, 0, 1) * bright
    if canvas.weather is Weather.SNOW:
        shapes.scatter(sheet, canvas, count, [tone], size, aspect=(0.75, 1), gain=(0.6, 1.2))
        return sheet
    lean = canvas.light.side * (0.35 if canvas.weather is Weather.STORM else 0.12)
    for _ in range(round(count * canvas.span * canvas.height / canvas.unit)):
        x, y, long = canvas.x(-0.1, 1.1), canvas.y(-0.05), canvas.size(*size) * 9
        colour = tone * canvas.rng.uniform(0.3, 0.8)
        at = [(x, y), (x - lean * long, y + long)]
        cv2.polylines(sheet, [shapes.points(at)], False, shapes.ink(colour, 0.5), 1, cv2.LINE_8, 4)
    return sheet


def _weather(back: Array, canvas: Canvas, scene: Scene) -> Array:
    """Fog that is thickest far away, and what falls behind the person."""
    if canvas.weather is Weather.FOG:
        banks = 0.72 + 0.28 * canvas.noise(2.0, 4, stretch=3)
        low = np.clip(1.1 - np.abs(canvas.rows() - 0.55) * 1.1, 0.35, 1)
        share = np.clip(0.78 * banks * low, 0, 0.92)[..., None]
        back = back + (rgb(*canvas.light.haze) * 0.92 - back) * share
    if canvas.weather is Weather.STORM:
        _lightning(back, canvas, bolt=scene.place in _OPEN)
    if canvas.season is Season.WINTER and canvas.weather is Weather.CLEAR:
        light_snow = replace(canvas, weather=Weather.SNOW)
        flakes = lens(falling(light_snow, 200, (0.002, 0.005), 0.95), 0.004 * canvas.unit)
        back = flakes[..., :3] + back * (1 - flakes[..., 3:])
    if canvas.weather in _WET or canvas.weather is Weather.SNOW:
        for count, size, blur in ((420, (0.0018, 0.004), 0.003), (130, (0.004, 0.008), 0.008)):
            flakes = lens(falling(canvas, count, size, 0.95), blur * canvas.unit)
            back = flakes[..., :3] + back * (1 - flakes[..., 3:])
    return back


def _lightning(back: Array, canvas: Canvas, *, bolt: bool) -> None:
    """One flash at the far side of the sky, with its glow."""
    x = 0.5 - canvas.light.side * float(canvas.rng.uniform(0.3, 0.42))
    at, y, width = x * canvas.width, -2.0, 0.0035
    flash, corners = canvas.sheet(), [(x * canvas.width, -2.0)]
    while y < 0.38 * canvas.height:
        y, at = y + canvas.size(0.008, 0.03), at + canvas.size(-0.022, 0.022)
        corners.append((at, y))
        if canvas.rng.random() < 0.22:
            way = 1 if canvas.rng.random() < 0.5 else -1
            reach = [(at, y)]
            for _ in range(5):
                last = reach[-1]
                reach.append(
                    (last[0] + way * canvas.size(0.002, 0.02), last[1] + canvas.size(0.006, 0.02))
                )
            shapes.line(flash, reach, (1.6, 1.6, 2.2), 1)
    shapes.line(flash, corners, (7.0, 7.0, 9.0), width * canvas.unit)
    glow = np.exp(-((canvas.distance(x, 0.12) / 0.38) ** 2))[..., None]
    back += glow * rgb(0.6, 0.65, 0.9) * 0.4
    if bolt:
        back += lens(flash, 0.0028 * canvas.unit)[..., :3]


def _flying(canvas: Canvas) -> Array:
    """What the wind or the season carries past the lens; few over the face, for they are small."""
    sheet = canvas.sheet()
    if canvas.weather in (*_WET, Weather.SNOW):
        near = falling(canvas, 46, (0.005, 0.010), 0.8)
        return over(near, lens(falling(canvas, 9, (0.014, 0.022), 0.6), 0.02 * canvas.unit))
    season = {Season.AUTUMN: _LEAVES, Season.SPRING: _PETALS}.get(canvas.season)
    if canvas.season is Season.WINTER:
        flakes = replace(canvas, weather=Weather.SNOW)
        return falling(flakes, 60, (0.004, 0.010), 0.85)
    if season is None and canvas.weather is not Weather.WIND:
        return sheet
    colours = [canvas.light.lit(c, 0.9) for c in season or _GREEN]
    count = 70 if canvas.weather is Weather.WIND else 34
    for low, high in ((-0.05, 0.3), (0.7, 1.05)):
        shapes.scatter(
            sheet, canvas, count / 2, colours, (0.010, 0.022), x=(low, high), aspect=(0.35, 0.6)
        )
    if canvas.weather is Weather.WIND:
        return np.asarray(cv2.blur(sheet, (max(1, canvas.unit // 28), 1)))
    return sheet


def _lamps(back: Array, front: Array, canvas: Canvas, scene: Scene) -> Array:
    """The lamps that a light stands for, where the place has none of that kind."""
    if canvas.light.flames:
        return _candles(back, front, canvas)
    if scene.light is Light.STAGE and scene.place is not Place.STAGE:
        return _spot(back, canvas)
    if canvas.light.gels and scene.place is not Place.NEON_ALLEY:
        return _gelled(back, canvas, *(rgb(*gel) for gel in canvas.light.gels))
    if scene.light is Light.RIM:
        glow = np.exp(-((canvas.distance(0.5, 0.36) / 0.42) ** 2))[..., None]
        warm = np.asarray(canvas.light.key) + 0.05
        return np.asarray(back * (1 + 0.5 * glow) + glow * warm * 0.55)
    if scene.light is Light.WINDOW and scene.place in (Place.STUDIO, Place.WALL):
        return _panes(back, canvas)
    return back


def _candles(back: Array, front: Array, canvas: Canvas) -> Array:
    """Flames at both sides, some behind the person and a few before; all around them is warm."""
    warm = rgb(1.0, 0.62, 0.26)
    flames = canvas.sheet()
    for _ in range(round(26 * canvas.span)):
        side = 1 if canvas.rng.random() < 0.5 else -1
        x = 0.5 + side * float(canvas.rng.uniform(0.18, 0.5))
        y = float(canvas.rng.uniform(0.52, 0.86))
        tall = canvas.size(0.006, 0.012)
        at = x * canvas.width, y * canvas.height
        shapes.blob(flames, *at, tall * 0.45, tall, 0, warm * canvas.rng.uniform(8, 26))
        pool = np.exp(-((canvas.distance(x, y) / 0.13) ** 2))[..., None]
        back = back + pool * warm * 0.075
    spread = lens(flames, 0.02 * canvas.unit)
    back = spread[..., :3] + back * (1 - spread[..., 3:])
    for side in (-1, 1):
        near = canvas.sheet()
        x, y = (
            0.5 + side * float(canvas.rng.uniform(0.42, 0.48)),
            float(canvas.rng.uniform(0.9, 0.97)),
        )
        tall = 0.016 * canvas.unit
        shapes.blob(near, x * canvas.width, y * canvas.height, tall * 0.5, tall, 0, warm * 14)
        near = lens(near, 0.034 * canvas.unit)
        front[...] = over(front, near)
    return np.asarray(back)


def _spot(back: Array, canvas: Canvas) -> Array:
    """Two beams from above into the haze behind the person."""
    mist = 0.8 + 0.4 * canvas.noise(2, 4)
    warm = rgb(1.0, 0.94, 0.82)
    for x, aim in ((0.5 + 0.32 * canvas.light.side, 0.5), (0.5 - 0.42 * canvas.light.side, 0.42)):
        down = np.clip(canvas.rows() + 0.04, 0, 1)
        middle = x + (aim - x) * down
        across = np.abs(canvas.columns() - middle) / ((0.02 + 0.16 * down) / canvas.span)
        share = np.exp(-(across**2) * 1.5) * np.exp(-down * 1.3) * mist
        back = back + share[..., None] * warm * 0.55
    return np.asarray(back)


def _gelled(back: Array, canvas: Canvas, left: Array, right: Array) -> Array:
    """Light of one colour from the left and of another from the right."""
    share = np.clip((canvas.columns() - 0.5) * 1.5 + 0.5, 0, 1)[..., None]
    gel = left * (1 - share) + right * share
    edge = np.abs(canvas.columns() - 0.5)[..., None] * 2
    grey = back.mean(-1, keepdims=True)
    lit = grey * gel * 4.5 + back * 0.35
    return np.asarray(
        lit + gel * (0.012 + 0.10 * edge**2) * (0.5 + 0.5 * canvas.noise(2, 3))[..., None]
    )


def _panes(back: Array, canvas: Canvas) -> Array:
    """The window's own shape, thrown on what is behind."""
    side = canvas.light.side
    across = (canvas.columns() - 0.5) * canvas.span * side + 0.30 * (canvas.rows() - 0.4)
    down = canvas.rows() - 0.06 + 0.22 * (canvas.columns() - 0.5) * side
    inside = (np.abs(across + 0.10) < 0.36) & (down > 0) & (down < 0.62)
    bars = (np.abs(((across + 0.46) / 0.24) % 1 - 0.5) > 0.45) | (
        np.abs((down / 0.21) % 1 - 0.5) > 0.45
    )
    mask = lens((inside & ~bars).astype(np.float32)[..., None].repeat(4, 2), 0.012 * canvas.unit)
    return np.asarray(back * (0.78 + 0.75 * mask[..., :3]))


def _tinted(back: Array, canvas: Canvas) -> Array:
    """Coloured light over a place that paints with its own colours."""
    left = rgb(*canvas.accents[0])
    right = rgb(*canvas.accents[-1])
    share = np.clip((canvas.columns() - 0.5) * 1.8 + 0.5, 0, 1)[..., None]
    gel = left * (1 - share) + right * share
    hue = gel / max(0.05, float(gel.mean()))
    grey = back.mean(-1, keepdims=True)
    edge = np.clip(np.abs(canvas.columns() - 0.5) * 2 - 0.1, 0, 1)[..., None]
    toned = back * 0.5 + grey * hue * 0.5
    return np.asarray(toned + gel * edge * 0.22 * (0.3 + grey))


def _cast(canvas: Canvas, cast: Rgb) -> Rgb:
    """The same on the person, faintly."""
    tone = np.mean([rgb(*colour) for colour in canvas.accents], 0)
    hue = tone / max(0.05, float(tone.mean()))
    mixed = np.asarray(cast) * (0.86 + 0.14 * hue)
    return float(mixed[0]), float(mixed[1]), float(mixed[2])
