"""What people build: facades, windows, lamps on a string, signs, wet streets, floors."""

from collections.abc import Sequence

import cv2
import numpy as np

from services.engines.preview.scenes import shapes
from services.engines.preview.scenes.canvas import Array, Canvas, Colour, soft
from services.engines.preview.scenes.light import Rgb, rgb

WARM: tuple[Rgb, ...] = ((1.0, 0.76, 0.42), (1.0, 0.86, 0.62), (1.0, 0.64, 0.30), (0.86, 0.9, 1.0))


def ground(sheet: Array, canvas: Canvas, level: float, colour: Rgb) -> None:
    """Flat ground from the horizon at `level` (0..1) to the eye, hazy far away."""
    near, haze = canvas.light.lit(colour, 0.7), rgb(*canvas.light.haze) * 0.8
    depth = np.clip((canvas.rows() - level) / 0.12, 0, 1)[..., None]
    share = (1 - depth) * min(0.9, 0.35 + 0.7 * canvas.light.thick)
    tone = near + (haze - near) * share
    below = shapes.mask_below(canvas, level)[..., None]
    sheet[..., :3] += (tone - sheet[..., :3]) * below


def facades(
    sheet: Array, canvas: Canvas, side: int, walls: Sequence[Rgb], meet: tuple[float, float]
) -> None:
    """One side of a street in perspective: houses that run to the point where lines meet (0..1)."""
    edge = 0.0 if side < 0 else 1.0
    near = 1.0
    while near < 9:
        far = near * float(canvas.rng.uniform(1.25, 1.6))
        tall = float(canvas.rng.uniform(0.75, 1.35))
        _front(sheet, canvas, (edge, meet), (near, far, tall), canvas.pick(walls))
        near = far


def _front(
    sheet: Array,
    canvas: Canvas,
    where: tuple[float, tuple[float, float]],
    depth: tuple[float, float, float],
    wall: Colour,
) -> None:
    (edge, meet), (near, far, tall) = where, depth
    light = canvas.light

    def at(along: float, up: float) -> tuple[float, float]:
        z = near + (far - near) * along
        x = meet[0] + (edge - meet[0]) * 1.12 / z
        y = meet[1] + (0.42 - up * (0.42 + tall)) / z
        return x * canvas.width, y * canvas.height

    away = np.float32(min(0.9, 0.05 + 0.085 * near) * (0.4 + light.thick))
    facing = 0.9 if (edge > 0.5) != (light.side > 0) else 0.3
    tone = light.lit(wall, facing)
    tone = tone + (rgb(*light.haze) * 0.85 - tone) * away
    shapes.polygon(sheet, [at(0, 0), at(0, 1), at(1, 1), at(1, 0)], tone)
    floors, bays = max(3, round(5 * tall)), 4
    glass = light.lit((0.28, 0.34, 0.42), 0.4) * 0.7 + rgb(*light.sky[-1]) * 0.16
    for floor in range(floors):
        for bay in range(bays):
            left, low = (bay + 0.24) / bays, (floor + 0.30) / floors
            right, high = (bay + 0.76) / bays, (floor + 0.80) / floors
            lit = float(canvas.rng.random()) < 0.42
            lamp = rgb(*canvas.pick(WARM)) * np.float32(canvas.rng.uniform(0.5, 3.5))
            glow = lamp * np.float32(lit * max(0.0, light.lamps - 0.4) * (1 - 0.5 * away))
            pane = [at(left, low), at(left, high), at(right, high), at(right, low)]
            shapes.polygon(sheet, pane, glass * (1 - away) + rgb(*light.haze) * away * 0.5 + glow)


def blocks(
    sheet: Array,
    canvas: Canvas,
    foot: float,
    heights: tuple[float, float],
    wide: tuple[float, float],
    distance: float,
) -> None:
    """A skyline of towers with windows, on one plane; sizes in 0..1 of height and in units."""
    light, x = canvas.light, -0.06 * canvas.width
    while x < 1.02 * canvas.width:
        broad, tall = canvas.size(*wide), float(canvas.rng.uniform(*heights)) * canvas.height
        red, green, blue = (canvas.rng.uniform(0.30, 0.62) * c for c in (1.0, 0.99, 1.02))
        wall: Rgb = (red, green, blue)
        tone = light.lit(wall, 0.7)
        share = np.float32(distance * (0.35 + 0.6 * light.thick))
        tone = tone + (rgb(*light.haze) * 0.8 - tone) * share
        top = foot * canvas.height - tall
        shapes.box(sheet, x, top, x + broad, canvas.height, tone)
        edge = x + broad * (0.86 if light.side > 0 else 0.0)
        shapes.box(sheet, edge, top, edge + broad * 0.14, canvas.height, tone * 1.3)
        _windows(sheet, canvas, (x, top, broad, foot * canvas.height - top), tone, share)
        x += broad * float(canvas.rng.uniform(0.92, 1.25))


def _windows(
    sheet: Array,
    canvas: Canvas,
    at: tuple[float, float, float, float],
    wall: Array,
    share: np.float32,
) -> None:
    left, top, broad, tall = at
    light, step = canvas.light, canvas.unit * 0.017
    columns, rows = max(2, int(broad * 0.84 / step)), max(2, int(tall / (step * 1.35)))
    draw = canvas.rng.random((rows, columns, 2), np.float32)
    dark = wall * 0.55 + rgb(*light.sky[-1]) * 0.10 * (1 - share)
    for row in range(rows):
        for column in range(columns):
            on, hue = draw[row, column].tolist()
            lamp = rgb(*WARM[int(hue * len(WARM))]) * np.float32((0.6 + 4 * hue) * (on < 0.34))
            colour = dark + lamp * np.float32(max(0.0, light.lamps - 0.35))
            x, y = left + broad * 0.08 + column * step, top + step * (0.6 + 1.35 * row)
            shapes.box(sheet, x, y, x + step * 0.5, y + step * 0.7, colour)


def string_of_lamps(
    sheet: Array, canvas: Canvas, ends: tuple[float, float], sag: float, count: int, power: float
) -> None:
    """Bulbs on a wire across the picture; ends: how high at the left and right, 0..1."""
    usual: list[Rgb] = [(1.0, 0.74, 0.40)]
    phase = float(canvas.rng.uniform(0, 1))
    for k in range(round(count * canvas.span)):
        t = (k + phase) / (count * canvas.span)
        y = ends[0] + (ends[1] - ends[0]) * t + sag * 4 * t * (1 - t)
        at = (t * canvas.width, y * canvas.height)
        shapes.lamp(sheet, canvas, *at, 0.006, canvas.accent(usual), power)


def floor(sheet: Array, canvas: Canvas, top: float, colour: Array, sheen: float = 0.3) -> None:
    """A floor below `top` (0..1) that mirrors what stands on it, softly."""
    first = int(top * canvas.height)
    tall = canvas.height - first
    above = sheet[max(0, first - tall) : first, :, :3][::-1]
    if above.shape[0] < tall:
        above = np.pad(above, ((0, tall - above.shape[0]), (0, 0), (0, 0)), mode="edge")
    mirror = cv2.blur(
        np.ascontiguousarray(above), (max(1, canvas.unit // 60), max(1, canvas.unit // 12))
    )
    depth = np.linspace(1.05, 0.65, tall, dtype=np.float32)[:, None, None]
    sheet[first:, :, :3] = np.asarray(colour, np.float32) * depth * (1 - sheen) + mirror * sheen
    sheet[first:, :, 3] = 1


def planks(sheet: Array, canvas: Canvas, top: float, count: int, strength: float = 0.25) -> None:
    """Joints of boards that run to the point where lines meet."""
    depth = np.clip((canvas.rows() - top) / (1 - top), 0, 1)
    across = (canvas.columns() - 0.5) / (0.25 + 0.9 * depth)
    wave = np.abs(((across * count) % 1) - 0.5) * 2
    joints = np.clip((wave - 0.86) * 7, 0, 1) * (depth > 0)
    boards = np.sin(np.floor(across * count) * 12.9898) * (depth > 0)
    shapes.shaded(sheet, 1 - strength * joints + 0.12 * boards)


def wet(sheet: Array, canvas: Canvas, top: float, ripple: float = 0.05) -> None:
    """A wet street: it mirrors the lights above it in long streaks."""
    first = int(top * canvas.height)
    tall = canvas.height - first
    rows = np.arange(tall, dtype=np.float32)[:, None]
    waves = canvas.noise(14, 4, stretch=3)[first:]
    patches = np.clip(0.6 + 0.9 * canvas.noise(4, 4, stretch=3)[first:], 0.15, 1)
    x = np.arange(canvas.width, dtype=np.float32)[None] + waves * ripple * canvas.unit * 0.25
    y = np.clip(first - rows * 0.8 + waves * ripple * canvas.unit, 0, first - 1)
    mirror = cv2.remap(
        np.ascontiguousarray(sheet[..., :3]), x.astype(np.float32), y.astype(np.float32),
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip
    mirror = cv2.blur(mirror, (1, max(1, canvas.unit // 14)))
    own = canvas.light.lit((0.20, 0.20, 0.22), 0.5)
    sheet[first:, :, :3] = own + mirror * patches[..., None] * 0.75
    sheet[first:, :, 3] = 1


def tube(
    sheet: Array,
    canvas: Canvas,
    corners: Sequence[tuple[float, float]],
    colour: Rgb,
    power: float = 5.0,
) -> None:
    """A neon tube through points in pixels: its core nearly white, its light around it."""
    bright = rgb(*colour) * np.float32(power * max(0.35, canvas.light.lamps))
    shapes.line(sheet, corners, bright, 0.010 * canvas.unit)
    shapes.line(sheet, corners, bright * 0.8 + 0.5 * power * 0.3, 0.004 * canvas.unit)


def halo(sheet: Array, canvas: Canvas, sigma: float, strength: float) -> Array:
    """The light of what shines, on what is around it."""
    bright = np.clip(sheet[..., :3] - 0.7, 0, 8)
    sheet[..., :3] += soft(bright, sigma * canvas.unit) * np.float32(strength) * sheet[..., 3:]
    return sheet


def wall(canvas: Canvas, colour: Array, falloff: float = 0.55) -> Array:
    """A plain wall lit from the light's side."""
    sheet = canvas.sheet(colour)
    x = 0.5 + canvas.light.side * 0.55
    away = canvas.distance(x, 0.1)
    shapes.shaded(sheet, 1.25 - falloff * np.clip(away, 0, 1.7))
    return sheet


def window_panes(
    sheet: Array,
    canvas: Canvas,
    at: tuple[float, float, float, float],
    panes: tuple[int, int],
    frame: Colour,
    view: Array | None = None,
) -> None:
    """A window of 0..1 coordinates with its bars; `view` is what lies behind, else bright sky."""
    left, top, right, bottom = (
        at[0] * canvas.width, at[1] * canvas.height, at[2] * canvas.width, at[3] * canvas.height,
    )  # fmt: skip
    if view is None:
        day = rgb(*canvas.light.sky[-1]) * np.float32(0.03 + 1.7 * canvas.light.day)
        shapes.box(sheet, left, top, right, bottom, day)
    else:
        rows = slice(max(0, int(top)), max(0, int(bottom)))
        columns = slice(max(0, int(left)), max(0, int(right)))
        sheet[rows, columns] = view[rows, columns]
    bar = 0.012 * canvas.unit
    for k in range(panes[0] + 1):
        x = left + (right - left) * k / panes[0]
        shapes.box(sheet, x - bar / 2, top, x + bar / 2, bottom, frame)
    for k in range(panes[1] + 1):
        y = top + (bottom - top) * k / panes[1]
        shapes.box(sheet, left, y - bar / 2, right, y + bar / 2, frame)
