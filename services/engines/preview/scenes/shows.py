"""Studio, wall, stage, fairground, market."""

import numpy as np

from services.engines.preview.scene import Light, Place, Season
from services.engines.preview.scenes import built, outdoors, shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Painting, shot, soft
from services.engines.preview.scenes.light import Rgb, rgb
from services.engines.preview.scenes.registry import place

_BACKDROPS: tuple[Rgb, ...] = (
    (0.52, 0.47, 0.44), (0.44, 0.48, 0.50), (0.36, 0.40, 0.38),
    (0.56, 0.46, 0.40), (0.30, 0.33, 0.38), (0.62, 0.58, 0.52),
)  # fmt: skip


@place(Place.STUDIO, Light.WINDOW, indoors=True)
def studio(canvas: Canvas) -> Painting:
    """A painted backdrop with a pool of light behind the head."""
    one = canvas.accent(_BACKDROPS)
    other = canvas.accents[1] if len(canvas.accents) > 1 else one
    kind = int(canvas.rng.integers(3))
    mottle = canvas.noise((2.5, 4.5, 1.5)[kind], 5) * (0.16, 0.26, 0.05)[kind]
    x, y = 0.5 + 0.10 * canvas.light.side, 0.36
    pool = np.exp(-((canvas.distance(x, y) / (0.62, 0.70, 0.9)[kind]) ** 2))
    strength = np.float32(0.55 + 0.45 * min(1.0, canvas.light.face / 0.27))
    across = np.clip(0.5 + (canvas.columns() - 0.5) * canvas.light.side * 1.6, 0, 1)[..., None]
    tone = rgb(*one) * (1 - across) + rgb(*other) * across
    light = (0.30 + 0.95 * pool) * (1 + mottle) * strength
    back = canvas.sheet()
    back[..., :3] = tone * np.maximum(light, 0)[..., None]
    back[..., 3] = 1
    return shot(canvas, [(back, 0.006)])


@place(Place.WALL, Light.GOLDEN_HOUR)
def wall(canvas: Canvas) -> Painting:
    """An old wall close behind: plaster that flakes off bricks, shadows of leaves, some ivy."""
    light = canvas.light
    usual: list[Rgb] = [
        (0.82, 0.66, 0.46),
        (0.72, 0.58, 0.50),
        (0.66, 0.68, 0.62),
        (0.80, 0.50, 0.36),
    ]
    paint = canvas.accent(usual)
    plaster = light.lit(paint, 0.85)
    if canvas.accents:  # a low sun would turn green to mustard
        own = rgb(*paint)
        plaster = 0.35 * plaster + 0.65 * own * float(plaster.sum() / max(0.01, own.sum()))
    back = _bricks(canvas)
    flakes = canvas.noise(2.6, 6)
    left = float(canvas.rng.uniform(0.05, 0.22))
    cover = np.clip((flakes + left) * 16, 0, 1)
    edge = np.clip(1 - np.abs(flakes + left) * 16, 0, 1)
    stains = 1 + 0.16 * canvas.noise(3, 5, stretch=0.4) + 0.07 * canvas.noise(18, 3)
    tone = plaster * np.maximum(stains, 0)[..., None]
    back[..., :3] += (tone - back[..., :3]) * cover[..., None]
    shapes.shaded(back, 1 - 0.3 * edge)
    shade = canvas.sheet()
    shapes.scatter(
        shade,
        canvas,
        60,
        [(1, 1, 1)],
        (0.02, 0.06),
        x=(-0.1, 1.1),
        y=(-0.1, 0.9),
        aspect=(0.3, 0.6),
        gain=(1, 1),
    )
    dapple = soft(shade[..., 3], 0.012 * canvas.unit)
    strength = float(np.clip(light.sun / 30, 0, 1)) * 0.45
    shapes.shaded(back, 1 - strength * dapple)
    shapes.shaded(
        back, 1.12 - 0.45 * np.clip(canvas.distance(0.5 + 0.5 * light.side, 0.15), 0, 1.4)
    )
    ivy = canvas.sheet()
    if canvas.season is not Season.WINTER:
        x = 0.5 - light.side * 0.47
        for y in np.linspace(-0.02, 0.6, 5):
            reach = 0.13 * (1 - y)
            shapes.scatter(
                ivy,
                canvas,
                18,
                outdoors.leaves(canvas),
                (0.014, 0.03),
                x=(x - reach, x + reach),
                y=(y - 0.06, y + 0.1),
                gain=(0.4, 1.2),
                aspect=(0.6, 0.9),
            )
    return shot(canvas, [(back, 0.012), (ivy, 0.016)])


def _bricks(canvas: Canvas) -> Array:
    """Courses of bricks, each of its own colour, in mortar."""
    sheet = canvas.sheet(canvas.light.lit((0.62, 0.57, 0.52), 0.7))
    tall, wide = 0.034 * canvas.unit, 0.095 * canvas.unit
    for row in range(int(canvas.height / tall) + 2):
        x = -wide * (0.5 if row % 2 else 0.0)
        while x < canvas.width:
            tone = canvas.light.lit((0.56, 0.32, 0.24), 0.8) * canvas.rng.uniform(0.55, 1.25)
            y = row * tall
            shapes.box(sheet, x + 1.5, y + 1.5, x + wide - 1, y + tall - 1, tone)
            x += wide
    return sheet


@place(Place.STAGE, Light.STAGE, indoors=True)
def stage(canvas: Canvas) -> Painting:
    """Beams through haze, a rig of lamps, the heads of those who listen."""
    usual: list[Rgb] = [(0.95, 0.25, 0.45), (0.25, 0.5, 1.0), (1.0, 0.62, 0.2), (0.6, 0.3, 0.95)]
    back = shapes.vertical(
        canvas,
        [(0, rgb(0.10, 0.09, 0.13)), (0.6, rgb(0.13, 0.10, 0.14)), (1, rgb(0.05, 0.04, 0.05))],
    )
    mist = 0.75 + 0.5 * canvas.noise(2.2, 5)
    colours = [canvas.accent(usual) for _ in range(7)]
    lamps = canvas.sheet()
    for k, colour in enumerate(colours):
        x = (k + 0.5) / len(colours) + float(canvas.rng.uniform(-0.03, 0.03))
        aim = x + (0.5 - x) * float(canvas.rng.uniform(-0.5, 1.1))
        y = 0.045 + 0.02 * float(canvas.rng.random())
        _beam(back, canvas, (x, y), aim, rgb(*colour) * mist[..., None])
        at = x * canvas.width, y * canvas.height
        red, green, blue = (0.5 + 0.5 * v for v in colour)
        shapes.lamp(lamps, canvas, *at, 0.010, (red, green, blue), 26)
    truss = rgb(0.14, 0.14, 0.15)
    shapes.box(back, 0, 0.02 * canvas.height, canvas.width, 0.032 * canvas.height, truss)
    glow = rgb(*canvas.accent(usual)) * 0.5
    shapes.glow(back, canvas, 0.5, 0.75, 0.6, glow)
    front = canvas.sheet()
    for side in (-1, 1):
        for _ in range(4):
            x = (0.5 + side * float(canvas.rng.uniform(0.30, 0.52))) * canvas.width
            size = canvas.size(0.04, 0.06)
            y = canvas.height * float(canvas.rng.uniform(0.95, 1.0))
            shapes.blob(front, x, y, size, size * 1.25, 0, rgb(0.06, 0.05, 0.07))
    return shot(canvas, [(back, 0.008), (lamps, 0.024)], [(front, 0.02)])


def _beam(
    sheet: Array, canvas: Canvas, lamp: tuple[float, float], aim: float, colour: Array
) -> None:
    """A cone of light from a lamp at 0..1 down to `aim` at the foot, soft at its sides."""
    down = np.clip((canvas.rows() - lamp[1]) / (1 - lamp[1]), 0, 1)
    middle = lamp[0] + (aim - lamp[0]) * down
    wide = (0.008 + 0.15 * down) / canvas.span
    across = np.abs(canvas.columns() - middle) / wide
    share = np.exp(-(across**2) * 1.6) * np.exp(-down * 1.5) * (canvas.rows() >= lamp[1])
    sheet[..., :3] += share[..., None] * colour * 0.95


@place(Place.FAIRGROUND, Light.DUSK)
def fairground(canvas: Canvas) -> Painting:
    """A big wheel, a carousel, lamps everywhere."""
    back = outdoors.sky(canvas, 0.64, 0.4)
    usual: list[Rgb] = [
        (1, 0.75, 0.35),
        (1, 0.35, 0.45),
        (0.4, 0.75, 1),
        (0.6, 1, 0.6),
        (1, 0.5, 0.85),
    ]
    built.blocks(back, canvas, 0.68, (0.03, 0.10), (0.08, 0.2), 0.5)
    x = 0.5 - canvas.light.side * float(canvas.rng.uniform(0.24, 0.32))
    _wheel(
        back,
        canvas,
        x,
        float(canvas.rng.uniform(0.24, 0.3)),
        canvas.accent(usual),
        canvas.accent(usual),
    )
    mid = canvas.sheet()
    _carousel(mid, canvas, 0.5 + canvas.light.side * 0.36, 0.42, usual)
    for k in range(3):
        ends = float(canvas.rng.uniform(0.3, 0.5)), float(canvas.rng.uniform(0.3, 0.5))
        built.string_of_lamps(mid, canvas, ends, 0.04 + 0.01 * k, 14, 8)
    for _ in range(round(40 * canvas.span)):
        at = canvas.x(), canvas.y(0.5, 0.74)
        shapes.lamp(mid, canvas, *at, 0.005, canvas.accent(usual), float(canvas.rng.uniform(4, 16)))
    return shot(canvas, [(back, 0.013), (mid, 0.026)])


def _wheel(sheet: Array, canvas: Canvas, x: float, y: float, one: Rgb, other: Rgb) -> None:
    """Two rings and spokes of lamps; gondolas at the rim."""
    size, at = 0.26 * canvas.unit, (x * canvas.width, y * canvas.height)
    iron = canvas.light.lit((0.5, 0.5, 0.55), 0.6)
    phase = float(canvas.rng.uniform(0, 0.4))
    for k in range(16):
        turn = phase + k * 2 * np.pi / 16
        rim = (at[0] + size * np.cos(turn), at[1] + size * np.sin(turn))
        shapes.line(sheet, [at, rim], iron, 1)
        for share in np.linspace(0.25, 0.85, 5):
            spot = (at[0] + (rim[0] - at[0]) * share, at[1] + (rim[1] - at[1]) * share)
            shapes.lamp(sheet, canvas, *spot, 0.0028, other, 5)
        shapes.disc(
            sheet,
            rim[0],
            rim[1] + 0.016 * canvas.unit,
            0.014 * canvas.unit,
            canvas.light.lit(one, 0.8),
        )
    for k in range(56):
        turn = phase + k * 2 * np.pi / 56
        for reach in (1.0, 0.9):
            spot = (at[0] + reach * size * np.cos(turn), at[1] + reach * size * np.sin(turn))
            shapes.lamp(sheet, canvas, *spot, 0.003, one, 7)
    for side in (-1, 1):
        shapes.line(
            sheet,
            [at, (at[0] + side * 0.12 * canvas.unit, 0.7 * canvas.height)],
            iron * 0.8,
            0.008 * canvas.unit,
        )


def _carousel(sheet: Array, canvas: Canvas, x: float, y: float, usual: list[Rgb]) -> None:
    left, top, wide = x * canvas.width, y * canvas.height, 0.19 * canvas.unit
    colours = [
        canvas.light.lit(canvas.accent(usual), 0.8),
        canvas.light.lit((0.95, 0.92, 0.85), 0.8),
    ]
    glow = rgb(1, 0.8, 0.5) * np.float32(0.4 * canvas.light.lamps)
    for k in range(10):
        a, b = left - wide + 2 * wide * k / 10, left - wide + 2 * wide * (k + 1) / 10
        shapes.polygon(
            sheet, [(a, top), (b, top), (left, top - 0.6 * wide)], colours[k % 2] + glow * 0.4
        )
        shapes.box(sheet, a, top, b, top + 0.14 * wide, colours[(k + 1) % 2] + glow)
        shapes.line(
            sheet, [(b, top), (b, top + 1.1 * wide)], rgb(0.9, 0.75, 0.4) * 0.4 + glow * 0.4, 2
        )
    shapes.box(
        sheet, left - wide * 0.8, top + 0.14 * wide, left + wide * 0.8, top + 1.1 * wide, glow * 1.1
    )
    for k in range(22):
        shapes.lamp(
            sheet,
            canvas,
            left - wide + 2 * wide * k / 21,
            top + 0.02 * wide,
            0.004,
            (1, 0.82, 0.5),
            14,
        )


@place(Place.MARKET)
def market(canvas: Canvas) -> Painting:
    """Stalls with striped awnings, fruit and flowers, lamps."""
    light = canvas.light
    back = outdoors.sky(canvas, 0.4, 0.3)
    built.ground(back, canvas, 0.46, (0.55, 0.5, 0.45))
    for side in (-1, 1):
        built.facades(
            back, canvas, side, ((0.8, 0.7, 0.55), (0.7, 0.5, 0.4), (0.82, 0.78, 0.7)), (0.5, 0.46)
        )
    built.floor(back, canvas, 0.62, light.lit((0.55, 0.5, 0.45), 0.7), 0.08)
    usual: list[Rgb] = [(0.78, 0.2, 0.18), (0.2, 0.42, 0.3), (0.9, 0.66, 0.2), (0.22, 0.36, 0.55)]
    fruit = [
        light.lit(c, 0.95)
        for c in (
            (0.9, 0.25, 0.15),
            (0.95, 0.6, 0.12),
            (0.6, 0.72, 0.2),
            (0.95, 0.85, 0.3),
            (0.5, 0.16, 0.36),
        )
    ]
    mid = canvas.sheet()
    for side, k in ((-1, 0), (1, 0), (-1, 1), (1, 1)):
        x = 0.5 + side * (0.43 - 0.20 * k)
        size = 1.0 - 0.42 * k
        _stall(mid, canvas, x, 0.30 + 0.09 * k, size, canvas.accent(usual), fruit)
    lamps = canvas.sheet()
    built.string_of_lamps(lamps, canvas, (0.10, 0.16), 0.07, 10, 22)
    built.string_of_lamps(lamps, canvas, (0.22, 0.12), 0.05, 9, 22)
    return shot(canvas, [(back, 0.022), (mid, 0.019), (lamps, 0.026)])


def _stall(
    sheet: Array, canvas: Canvas, x: float, y: float, size: float, cloth: Rgb, fruit: list[Array]
) -> None:
    light = canvas.light
    left, top, wide = x * canvas.width, y * canvas.height, 0.22 * canvas.unit * size
    dark = light.lit((0.16, 0.12, 0.10), 0.4)
    shapes.box(sheet, left - wide * 0.9, top, left + wide * 0.9, top + wide * 1.5, dark)
    shapes.glow(
        sheet,
        canvas,
        x,
        y + 0.1 * size,
        0.14 * size,
        rgb(1, 0.75, 0.4) * np.float32(0.3 * light.lamps),
    )
    for k in range(9):
        tone = light.lit(cloth if k % 2 else (0.94, 0.92, 0.87), 0.95)
        a, b = left + wide * (2 * k / 9 - 1), left + wide * (2 * (k + 1) / 9 - 1)
        foot = top + wide * 0.3
        shapes.polygon(
            sheet,
            [
                (a * 0.94 + left * 0.06, top - wide * 0.2),
                (b * 0.94 + left * 0.06, top - wide * 0.2),
                (b, foot),
                (a, foot),
            ],
            tone,
        )
        shapes.disc(sheet, (a + b) / 2, foot, wide / 9, tone * 0.85)
    for row in range(3):
        level = top + wide * (0.85 + 0.2 * row)
        for k in range(7):
            at = left + wide * (2 * (k + 0.5) / 7 - 1) * 0.95
            colour = np.asarray(fruit[int(canvas.rng.integers(len(fruit)))])
            for _ in range(7):
                dot = (
                    at + canvas.size(-0.03, 0.03) * size,
                    level + canvas.size(-0.018, 0.018) * size,
                )
                shapes.disc(
                    sheet, *dot, 0.013 * canvas.unit * size, colour * canvas.rng.uniform(0.6, 1.3)
                )
