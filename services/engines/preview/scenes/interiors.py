"""At home, in a gallery, on a train."""

import cv2
import numpy as np

from services.engines.preview.scene import Light, Place, Season
from services.engines.preview.scenes import built, outdoors, shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Painting, shot
from services.engines.preview.scenes.light import Rgb, rgb
from services.engines.preview.scenes.registry import place
from services.engines.preview.scenes.rooms import view, window_side


@place(Place.HOME, Light.WINDOW, indoors=True)
def home(canvas: Canvas) -> Painting:
    """A living room by a window: curtain, pictures on the wall, a lamp, a plant."""
    light = canvas.light
    usual: list[Rgb] = [(0.80, 0.74, 0.64), (0.70, 0.74, 0.70), (0.82, 0.76, 0.74)]
    back = built.wall(canvas, light.lit(canvas.accent(usual), 0.85), 0.5)
    near, far = window_side(canvas, 0.72, 1.05)
    built.window_panes(
        back,
        canvas,
        (near, 0.02, far, 0.68),
        (2, 3),
        light.lit((0.9, 0.88, 0.84), 0.8),
        view(canvas),
    )
    _curtain(back, canvas, near, far)
    for _ in range(3):
        a, b = window_side(canvas, 0.02, 0.3)
        x, y = float(canvas.rng.uniform(a, b)), float(canvas.rng.uniform(0.12, 0.36))
        wide, tall = canvas.size(0.05, 0.08), canvas.size(0.06, 0.1)
        left, top = x * canvas.width, y * canvas.height
        shapes.box(
            back,
            left - wide,
            top - tall,
            left + wide,
            top + tall,
            light.lit((0.24, 0.17, 0.12), 0.6),
        )
        inner = light.lit((0.9, 0.88, 0.84), 0.8)
        shapes.box(
            back,
            left - wide * 0.84,
            top - tall * 0.87,
            left + wide * 0.84,
            top + tall * 0.87,
            inner,
        )
        art = light.lit(
            canvas.accent([(0.5, 0.55, 0.5), (0.75, 0.5, 0.38), (0.38, 0.45, 0.55)]), 0.8
        )
        shapes.blob(back, left, top, wide * 0.5, tall * 0.5, 0, art)
    mid = canvas.sheet()
    a, _ = window_side(canvas, 0.12, 0.9)
    lamp_x = a if light.side > 0 else 1 - 0.12
    _floor_lamp(mid, back, canvas, lamp_x)
    sofa = light.lit(canvas.accent([(0.42, 0.46, 0.44), (0.56, 0.40, 0.32)]), 0.7)
    shapes.blob(
        mid,
        0.5 * canvas.width,
        0.98 * canvas.height,
        0.75 * canvas.width,
        0.20 * canvas.height,
        0,
        sofa,
    )
    leaves = outdoors.leaves(canvas, outdoors.GREENS)
    x = 0.5 + light.side * 0.42
    shapes.scatter(
        mid,
        canvas,
        44,
        leaves,
        (0.012, 0.05),
        x=(x - 0.08, x + 0.08),
        y=(0.44, 0.74),
        aspect=(0.2, 0.4),
    )
    return shot(canvas, [(back, 0.024), (mid, 0.024)])


def _curtain(sheet: Array, canvas: Canvas, near: float, far: float) -> None:
    """Sheer cloth in folds over a part of the window."""
    inner = near if canvas.light.side > 0 else far
    distance = np.abs(canvas.columns() - inner)
    share = np.clip((0.13 - distance) / 0.04, 0, 1) * (canvas.rows() < 0.74)
    folds = np.sin(canvas.columns() * 6.283 * 34 * canvas.span + canvas.noise(2, 2) * 1.2)
    cloth = rgb(0.95, 0.93, 0.88) * np.float32(0.12 + 0.75 * canvas.light.day) + np.asarray(
        canvas.light.fill
    )
    tone = (0.72 + 0.22 * folds)[..., None] * cloth
    sheet[..., :3] += (tone - sheet[..., :3]) * (share * 0.86)[..., None]


def _floor_lamp(sheet: Array, wall: Array, canvas: Canvas, x: float) -> None:
    left, top, unit = x * canvas.width, 0.40 * canvas.height, canvas.unit
    stand = canvas.light.lit((0.2, 0.17, 0.14), 0.6)
    shapes.line(sheet, [(left, top), (left, canvas.height)], stand, 0.008 * unit)
    shade = [(left - 0.045 * unit, top - 0.1 * unit), (left + 0.045 * unit, top - 0.1 * unit)]
    shade += [(left + 0.075 * unit, top), (left - 0.075 * unit, top)]
    shapes.polygon(sheet, shade, rgb(1.0, 0.80, 0.52) * np.float32(1.8 * canvas.light.lamps))
    shapes.glow(
        wall, canvas, x, 0.36, 0.3, rgb(1.0, 0.74, 0.42) * np.float32(0.42 * canvas.light.lamps)
    )


@place(Place.GALLERY, Light.WINDOW, indoors=True)
def gallery(canvas: Canvas) -> Painting:
    """White walls, large paintings, a wooden floor."""
    light = canvas.light
    back = built.wall(canvas, light.lit((0.88, 0.87, 0.85), 0.95), 0.35)
    usual: list[Rgb] = [
        (0.80, 0.28, 0.2),
        (0.16, 0.28, 0.48),
        (0.92, 0.7, 0.25),
        (0.16, 0.42, 0.4),
        (0.12, 0.12, 0.14),
        (0.93, 0.9, 0.84),
    ]
    for x, wide in ((0.10, 0.15), (0.90, 0.15), (0.5, 0.12)):
        at = x + float(canvas.rng.uniform(-0.02, 0.02))
        _painting(back, canvas, at, wide * float(canvas.rng.uniform(0.9, 1.2)) / canvas.span, usual)
    built.floor(back, canvas, 0.72, light.lit((0.56, 0.42, 0.28), 0.8), 0.22)
    built.planks(back, canvas, 0.72, 9)
    spots = canvas.sheet()
    for k in range(round(6 * canvas.span)):
        x = (k + 0.5) / round(6 * canvas.span) * canvas.width
        shapes.lamp(spots, canvas, x, 0.035 * canvas.height, 0.006, (1, 0.93, 0.82), 22)
    return shot(canvas, [(back, 0.023), (spots, 0.024)])


def _painting(sheet: Array, canvas: Canvas, x: float, half: float, usual: list[Rgb]) -> None:
    """An abstract picture in a frame, under its own light; x and half its width in 0..1."""
    left, right = (x - half) * canvas.width, (x + half) * canvas.width
    middle, tall = 0.32 * canvas.height, (right - left) * float(canvas.rng.uniform(0.55, 0.75))
    top, bottom = middle - tall, middle + tall
    pool = np.exp(-((canvas.distance(x, 0.30) / 0.34) ** 2))
    shapes.shaded(sheet, 1 + 0.30 * pool * canvas.light.lamps)
    frame = canvas.light.lit((0.30, 0.23, 0.16), 0.7)
    shapes.box(sheet, left - 4, top - 4, right + 4, bottom + 4, frame)
    field = _colour_field(canvas, [canvas.accent(usual) for _ in range(3)])
    rows, columns = (
        slice(max(0, int(v)), max(0, int(w))) for v, w in ((top, bottom), (left, right))
    )
    inner = field[rows, columns]
    sheet[rows, columns, :3] = inner


def _colour_field(canvas: Canvas, paints: list[Rgb]) -> Array:
    """Broad bands of paint that run into each other, (H, W, 3)."""
    drift = 0.16 * canvas.noise(2.2, 4, stretch=2.4)
    level = (canvas.rows() - 0.14) / 0.36 + drift  # the pictures hang in this part of the wall
    first, second = sorted(canvas.rng.uniform(0.2, 0.8, 2).tolist())
    field = np.broadcast_to(canvas.light.lit(paints[0], 0.9), (*level.shape, 3))
    for edge, paint in ((first, paints[1]), (max(second, first + 0.2), paints[2])):
        share = np.clip((level - edge) / 0.09 + 0.5, 0, 1)[..., None]
        field = field + (canvas.light.lit(paint, 0.9) - field) * share
    strokes = 1 + 0.16 * canvas.noise(26, 3, stretch=5)
    return np.asarray(field * strokes[..., None], np.float32)


_FIELDS: dict[Season, tuple[Rgb, Rgb, Rgb]] = {
    Season.SPRING: ((0.40, 0.56, 0.24), (0.80, 0.74, 0.22), (0.34, 0.52, 0.22)),
    Season.SUMMER: ((0.35, 0.42, 0.24), (0.56, 0.54, 0.26), (0.30, 0.40, 0.20)),
    Season.AUTUMN: ((0.55, 0.36, 0.16), (0.62, 0.46, 0.20), (0.44, 0.30, 0.18)),
    Season.WINTER: ((0.90, 0.92, 0.95), (0.82, 0.85, 0.90), (0.94, 0.95, 0.97)),
}


@place(Place.TRAIN, Light.GOLDEN_HOUR, indoors=True)
def train(canvas: Canvas) -> Painting:
    """A seat by the window, and the country going by."""
    back = _carriage(canvas, _moving(_country(canvas), canvas))
    lamps, seats = canvas.sheet(), canvas.sheet()
    for k in range(round(7 * canvas.span)):
        x = (k + float(canvas.rng.uniform(0.35, 0.65))) / (7 * canvas.span) * canvas.width
        shapes.lamp(lamps, canvas, x, 0.05 * canvas.height, 0.006, (1.0, 0.84, 0.6), 9)
    usual: list[Rgb] = [(0.16, 0.34, 0.38), (0.40, 0.19, 0.18), (0.22, 0.28, 0.40)]
    cloth = canvas.accent(usual)
    for side in (-1, 1):
        at = 0.5 + side * float(canvas.rng.uniform(0.37, 0.42))
        _seat(seats, canvas, at * canvas.width, cloth, facing=side != canvas.light.side)
    _upholstery(seats, canvas)
    return shot(canvas, [(back, 0.02), (lamps, 0.026), (seats, 0.027)])


def _country(canvas: Canvas) -> Array:
    """Fields, a wood and the sky."""
    outside = outdoors.sky(canvas, 0.34)
    fields = _FIELDS[canvas.season]
    for k in range(5):
        colour = fields[k % 3]
        heights = shapes.skyline(canvas, 0.30 + 0.05 * k, 0.03, 2 + k)
        shapes.ridge(outside, canvas, heights, outdoors.far(canvas, colour, 0.6 - 0.13 * k), 0.4)
    trees = outdoors.leaves(canvas)
    shapes.scatter(outside, canvas, 110, trees, (0.015, 0.05), y=(0.42, 0.60), gain=(0.4, 1.0))
    return outside


def _carriage(canvas: Canvas, outside: Array) -> Array:
    """The wall with its window, a rack above it and a table under it."""
    light = canvas.light
    wall = light.lit((0.66, 0.58, 0.48), 0.5)
    back = built.wall(canvas, wall, 0.4)
    shapes.shaded(back, 1.15 - 0.75 * np.clip((canvas.rows() - 0.5) / 0.4, 0, 1))
    built.window_panes(back, canvas, (-0.05, 0.12, 1.05, 0.62), (1, 1), wall * 0.6, outside)
    x = (0.5 + light.side * 0.30) * canvas.width
    post = light.lit((0.55, 0.48, 0.40), 0.5)
    shapes.box(back, x, 0, x + 0.07 * canvas.unit, 0.66 * canvas.height, post)
    shapes.box(back, x, 0, x + 0.012 * canvas.unit, 0.66 * canvas.height, post * 1.8)
    rack = light.lit((0.34, 0.26, 0.19), 0.7)
    shapes.box(back, 0, 0.075 * canvas.height, canvas.width, 0.10 * canvas.height, rack)
    ledge = light.lit((0.62, 0.46, 0.30), 1.0)
    shapes.box(back, 0, 0.62 * canvas.height, canvas.width, 0.65 * canvas.height, ledge)
    low = 0.62 * np.ones(canvas.width, np.float32)
    day = rgb(*light.sky[-1]) * np.float32(0.10 * light.day)
    back[..., :3] += day * (1 - shapes.mask_below(canvas, low))[..., None]
    return back


def _moving(sheet: Array, canvas: Canvas) -> Array:
    """Blurred sideways by speed, most of all what is near."""
    fast = cv2.blur(sheet, (max(3, canvas.unit // 5), 1), borderType=cv2.BORDER_REFLECT)
    slow = cv2.blur(sheet, (max(3, canvas.unit // 40), 1), borderType=cv2.BORDER_REFLECT)
    share = np.clip((canvas.rows() - 0.34) / 0.14, 0, 1)[..., None]
    return np.asarray(slow + (fast - slow) * share, np.float32)


def _seat(sheet: Array, canvas: Canvas, x: float, cloth: Rgb, *, facing: bool) -> None:
    """A high back with wings, rounded at the top, and its cover for the head."""
    tone = canvas.light.lit(cloth, 0.75 if facing else 0.4)
    wide, top = 0.18 * canvas.unit, 0.42 * canvas.height
    for reach, shade in ((1.0, 0.7), (0.84, 1.0)):
        half, corner = wide * reach, wide * 0.5
        shapes.blob(sheet, x - half + corner, top + corner, corner, corner, 0, tone * shade)
        shapes.blob(sheet, x + half - corner, top + corner, corner, corner, 0, tone * shade)
        shapes.box(sheet, x - half + corner, top, x + half - corner, top + corner, tone * shade)
        shapes.box(sheet, x - half, top + corner, x + half, canvas.height, tone * shade)
    cover = canvas.light.lit((0.66, 0.60, 0.50), 0.5 if facing else 0.3)
    half = wide * 0.5
    shapes.box(sheet, x - half, top + wide * 0.06, x + half, top + wide * 0.66, cover)


def _upholstery(sheet: Array, canvas: Canvas) -> None:
    """Cushions and folds: darker down, and lighter towards the window."""
    ribs = 0.10 * np.sin(canvas.rows() * 6.283 * 13) + 0.10 * canvas.noise(8, 3)
    towards = 0.25 * canvas.light.side * (canvas.columns() - 0.5)
    fall = 1.25 - 1.0 * np.clip((canvas.rows() - 0.42) / 0.6, 0, 1)
    shapes.shaded(sheet, fall * (1 + ribs + towards))
