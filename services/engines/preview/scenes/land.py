"""Open country: mountains, desert, vineyard, castle."""

import numpy as np

from services.engines.preview.scene import Light, Place, Season
from services.engines.preview.scenes import outdoors, shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Colour, Painting, shot, soft
from services.engines.preview.scenes.light import Rgb, rgb
from services.engines.preview.scenes.registry import place


def peaks(canvas: Canvas, base: float, rise: float, count: float) -> Array:
    """A skyline of pointed mountains, 0..1 from the top; `count` to a unit."""
    n = max(2, round(count * canvas.span)) * 2 + 1
    at = np.linspace(-0.1, 1.1, n) + canvas.rng.uniform(-0.25, 0.25, n) / n
    tall = np.where(
        np.arange(n) % 2, canvas.rng.uniform(0.55, 1.0, n), canvas.rng.uniform(0, 0.4, n)
    )
    line = np.interp(np.linspace(0, 1, canvas.width), at, tall)
    rough = base - shapes.skyline(canvas, base, 1.0, count * 3)
    return (base - rise * line - rise * 0.10 * rough).astype(np.float32)


def massif(
    sheet: Array, canvas: Canvas, heights: Array, rock: Colour, snow: Colour, snowline: float
) -> None:
    """A mountain range: ribs of rock, one side of each in the light, snow down to `snowline`."""
    below = shapes.mask_below(canvas, heights)
    depth = canvas.rows() - heights[None]
    ribs = canvas.noise(7, 5, stretch=0.6)
    lean = soft(np.gradient(heights)[None].astype(np.float32), 4)[0] * canvas.width
    facing = np.clip(-lean * canvas.light.side * 2.5, -1, 1)[None]
    turn = np.roll(ribs, round(canvas.light.side * canvas.unit * 0.012), 1) - ribs
    tone = np.clip(0.75 + 0.28 * facing + 1.6 * turn, 0.25, 1.5)[..., None]
    white = np.clip((snowline - depth + 0.14 * ribs) / 0.03, 0, 1)[..., None]
    colour = (np.asarray(rock) * (1 - white) + np.asarray(snow) * white) * tone
    sheet[..., :3] += (colour - sheet[..., :3]) * below[..., None]


@place(Place.MOUNTAINS, accents=False)
def mountains(canvas: Canvas) -> Painting:
    """Snow peaks, hills before them, a slope with grass and stones near by."""
    light = canvas.light
    back = outdoors.sky(canvas, 0.62)
    white = outdoors.far(canvas, (0.95, 0.96, 0.98), 0.45, 0.9)
    deep = 0.5 if canvas.season is Season.WINTER else 0.16
    massif(
        back, canvas, peaks(canvas, 0.50, 0.30, 1.2),
        outdoors.far(canvas, (0.42, 0.45, 0.52), 0.6), white, deep,
    )  # fmt: skip
    massif(
        back, canvas, peaks(canvas, 0.58, 0.20, 1.6),
        outdoors.far(canvas, (0.34, 0.36, 0.38), 0.4), white, deep * 0.4,
    )  # fmt: skip
    woods: Rgb = (0.82, 0.86, 0.92) if canvas.season is Season.WINTER else (0.24, 0.36, 0.20)
    for k in range(3):
        colour = outdoors.far(canvas, woods, 0.40 - 0.15 * k)
        heights = shapes.skyline(canvas, 0.58 + 0.07 * k, 0.05, 2 + k, 7)
        shapes.ridge(back, canvas, heights, colour, 0.55)
    mid = canvas.sheet()
    grass: Rgb = (0.88, 0.90, 0.94) if canvas.season is Season.WINTER else (0.42, 0.48, 0.24)
    shapes.ridge(mid, canvas, shapes.skyline(canvas, 0.78, 0.03, 2), light.lit(grass, 0.7), 0.3)
    stones = [light.lit((0.5, 0.5, 0.48), 0.8), light.lit((0.62, 0.6, 0.5), 0.8)]
    shapes.scatter(
        mid, canvas, 60, stones, (0.01, 0.035), y=(0.8, 1.0), aspect=(0.5, 0.8), turn=(0, 15)
    )
    front = canvas.sheet()
    blades = [light.lit(c, 0.8) for c in ((0.55, 0.58, 0.3), (0.7, 0.66, 0.42))]
    outdoors.grass(front, canvas, 40, blades, 0.97, (0.05, 0.12), 0.006)
    return shot(canvas, [(back, 0.010), (mid, 0.018)], [(front, 0.03)])


@place(Place.DESERT, Light.GOLDEN_HOUR, accents=False)
def desert(canvas: Canvas) -> Painting:
    """Dunes with one side in the light."""
    back = outdoors.sky(canvas, 0.56, 0.1)
    for k in range(5):
        heights = shapes.skyline(canvas, 0.50 + 0.085 * k, 0.075 - 0.006 * k, 1.1 + 0.3 * k, 2)
        _dune(back, canvas, heights, outdoors.far(canvas, (0.87, 0.68, 0.46), 0.62 - 0.15 * k))
    mid = canvas.sheet()
    _dune(
        mid,
        canvas,
        shapes.skyline(canvas, 0.86, 0.04, 1.2, 2),
        canvas.light.lit((0.84, 0.64, 0.42), 0.8),
    )
    return shot(canvas, [(back, 0.011), (mid, 0.024)])


def _dune(sheet: Array, canvas: Canvas, heights: Array, colour: Colour) -> None:
    """A wave of sand with a sharp crest and ripples."""
    below = shapes.mask_below(canvas, heights)
    slope = np.gradient(heights) * canvas.height
    shadow = np.clip(0.5 + slope * canvas.light.side * 2.2, 0, 1)[None]
    depth = np.clip((canvas.rows() - heights[None]) / 0.16, 0, 1)
    crest = 1 - 0.62 * shadow * (1 - depth) ** 0.7
    ripples = 0.06 * canvas.noise(6, 4, stretch=6)
    tone = (crest + ripples) * (1.08 - 0.25 * depth)
    own = np.asarray(colour, np.float32) * tone[..., None]
    if sheet[..., 3].min() < 1:
        sheet[..., :3], sheet[..., 3] = own * below[..., None], below
    else:
        sheet[..., :3] += (own - sheet[..., :3]) * below[..., None]


@place(Place.VINEYARD, Light.GOLDEN_HOUR, accents=False)
def vineyard(canvas: Canvas) -> Painting:
    """Rows of vines that run up to a hill with a farm and cypresses."""
    light = canvas.light
    back = outdoors.sky(canvas, 0.5)
    shapes.ridge(
        back,
        canvas,
        shapes.skyline(canvas, 0.44, 0.06, 1.4),
        outdoors.far(canvas, (0.34, 0.42, 0.3), 0.7),
    )
    hill = shapes.skyline(canvas, 0.46, 0.05, 1.1, 2)
    shapes.ridge(back, canvas, hill, outdoors.far(canvas, (0.45, 0.48, 0.24), 0.4), 0.4)
    _farm(back, canvas, hill)
    foliage = outdoors.leaves(
        canvas, None if canvas.season in (Season.AUTUMN, Season.WINTER) else outdoors.GREENS
    )
    winter = canvas.season is Season.WINTER
    ground = light.lit((0.88, 0.90, 0.93) if winter else (0.58, 0.48, 0.32), 0.8)
    shapes.ridge(back, canvas, hill + 0.06, ground, 0.25)
    _vines(back, canvas, foliage)
    near = canvas.sheet()
    grapes = [
        light.lit(c, 0.9) for c in ((0.32, 0.16, 0.36), (0.45, 0.22, 0.42), (0.22, 0.12, 0.3))
    ]
    for side in (-1, 1):
        x = 0.5 + side * 0.47
        shapes.scatter(
            near,
            canvas,
            130,
            foliage,
            (0.02, 0.05),
            x=(x - 0.14, x + 0.14),
            y=(0.52, 1.0),
            gain=(0.4, 1.2),
        )
        shapes.scatter(
            near,
            canvas,
            26,
            grapes,
            (0.010, 0.016),
            x=(x - 0.08, x + 0.08),
            y=(0.66, 0.95),
            aspect=(0.9, 1),
        )
    front = canvas.sheet()
    shapes.scatter(
        front, canvas, 14, foliage, (0.04, 0.07), x=(-0.05, 0.16), y=(0.85, 1.05), gain=(0.5, 1.1)
    )
    return shot(canvas, [(back, 0.014), (near, 0.022)], [(front, 0.045)])


def _farm(sheet: Array, canvas: Canvas, hill: Array) -> None:
    x = 0.5 - canvas.light.side * float(canvas.rng.uniform(0.26, 0.36))
    ground = float(hill[int(np.clip(x, 0, 0.99) * canvas.width)]) * canvas.height + 2
    left, wide, tall = x * canvas.width, canvas.size(0.1), canvas.size(0.055)
    plaster = outdoors.far(canvas, (0.88, 0.76, 0.60), 0.3, 0.9)
    shapes.box(sheet, left, ground - tall, left + wide, ground + tall, plaster)
    roof = [
        (left - 3, ground - tall),
        (left + wide / 2, ground - 1.5 * tall),
        (left + wide + 3, ground - tall),
    ]
    shapes.polygon(sheet, roof, outdoors.far(canvas, (0.68, 0.36, 0.24), 0.3, 0.8))
    cypress = outdoors.far(canvas, (0.16, 0.24, 0.14), 0.3)
    for _ in range(5):
        at, high = left + canvas.size(-0.12, 0.22), canvas.size(0.07, 0.13)
        shapes.blob(sheet, at, ground - high * 0.6, high * 0.13, high * 0.75, 0, cypress)


def _vines(sheet: Array, canvas: Canvas, foliage: list[Array]) -> None:
    """Rows that meet at a point on the hill: dabs along each, larger towards the eye."""
    meet_x, meet_y = 0.5 + 0.1 * canvas.light.side, 0.47
    for row in np.linspace(-1.6 * canvas.span, 1.6 * canvas.span, round(15 * canvas.span)):
        foot = 0.5 + row * 0.75 / canvas.span
        for t in np.linspace(0.05, 1.0, 46) ** 1.6:
            x = (meet_x + (foot - meet_x) * t) * canvas.width + canvas.size(-0.01, 0.01) * t
            y = (meet_y + (1.05 - meet_y) * t) * canvas.height
            tall = canvas.unit * (0.006 + 0.075 * t)
            colour = np.asarray(canvas.pick(foliage)) * canvas.rng.uniform(0.45, 1.2)
            shapes.blob(sheet, x, y - tall * 0.4, tall * 0.55, tall * 0.7, 0, colour)


@place(Place.CASTLE, Light.DAWN, accents=False)
def castle(canvas: Canvas) -> Painting:
    """Towers on a wooded hill in the haze; banners in the colour that was asked for."""
    light = canvas.light
    back = outdoors.sky(canvas, 0.66)
    wood: Rgb = (0.36, 0.30, 0.16) if canvas.season is Season.AUTUMN else (0.24, 0.32, 0.20)
    far_hill = shapes.skyline(canvas, 0.54, 0.07, 1.6)
    shapes.ridge(back, canvas, far_hill, outdoors.far(canvas, wood, 0.85), 0.3)
    banner = light.lit(canvas.accent([(0.66, 0.16, 0.17), (0.18, 0.27, 0.48)]), 1.0)
    side = -light.side
    _keep(back, canvas, 0.5 + side * float(canvas.rng.uniform(0.29, 0.35)), 0.24, 1.0, banner)
    _keep(back, canvas, 0.5 - side * float(canvas.rng.uniform(0.34, 0.42)), 0.40, 0.6, banner)
    stains = 1 + 0.22 * canvas.noise(5, 5, stretch=0.5) * shapes.mask_below(canvas, 0.2, 0.1)
    shapes.shaded(back, stains)
    mid = canvas.sheet()
    hill = shapes.skyline(canvas, 0.64, 0.05, 2.2)
    shapes.ridge(mid, canvas, hill, outdoors.far(canvas, wood, 0.42), 0.5)
    foliage = [outdoors.far(canvas, c, 0.35, 0.8) for c in outdoors.LEAVES[canvas.season]]
    for _ in range(round(26 * canvas.span)):
        x = canvas.x()
        foot = float(hill[int(np.clip(x, 0, canvas.width - 1))]) * canvas.height
        outdoors.crown(
            mid, canvas, x, foot + canvas.size(0.0, 0.06), canvas.size(0.03, 0.08), foliage
        )
    near = shapes.skyline(canvas, 0.80, 0.03, 1.5)
    shapes.ridge(mid, canvas, near, light.lit((0.34, 0.40, 0.20), 0.6), 0.5)
    front = canvas.sheet()
    leaves = outdoors.leaves(canvas)
    shapes.scatter(front, canvas, 14, leaves, (0.03, 0.06), y=(0.95, 1.05), gain=(0.4, 0.9))
    return shot(canvas, [(back, 0.017), (mid, 0.021)], [(front, 0.04)])


def _keep(sheet: Array, canvas: Canvas, x: float, top: float, size: float, banner: Colour) -> None:
    """A group of round towers with pointed roofs behind a wall with battlements."""
    away = 0.55 if size > 0.8 else 0.72
    stone = outdoors.far(canvas, (0.62, 0.56, 0.49), away, 0.85)
    roof = outdoors.far(canvas, (0.34, 0.30, 0.34), away, 0.7)
    foot, unit = 0.74 * canvas.height, canvas.unit * size
    middle = x * canvas.width
    towers = [
        (-0.20, 0.10, 0.034),
        (-0.09, -0.01, 0.046),
        (0.03, 0.12, 0.06),
        (0.14, 0.04, 0.036),
        (0.23, 0.15, 0.03),
    ]
    for across, down, wide in towers[::2] + towers[1::2]:
        at = middle + across * unit + canvas.size(-0.015, 0.015) * size
        high = (top + down * size + float(canvas.rng.uniform(-0.02, 0.02))) * canvas.height
        _tower(sheet, canvas, at, high, wide * unit, foot, (stone, roof, banner))
    wall = (top + 0.24 * size) * canvas.height
    left, right, step = middle - 0.27 * unit, middle + 0.27 * unit, 0.016 * unit
    shade = stone * 0.78
    shapes.box(sheet, left, wall, right, foot, shade)
    for at in np.arange(left, right - step, 2 * step):
        shapes.box(sheet, at, wall - step, at + step, wall + 1, shade)


def _tower(
    sheet: Array,
    canvas: Canvas,
    x: float,
    top: float,
    wide: float,
    foot: float,
    colours: tuple[Colour, Colour, Colour],
) -> None:
    """Round, so each strip of it is turned a little more or less to the light."""
    stone, roof, banner = colours
    side = canvas.light.side
    crown = top + 0.8 * wide
    for share in np.linspace(-1, 1, 13):
        turned = np.clip(0.2 + 0.8 * share * side, 0, 1)
        tone = np.asarray(stone) * (0.55 + 0.6 * turned)
        shapes.box(sheet, x + wide * (share - 0.09), crown, x + wide * (share + 0.09), foot, tone)
        broad = x + 1.14 * wide * share
        shapes.box(sheet, broad - 0.1 * wide, top, broad + 0.1 * wide, crown, tone * 0.92)
        tip = top - 2.6 * wide
        ends = [(broad * 1.0 - 0.11 * wide, top), (broad + 0.11 * wide, top), (x, tip)]
        shapes.polygon(sheet, ends, np.asarray(roof) * (0.6 + 0.8 * turned))
    fly = -side * wide
    pole = tip - 0.7 * wide
    flag = [(x, pole), (x + 1.1 * fly, pole + 0.16 * wide), (x, pole + 0.36 * wide)]
    shapes.polygon(sheet, flag, banner)
    shapes.line(sheet, [(x, tip), (x, pole)], np.asarray(roof) * 0.6, max(1, wide * 0.08))
    glow = rgb(1.0, 0.75, 0.4) * 3 * max(0.0, canvas.light.lamps - 0.55)
    for row in range(3):
        y = crown + wide * (0.7 + 1.9 * row)
        shapes.box(
            sheet, x - wide * 0.1, y, x + wide * 0.1, y + wide * 0.5, np.asarray(stone) * 0.3 + glow
        )
