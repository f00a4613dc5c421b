"""By the water, and under it."""

import numpy as np

from services.engines.preview.scene import Light, Place, Season
from services.engines.preview.scenes import outdoors, shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Painting, shot, soft
from services.engines.preview.scenes.land import massif, peaks
from services.engines.preview.scenes.light import Rgb, rgb
from services.engines.preview.scenes.registry import place


def _sparkle(sheet: Array, canvas: Canvas, top: float, bottom: float, count: float) -> None:
    """What the sun, or else the brightest of the sky, throws on the water."""
    x, _ = outdoors.sun_at(canvas)
    bright = rgb(*canvas.light.sun_colour) if canvas.light.sun else rgb(*canvas.light.sky[-1])
    outdoors.glitter(sheet, canvas, x, top, bottom, count * canvas.span, bright)


@place(Place.BEACH, Light.GOLDEN_HOUR, accents=False)
def beach(canvas: Canvas) -> Painting:
    """The sea with a low sun, breakers, wet sand."""
    light = canvas.light
    horizon = 0.50
    back = outdoors.sky(canvas, horizon, 0.4)
    outdoors.water(back, canvas, horizon, (0.16, 0.38, 0.46), 0.012)
    _sparkle(back, canvas, horizon + 0.003, 0.72, 420)
    foam = light.lit((0.96, 0.97, 0.97), 0.9)
    for k in range(4):
        y = 0.585 + 0.042 * k
        heights = shapes.skyline(canvas, y, 0.006 + 0.002 * k, 3, 3)
        crest = shapes.mask_below(canvas, heights) * (
            1 - shapes.mask_below(canvas, heights + 0.005 + 0.003 * k)
        )
        ragged = np.clip(0.5 + canvas.noise(8, 3, stretch=5), 0, 1)
        back[..., :3] += (foam - back[..., :3]) * (crest * ragged)[..., None]
    shore = shapes.skyline(canvas, 0.745, 0.02, 1.3, 3)
    sand = light.lit((0.80, 0.70, 0.55), 0.8)
    wet = 0.45 * sand + 0.55 * rgb(*light.sky[-1]) * 0.7
    for down, colour in ((0.0, foam), (0.012, wet), (0.10, sand)):
        edge = shapes.mask_below(canvas, shore + down, 0.008 + down * 0.4)[..., None]
        back[..., :3] += (colour - back[..., :3]) * edge
    grain = canvas.noise(40, 2) * shapes.mask_below(canvas, shore)
    shapes.shaded(back, 1 + 0.07 * grain)
    front = canvas.sheet()
    reeds = [light.lit(c, 0.8) for c in ((0.62, 0.6, 0.36), (0.76, 0.68, 0.44))]
    _tuft(front, canvas, reeds)
    return shot(canvas, [(back, 0.018)], [(front, 0.022)])


def _tuft(sheet: Array, canvas: Canvas, colours: list[Array]) -> None:
    """Dune grass in one lower corner, close to the lens."""
    x = 0.5 - canvas.light.side * 0.46
    for _ in range(46):
        foot = (x + float(canvas.rng.normal(0, 0.05))) * canvas.width
        tall = canvas.size(0.12, 0.34)
        bend = canvas.size(-0.12, 0.12)
        y = 1.02 * canvas.height
        colour = np.asarray(canvas.pick(colours)) * canvas.rng.uniform(0.5, 1.2)
        curve = [(foot, y), (foot + bend * 0.3, y - tall * 0.6), (foot + bend, y - tall)]
        shapes.line(sheet, curve, colour, canvas.size(0.004, 0.008))


@place(Place.LAKE, accents=False)
def lake(canvas: Canvas) -> Painting:
    """Still water between mountains and woods."""
    back = outdoors.sky(canvas, 0.5)
    white = outdoors.far(canvas, (0.95, 0.96, 0.98), 0.5, 0.9)
    deep = 0.4 if canvas.season is Season.WINTER else 0.08
    rock = outdoors.far(canvas, (0.40, 0.44, 0.50), 0.65)
    massif(back, canvas, peaks(canvas, 0.46, 0.24, 1.3), rock, white, deep)
    wood: Rgb = (0.55, 0.40, 0.16) if canvas.season is Season.AUTUMN else (0.18, 0.30, 0.19)
    shapes.ridge(
        back, canvas, shapes.skyline(canvas, 0.46, 0.05, 1.6), outdoors.far(canvas, wood, 0.5)
    )
    bank = shapes.skyline(canvas, 0.51, 0.025, 2.5, 6)
    for x in np.linspace(0, canvas.width, round(70 * canvas.span)):
        at = float(bank[int(np.clip(x, 0, canvas.width - 1))]) * canvas.height
        tall = canvas.size(0.02, 0.06)
        tone = outdoors.far(canvas, wood, 0.3) * canvas.rng.uniform(0.6, 1.2)
        shapes.polygon(
            back, [(x - tall * 0.25, at + 8), (x, at - tall), (x + tall * 0.25, at + 8)], tone
        )
    outdoors.water(back, canvas, 0.54, (0.10, 0.24, 0.30), 0.010)
    _sparkle(back, canvas, 0.55, 1.0, 160)
    front = canvas.sheet()
    _tuft(front, canvas, [canvas.light.lit(c, 0.8) for c in ((0.4, 0.45, 0.2), (0.6, 0.55, 0.3))])
    return shot(canvas, [(back, 0.013)], [(front, 0.022)])


@place(Place.HARBOUR)
def harbour(canvas: Canvas) -> Painting:
    """Boats before a row of painted houses."""
    light = canvas.light
    back = outdoors.sky(canvas, 0.5)
    usual: list[Rgb] = [
        (0.85, 0.45, 0.35),
        (0.92, 0.78, 0.5),
        (0.55, 0.66, 0.72),
        (0.88, 0.86, 0.8),
        (0.72, 0.35, 0.3),
    ]
    x = -0.02 * canvas.width
    while x < canvas.width:
        wide, top = canvas.size(0.09, 0.17), canvas.y(0.22, 0.36)
        _house(back, canvas, (x, top, x + wide, 0.56 * canvas.height), canvas.accent(usual))
        x += wide
    quay = light.lit((0.5, 0.48, 0.45), 0.6)
    shapes.box(back, 0, 0.545 * canvas.height, canvas.width, 0.57 * canvas.height, quay)
    for _ in range(round(16 * canvas.span)):
        shapes.lamp(back, canvas, canvas.x(), canvas.y(0.46, 0.54), 0.006, (1.0, 0.78, 0.45), 10)
    outdoors.water(back, canvas, 0.57, (0.10, 0.22, 0.28), 0.02)
    boats = canvas.sheet()
    hulls: list[Rgb] = [(0.92, 0.92, 0.9), (0.16, 0.25, 0.42), (0.75, 0.2, 0.18)]
    for side in (-1, 1, -1, 1):
        _boat(
            boats, canvas, 0.5 + side * float(canvas.rng.uniform(0.24, 0.5)), canvas.accent(hulls)
        )
    return shot(canvas, [(back, 0.027), (boats, 0.02)])


def _house(sheet: Array, canvas: Canvas, at: tuple[float, float, float, float], paint: Rgb) -> None:
    left, top, right, bottom = at
    light, wide = canvas.light, right - left
    shapes.box(sheet, left, top, right, bottom, light.lit(paint, 0.85))
    roof = light.lit((0.50, 0.28, 0.22), 0.7)
    shapes.polygon(sheet, [(left, top), ((left + right) / 2, top - 0.4 * wide), (right, top)], roof)
    glow = rgb(1.0, 0.72, 0.36) * np.float32(3 * max(0.0, light.lamps - 0.4))
    pane = light.lit((0.22, 0.27, 0.33), 0.5)
    for y in np.arange(top + 0.14 * wide, bottom - 0.2 * wide, 0.36 * wide):
        for k in range(3):
            x = left + wide * (0.16 + 0.27 * k)
            on = float(canvas.rng.random()) < 0.55
            shapes.box(sheet, x, y, x + 0.15 * wide, y + 0.22 * wide, pane + glow * on)


def _boat(sheet: Array, canvas: Canvas, x: float, hull: Rgb) -> None:
    """A sailing boat at its mooring, and its mast in the water."""
    light, unit = canvas.light, canvas.unit
    left, y, wide = x * canvas.width, canvas.y(0.62, 0.74), canvas.size(0.12, 0.19)
    tall = canvas.size(0.42, 0.6)
    mast = light.lit((0.86, 0.84, 0.8), 0.9)
    shapes.line(sheet, [(left, y), (left, y - tall)], mast, 0.008 * unit)
    for reach in (-1.1, 1.2):
        shapes.line(
            sheet, [(left, y - tall), (left + reach * wide, y - 0.02 * unit)], mast * 0.6, 1
        )
    furled = light.lit((0.9, 0.88, 0.84), 0.8)
    shapes.line(
        sheet, [(left, y - 0.06 * unit), (left + wide * 0.8, y - 0.055 * unit)], furled, 0.02 * unit
    )
    body = [(left - wide, y - 0.015 * unit), (left + 1.1 * wide, y - 0.03 * unit)]
    body += [(left + 0.8 * wide, y + 0.05 * unit), (left - 0.75 * wide, y + 0.05 * unit)]
    shapes.polygon(sheet, body, light.lit(hull, 0.9))
    under = [(left - 0.75 * wide, y + 0.05 * unit), (left + 0.8 * wide, y + 0.05 * unit)]
    under += [(left + 0.6 * wide, y + 0.1 * unit), (left - 0.6 * wide, y + 0.1 * unit)]
    shapes.polygon(sheet, under, light.lit(hull, 0.3) * 0.5)


@place(Place.WATERFALL, accents=False)
def waterfall(canvas: Canvas) -> Painting:
    """White water down a gorge of ferns."""
    light = canvas.light
    haze = rgb(*light.haze)
    back = outdoors.sky(canvas, 0.3, 0.2)
    rock = canvas.noise(6, 5, stretch=0.5)
    stone = light.lit((0.30, 0.32, 0.30), 0.6) * (0.75 + 0.7 * rock)[..., None]
    edge = shapes.skyline(canvas, 0.10, 0.06, 2.0)
    below = shapes.mask_below(canvas, edge)[..., None]
    back[..., :3] += (np.maximum(stone, 0) - back[..., :3]) * below
    for side in (-1, 1):
        x = 0.5 + side * float(canvas.rng.uniform(0.20, 0.3))
        wide = float(canvas.rng.uniform(0.05, 0.09)) / canvas.span
        _fall(back, canvas, x, wide, (haze * 1.1, light.lit((0.96, 0.98, 1.0), 1.0)), edge)
    mist = np.exp(-(((canvas.rows() - 0.80) / 0.17) ** 2)) * (0.75 + 0.35 * canvas.noise(3, 3))
    back[..., :3] += (haze * 0.95 - back[..., :3]) * np.clip(mist, 0, 0.85)[..., None]
    greens = outdoors.leaves(
        canvas, outdoors.GREENS if canvas.season is not Season.AUTUMN else None
    )
    mid = canvas.sheet()
    for side in (-1, 1):
        for band in ((0.0, 0.16), (0.42, 0.75)):
            x = 0.5 + side * 0.5
            shapes.scatter(
                mid,
                canvas,
                60,
                greens,
                (0.014, 0.04),
                x=(x - 0.13, x + 0.13),
                y=band,
                gain=(0.3, 1.1),
                aspect=(0.25, 0.6),
            )
    front = canvas.sheet()
    for side in (-1, 1):
        x = 0.5 + side * 0.46
        shapes.scatter(
            front,
            canvas,
            16,
            greens,
            (0.04, 0.09),
            x=(x - 0.1, x + 0.1),
            y=(0.86, 1.04),
            gain=(0.4, 1.0),
            aspect=(0.2, 0.4),
        )
    shapes.scatter(front, canvas, 26, [haze * 0.8], (0.002, 0.005), gain=(0.5, 1.2))
    return shot(canvas, [(back, 0.014), (mid, 0.02)], [(front, 0.028)])


def _fall(
    sheet: Array, canvas: Canvas, x: float, wide: float, colours: tuple[Array, Array], edge: Array
) -> None:
    """Falling water: threads of white that spread towards the foot."""
    threads = canvas.noise(60, 3, stretch=0.04)
    spread = wide * (0.6 + 0.9 * canvas.rows())
    across = np.abs(canvas.columns() - x) / spread
    share = np.clip(1.25 - across, 0, 1) * np.clip(0.72 + 0.9 * threads, 0, 1)
    share = share * shapes.mask_below(canvas, edge - 0.01)
    tone = colours[0] + (colours[1] - colours[0]) * np.clip(0.5 + threads, 0, 1)[..., None]
    sheet[..., :3] += (tone - sheet[..., :3]) * share[..., None]


@place(Place.UNDERWATER, accents=False)
def underwater(canvas: Canvas) -> Painting:
    """Light from above in deep water; fish, bubbles, weed."""
    strength = np.float32(0.25 + 0.75 * canvas.light.day)
    top, middle, deep = (
        rgb(*c) * strength for c in ((0.50, 0.90, 0.92), (0.10, 0.52, 0.66), (0.02, 0.16, 0.30))
    )
    back = shapes.vertical(canvas, [(0, top * 1.3), (0.35, middle), (1.0, deep)])
    shapes.glow(back, canvas, 0.5 + 0.2 * canvas.light.side, -0.05, 0.5, top * 2.5)
    caustics = np.abs(canvas.noise(7, 3, stretch=2.2))
    bright = np.clip(0.10 - caustics, 0, 1) * 10 * np.clip(0.35 - canvas.rows(), 0, 1) * 2
    back[..., :3] += soft(bright.astype(np.float32), 1)[..., None] * top * 2
    _rays(back, canvas, top)
    fish = canvas.sheet()
    for _ in range(round(16 * canvas.span)):
        _fish(fish, canvas, middle * canvas.rng.uniform(0.25, 0.6))
    weed = canvas.sheet()
    tones = [deep * 0.6 + rgb(*c) * 0.10 * strength for c in ((0.3, 0.6, 0.3), (0.5, 0.5, 0.2))]
    outdoors.grass(weed, canvas, 44, tones, 0.94, (0.14, 0.4), 0.014)
    front = canvas.sheet()
    bubbles = [top * 1.2, middle * 2]
    for size, count in (((0.003, 0.008), 40), ((0.012, 0.022), 7)):
        shapes.scatter(
            front, canvas, count, bubbles, size, x=(0, 0.24), aspect=(1, 1), gain=(0.5, 1.2)
        )
        shapes.scatter(
            front, canvas, count, bubbles, size, x=(0.76, 1.0), aspect=(1, 1), gain=(0.5, 1.2)
        )
    return shot(canvas, [(back, 0.012), (fish, 0.011), (weed, 0.018)], [(front, 0.012)])


def _rays(sheet: Array, canvas: Canvas, colour: Array) -> None:
    """Shafts that fan out from a point above the surface."""
    across = (canvas.columns() - 0.5 - 0.2 * canvas.light.side) * canvas.span
    angle = np.arctan2(across, canvas.rows() + 0.35)
    phase = canvas.rng.uniform(0, 6, 3)
    wave = sum(np.sin(angle * n + p) for n, p in zip((17, 31, 53), phase, strict=True)) / 3
    fade = np.clip(0.95 - canvas.rows(), 0, 1) ** 1.3
    sheet[..., :3] += (np.clip(wave, 0, 1) * fade * 0.55)[..., None] * colour


def _fish(sheet: Array, canvas: Canvas, colour: Array) -> None:
    x, y, long = canvas.x(), canvas.y(0.08, 0.6), canvas.size(0.012, 0.026)
    way = 1 if canvas.rng.random() < 0.5 else -1
    shapes.blob(sheet, x, y, long, long * 0.38, 0, colour)
    tail = [
        (x - way * long * 0.8, y),
        (x - way * long * 1.6, y - long * 0.4),
        (x - way * long * 1.6, y + long * 0.4),
    ]
    shapes.polygon(sheet, tail, colour)
