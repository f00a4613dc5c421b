"""High up: sky, clouds, northern lights, space."""

import cv2
import numpy as np

from services.engines.preview.scene import Light, Place, Weather
from services.engines.preview.scenes import outdoors, shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Painting, shot, soft
from services.engines.preview.scenes.land import massif, peaks
from services.engines.preview.scenes.light import Rgb, rgb
from services.engines.preview.scenes.registry import place


def cumulus(
    sheet: Array, canvas: Canvas, at: tuple[float, float], reach: float, flat: float = 0.45
) -> None:
    """A heap of cloud at 0..1: round heads, lit from the sun's side and above, a flat dark base."""
    light = canvas.light
    bright = rgb(*light.sky[-1]) * 0.6 + np.asarray(light.key) * 0.5
    dark = rgb(*light.sky[0]) * 0.45 + rgb(*light.sky[2]) * 0.45
    draw = canvas.rng.random((70, 4), np.float32)
    for a, b, c, d in draw[np.argsort(-draw[:, 1])].tolist():
        across, up = (a - 0.5) * 2, b * (1 - (2 * a - 1) ** 2)
        x = (at[0] * canvas.width) + across * reach * canvas.unit
        y = (at[1] - up * reach * flat * canvas.unit / canvas.height) * canvas.height
        size = reach * canvas.unit * (0.10 + 0.13 * c) * (1 - 0.5 * abs(across))
        lit = 0.30 + 0.55 * up + 0.28 * across * light.side + 0.25 * (d - 0.5)
        for ring in (1.0, 0.8, 0.6, 0.4):
            edge = (x + light.side * size * 0.4 * (1 - ring), y - size * 0.5 * (1 - ring))
            tone = np.clip(lit + 0.30 * (1 - ring), 0.05, 1)
            shapes.disc(sheet, *edge, size * ring, dark + (bright - dark) * tone)


def billowed(sheet: Array, canvas: Canvas) -> Array:
    """Clouds with the ragged edges that they have."""
    rough = outdoors.warped(sheet, canvas, canvas.noise(8, 3), 0.045)
    return outdoors.warped(rough, canvas, canvas.noise(22, 3), 0.014)


@place(Place.SKY, accents=False)
def sky(canvas: Canvas) -> Painting:
    """Nothing but air and a few clouds."""
    back = outdoors.sky(canvas, 1.0, 0.42)
    low, high = canvas.sheet(), canvas.sheet()
    for _ in range(round(3 * canvas.span)):
        cumulus(
            low,
            canvas,
            (canvas.rng.random(), canvas.rng.uniform(0.55, 0.8)),
            canvas.rng.uniform(0.2, 0.34),
        )
    for side in (-1, 1):
        x = 0.5 + side * float(canvas.rng.uniform(0.3, 0.46))
        cumulus(high, canvas, (x, canvas.rng.uniform(0.22, 0.45)), canvas.rng.uniform(0.14, 0.24))
    near = canvas.sheet()
    for side in (-1, 1):
        cumulus(near, canvas, (0.5 + side * 0.45, 1.0), 0.36)
    high, low, near = (billowed(sheet, canvas) for sheet in (high, low, near))
    return shot(canvas, [(back, 0.01), (high, 0.016), (low, 0.022), (near, 0.035)])


@place(Place.CLOUDS, Light.DAWN, accents=False)
def clouds(canvas: Canvas) -> Painting:
    """Above a sea of cloud, with peaks that rise out of it."""
    light = canvas.light
    back = outdoors.sky(canvas, 0.56, 0.25)
    rock = outdoors.far(canvas, (0.36, 0.38, 0.46), 0.6)
    white = outdoors.far(canvas, (0.9, 0.9, 0.95), 0.5, 0.8)
    massif(back, canvas, peaks(canvas, 0.58, 0.16, 1.1), rock, white, 0.05)
    sheets = [(back, 0.012)]
    for k in range(4):
        bank = canvas.sheet()
        level = 0.56 + 0.10 * k
        for _ in range(round((7 - k) * canvas.span)):
            at = (canvas.rng.uniform(-0.1, 1.1), level + canvas.rng.uniform(-0.02, 0.03))
            cumulus(bank, canvas, at, canvas.rng.uniform(0.14, 0.22) * (1 + 0.35 * k), 0.32)
        floor = rgb(*light.sky[-1]) * (0.78 - 0.10 * k)
        shapes.ridge(bank, canvas, shapes.skyline(canvas, level + 0.02, 0.015, 4), floor)
        sheets.append((billowed(bank, canvas), 0.012 + 0.006 * k))
    return shot(canvas, sheets)


def stars(sheet: Array, canvas: Canvas, count: float, low: float = 1.0) -> None:
    """Points of many brightnesses: most of them faint, a few with a glow, some coloured."""
    draw = canvas.rng.random((round(count * canvas.span), 4), np.float32)
    for a, b, c, d in draw.tolist():
        tone = rgb(1, 0.85 + 0.15 * d, 0.7 + 0.3 * d) if d > 0.3 else rgb(0.8, 0.88, 1)
        x, y = int(a * (canvas.width - 2)), int(b * low * (canvas.height - 2))
        bright = 0.04 + 0.9 * c**8
        sheet[y, x, :3] += tone * bright
        if c > 0.97:
            shapes.disc(sheet, x, y, 0.0016 * canvas.unit, tone * 2.2)
            shapes.glow(sheet, canvas, a, b * low, 0.012, tone * 0.35)


@place(Place.SPACE, Light.NIGHT)
def space(canvas: Canvas) -> Painting:
    """Nebulae, stars, the lit edge of a planet."""
    usual: list[Rgb] = [(0.55, 0.22, 0.62), (0.16, 0.42, 0.72), (0.75, 0.3, 0.35), (0.12, 0.5, 0.5)]
    back = canvas.sheet(rgb(0.03, 0.035, 0.075))
    for k in range(3):
        field = canvas.noise(1.4 + 0.5 * k, 6)
        threads = 1 - np.abs(canvas.noise(2.6, 5)) * 1.8
        gas = np.clip(field + 0.08, 0, 1) ** 1.4 * np.clip(threads, 0.1, 1)
        back[..., :3] += gas[..., None] * rgb(*canvas.accent(usual)) * 2.4
    dust = np.clip(canvas.noise(2.2, 6) - 0.12, 0, 1) * 2.2
    shapes.shaded(back, 1 - 0.8 * np.clip(dust, 0, 1))
    stars(back, canvas, 1400)
    _planet(back, canvas)
    cast = rgb(*canvas.accent(usual))
    return Painting(shot(canvas, [(back, 0.0018)]).back, cast=tuple(0.8 + 0.35 * cast / cast.max()))


def _planet(sheet: Array, canvas: Canvas) -> None:
    """A globe at one side of the head, half in the light, with its air around it."""
    side = -canvas.light.side
    x, y = 0.5 + side * float(canvas.rng.uniform(0.32, 0.44)), float(canvas.rng.uniform(0.16, 0.3))
    size = float(canvas.rng.uniform(0.12, 0.19))
    hue: Rgb = tuple(canvas.rng.uniform(0.45, 0.9, 3))
    across = (canvas.columns() - x) * canvas.width / canvas.unit / size
    down = (canvas.rows() - y) * canvas.height / canvas.unit / size
    away = np.hypot(across, down)
    depth = np.sqrt(np.clip(1 - away**2, 0, 1))
    lit = np.clip(0.72 * canvas.light.side * across - 0.35 * down + 0.5 * depth, 0, 1) ** 0.8
    bands = canvas.noise(7, 4, stretch=5)
    tone = rgb(*hue) * (1.0 + 0.35 * bands)[..., None] * lit[..., None] * 1.1 + 0.002
    inside = np.clip((1 - away) * size * canvas.unit, 0, 1)[..., None]
    sheet[..., :3] += (tone - sheet[..., :3]) * inside
    air = np.exp(-((np.clip(away - 1, 0, None) / 0.12) ** 2)) * (away > 0.98)
    towards = np.clip(0.25 + canvas.light.side * across * 0.7, 0, 1)
    sheet[..., :3] += (air * towards)[..., None] * rgb(0.5, 0.75, 1.0) * 0.8


@place(Place.AURORA, Light.NIGHT)
def aurora(canvas: Canvas) -> Painting:
    """Curtains of green over snow and black firs."""
    calm = canvas.weather not in (Weather.CLOUDY, Weather.FOG)
    back = shapes.vertical(
        canvas, [(0, rgb(0.04, 0.06, 0.17)), (0.5, rgb(0.07, 0.15, 0.25)), (1, rgb(0.1, 0.2, 0.26))]
    )
    stars(back, canvas, 420, 0.6)
    usual: list[Rgb] = [(0.25, 0.95, 0.55), (0.20, 0.85, 0.75)]
    for k in range(4):
        colour = rgb(*canvas.accent(usual)) * np.float32((1.5 if calm else 0.7) * (1 - 0.15 * k))
        _curtain(back, canvas, 0.20 + 0.09 * k, colour)
    snow = rgb(0.42, 0.55, 0.62) * 0.5
    massif(back, canvas, peaks(canvas, 0.56, 0.12, 1.5), rgb(0.12, 0.16, 0.22), snow, 0.1)
    field = shapes.skyline(canvas, 0.62, 0.02, 2)
    shapes.ridge(back, canvas, field, rgb(0.36, 0.50, 0.54) * 0.6)
    shine = canvas.noise(3, 4, stretch=4) * shapes.mask_below(canvas, field)
    shapes.shaded(back, 1 + 0.4 * shine)
    firs = canvas.sheet()
    for _ in range(round(13 * canvas.span)):
        _fir(firs, canvas, canvas.x(), canvas.y(0.62, 0.72), canvas.size(0.12, 0.3))
    return Painting(shot(canvas, [(back, 0.008), (firs, 0.013)]).back, cast=(0.86, 1.06, 0.98))


def _curtain(sheet: Array, canvas: Canvas, level: float, colour: Array) -> None:
    """A fold of light: sharp below, fading upwards, with threads."""
    fold = shapes.skyline(canvas, level + 0.14, 0.10, 1.2, 3)[None]
    rise = (fold - canvas.rows()) / 0.30
    body = np.clip(rise * 12, 0, 1) * np.exp(-np.clip(rise, 0, None) * 2.4)
    grain = canvas.rng.standard_normal((1, max(4, round(46 * canvas.span))), np.float32)
    threads = cv2.resize(grain, (canvas.width, 1), interpolation=cv2.INTER_CUBIC)
    strength = np.clip(0.55 + 0.32 * threads, 0.05, 1.4) * np.clip(
        0.6 + 0.5 * canvas.noise(1.2, 2), 0, 1
    )
    shape = soft((body * strength).astype(np.float32), 1.2)
    violet = rgb(0.55, 0.25, 0.75) * float(colour.max())
    high = np.clip(rise * 0.55 - 0.2, 0, 1)[..., None]
    sheet[..., :3] += shape[..., None] * (colour * (1 - high) + violet * high)


def _fir(sheet: Array, canvas: Canvas, x: float, foot: float, tall: float) -> None:
    """A fir as a silhouette with some snow."""
    dark, white = rgb(0.07, 0.11, 0.14), rgb(0.36, 0.48, 0.54) * 0.55
    for k in range(7):
        top, wide = foot - tall * (1 - k / 8.5), tall * (0.035 + 0.035 * k)
        drop = tall * 0.22
        shapes.polygon(sheet, [(x - wide, top + drop), (x, top), (x + wide, top + drop)], dark)
        side = -canvas.light.side * wide
        lit = [(x, top), (x + side, top + drop), (x + side * 0.55, top + drop * 0.8)]
        shapes.polygon(sheet, lit, white)
