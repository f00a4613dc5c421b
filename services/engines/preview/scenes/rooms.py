"""Where one works and reads: café, library, office; and what rooms have in common."""

import numpy as np

from services.engines.preview.scene import Light, Place, Weather
from services.engines.preview.scenes import built, outdoors, shapes
from services.engines.preview.scenes.air import falling
from services.engines.preview.scenes.canvas import Array, Canvas, Painting, over, shot
from services.engines.preview.scenes.light import Rgb, rgb
from services.engines.preview.scenes.registry import place


def window_side(canvas: Canvas, near: float, far: float) -> tuple[float, float]:
    """Left and right of a window at the light's side; 0..1, `near` the middle first."""
    if canvas.light.side > 0:
        return near, far
    return 1 - far, 1 - near


def view(canvas: Canvas) -> Array:
    """What is seen through a window: sky, trees or lamps of a town, bright as it is outside."""
    day = np.float32(0.04 + 1.5 * canvas.light.day)
    sheet = shapes.vertical(
        canvas, [(0, rgb(*canvas.light.sky[1]) * day), (1, rgb(*canvas.light.sky[-1]) * day)]
    )
    tones = [rgb(*c) * day * 0.55 for c in outdoors.LEAVES[canvas.season]]
    shapes.scatter(sheet, canvas, 110, tones, (0.02, 0.06), y=(0.3, 0.9), gain=(0.5, 1.5))
    if canvas.weather in (Weather.RAIN, Weather.STORM, Weather.SNOW):
        sheet = over(sheet, falling(canvas, 200, (0.003, 0.007), 1.2))
    if canvas.light.day < 0.5:
        for _ in range(round(26 * canvas.span)):
            at = canvas.x(), canvas.y(0.2, 0.8)
            shapes.lamp(sheet, canvas, *at, 0.005, built.WARM[0], float(canvas.rng.uniform(2, 9)))
    return sheet


def pendants(sheet: Array, canvas: Canvas, count: int, level: tuple[float, float]) -> None:
    """Lamps that hang from the ceiling, each with its glow."""
    usual: list[Rgb] = [(1.0, 0.72, 0.38)]
    for k in range(round(count * canvas.span)):
        x = (k + float(canvas.rng.uniform(0.25, 0.75))) / (count * canvas.span)
        y = float(canvas.rng.uniform(*level))
        colour = canvas.accent(usual)
        wire = canvas.light.lit((0.1, 0.09, 0.08), 0.3)
        at = (x * canvas.width, y * canvas.height)
        shapes.line(sheet, [(at[0], 0), at], wire, 1)
        shade = [(at[0] - 0.03 * canvas.unit, at[1]), (at[0], at[1] - 0.04 * canvas.unit)]
        shade += [(at[0] + 0.03 * canvas.unit, at[1])]
        shapes.polygon(sheet, shade, wire * 2)
        shapes.lamp(sheet, canvas, at[0], at[1] + 0.004 * canvas.unit, 0.011, colour, 14)
        glow = rgb(*colour) * np.float32(0.30 * canvas.light.lamps)
        shapes.glow(sheet, canvas, x, y, 0.16, glow)


def _shelf(
    sheet: Array,
    canvas: Canvas,
    at: tuple[float, float, float],
    things: list[Array],
    tall: tuple[float, float],
) -> None:
    """A board with bottles, cups and jars; at: left, right and height in 0..1."""
    left, right, y = at[0] * canvas.width, at[1] * canvas.width, at[2] * canvas.height
    shapes.box(
        sheet, left, y, right, y + 0.014 * canvas.unit, canvas.light.lit((0.36, 0.24, 0.15), 0.7)
    )
    x = left + 0.01 * canvas.unit
    while x < right - 0.03 * canvas.unit:
        wide, high = canvas.size(0.014, 0.03), canvas.size(*tall)
        colour = np.asarray(canvas.pick(things)) * canvas.rng.uniform(0.6, 1.2)
        shapes.box(sheet, x, y - high, x + wide, y, colour)
        shine = x + wide * (0.75 if canvas.light.side > 0 else 0.1)
        shapes.box(sheet, shine, y - high * 0.9, shine + wide * 0.15, y - high * 0.2, colour * 2.4)
        x += wide * float(canvas.rng.uniform(1.1, 1.9))


@place(Place.CAFE, Light.WINDOW, indoors=True)
def cafe(canvas: Canvas) -> Painting:
    """A café: window, shelves of cups and bottles, hanging lamps, a table in front."""
    light = canvas.light
    usual: list[Rgb] = [(0.34, 0.42, 0.38), (0.52, 0.34, 0.24), (0.28, 0.30, 0.34)]
    back = built.wall(canvas, light.lit(canvas.accent(usual), 0.8))
    panel = light.lit((0.36, 0.24, 0.15), 0.7)
    shapes.box(back, 0, 0.60 * canvas.height, canvas.width, canvas.height, panel)
    near, far = window_side(canvas, 0.70, 1.04)
    built.window_panes(back, canvas, (near, 0.05, far, 0.58), (3, 3), panel * 0.6, view(canvas))
    things = [
        light.lit(c, 0.9)
        for c in ((0.85, 0.8, 0.7), (0.5, 0.25, 0.12), (0.3, 0.42, 0.3), (0.7, 0.5, 0.25))
    ]
    a, b = window_side(canvas, -0.02, 0.32)
    for level in (0.20, 0.34, 0.48):
        _shelf(back, canvas, (a, b, level), things, (0.03, 0.09))
    pendants(back, canvas, 4, (0.06, 0.2))
    mid = canvas.sheet()
    for side in (-1, 1):
        x = (0.5 + side * 0.42) * canvas.width
        top = 0.70 * canvas.height
        shapes.blob(
            mid,
            x,
            top,
            0.14 * canvas.unit,
            0.02 * canvas.unit,
            0,
            light.lit((0.42, 0.28, 0.18), 0.9),
        )
        cup = (x + canvas.size(-0.04, 0.04), top - 0.025 * canvas.unit)
        shapes.box(
            mid, cup[0] - 8, cup[1] - 4, cup[0] + 8, cup[1] + 9, light.lit((0.9, 0.87, 0.8), 1)
        )
        shapes.lamp(
            mid,
            canvas,
            x + canvas.size(-0.08, 0.08),
            top - 0.02 * canvas.unit,
            0.004,
            (1, 0.6, 0.25),
            12,
        )
    return shot(canvas, [(back, 0.024), (mid, 0.022)])


@place(Place.LIBRARY, Light.WINDOW, indoors=True)
def library(canvas: Canvas) -> Painting:
    """Books to the ceiling, a window at the end, green lamps."""
    light = canvas.light
    back = canvas.sheet(light.lit((0.20, 0.13, 0.08), 0.6))
    usual: list[Rgb] = [
        (0.48, 0.14, 0.12),
        (0.16, 0.24, 0.34),
        (0.55, 0.42, 0.24),
        (0.22, 0.32, 0.22),
        (0.64, 0.56, 0.44),
        (0.30, 0.16, 0.24),
    ]
    rows = 7
    for row in range(rows):
        foot = canvas.height * (row + 0.93) / rows
        _books(back, canvas, foot, canvas.height / rows, usual)
    for x in (0.19, 0.81):
        post = light.lit((0.30, 0.19, 0.11), 0.8)
        wide = 0.02 * canvas.unit
        shapes.box(back, x * canvas.width - wide, 0, x * canvas.width + wide, canvas.height, post)
    near, far = window_side(canvas, 0.86, 1.05)
    built.window_panes(
        back, canvas, (near, 0.0, far, 0.56), (2, 4), light.lit((0.4, 0.3, 0.2), 0.6), view(canvas)
    )
    away = np.abs(canvas.columns() - 0.5 - 0.42 * light.side) * canvas.span
    shapes.shaded(back, 1.5 - 0.9 * np.clip(away, 0, 1.2))
    lamps = canvas.sheet()
    for side in (-1, 1):
        x = 0.5 + side * float(canvas.rng.uniform(0.30, 0.42))
        y = float(canvas.rng.uniform(0.62, 0.7))
        at = x * canvas.width, y * canvas.height
        glass = rgb(0.10, 0.42, 0.24) * np.float32(1.2 * light.lamps)
        shapes.blob(
            lamps,
            at[0],
            at[1] - 0.03 * canvas.unit,
            0.06 * canvas.unit,
            0.022 * canvas.unit,
            0,
            glass,
        )
        shapes.lamp(lamps, canvas, at[0], at[1] - 0.008 * canvas.unit, 0.014, (1, 0.78, 0.45), 9)
        shapes.glow(back, canvas, x, y, 0.2, rgb(1, 0.7, 0.36) * np.float32(0.35 * light.lamps))
    pendants(lamps, canvas, 3, (0.05, 0.14))
    return shot(canvas, [(back, 0.019), (lamps, 0.022)])


def _books(sheet: Array, canvas: Canvas, foot: float, tall: float, usual: list[Rgb]) -> None:
    x = -0.01 * canvas.width
    while x < canvas.width:
        wide, high = canvas.size(0.012, 0.032), tall * float(canvas.rng.uniform(0.60, 0.86))
        colour = canvas.light.lit(canvas.accent(usual), 0.9) * canvas.rng.uniform(0.5, 1.35)
        shapes.box(sheet, x, foot - high, x + wide - 1, foot, colour)
        if canvas.rng.random() < 0.5:
            gold = canvas.light.lit((0.85, 0.7, 0.4), 1.0)
            for y in (0.85, 0.25):
                shapes.box(sheet, x, foot - high * y, x + wide - 1, foot - high * y + 1.5, gold)
        x += wide + (canvas.size(0.02, 0.05) if canvas.rng.random() < 0.06 else 0)


@place(Place.OFFICE, Light.WINDOW, indoors=True)
def office(canvas: Canvas) -> Painting:
    """A bright office: a wall of glass with the town behind it, desks, a plant."""
    light = canvas.light
    back = outdoors.sky(canvas, 0.66, 0.2)
    built.blocks(back, canvas, 0.70, (0.10, 0.36), (0.07, 0.15), 0.7)
    shapes.shaded(back, 0.6 + 0.6 * light.day)
    frame = light.lit((0.30, 0.31, 0.33), 0.5)
    for k in range(round(5 * canvas.span)):
        x = (k + 0.45) / round(5 * canvas.span) * canvas.width
        shapes.box(back, x, 0, x + 0.014 * canvas.unit, 0.7 * canvas.height, frame)
    shapes.box(back, 0, 0.22 * canvas.height, canvas.width, 0.232 * canvas.height, frame)
    shapes.box(
        back,
        0,
        0.66 * canvas.height,
        canvas.width,
        canvas.height,
        light.lit((0.62, 0.58, 0.53), 0.6),
    )
    a, b = window_side(canvas, -0.02, 0.24)
    usual: list[Rgb] = [(0.88, 0.86, 0.82), (0.75, 0.78, 0.78)]
    shapes.box(
        back,
        a * canvas.width,
        0,
        b * canvas.width,
        canvas.height,
        light.lit(canvas.accent(usual), 0.9),
    )
    mid = canvas.sheet()
    desk = light.lit((0.66, 0.52, 0.38), 0.9)
    shapes.box(mid, 0, 0.72 * canvas.height, canvas.width, 0.745 * canvas.height, desk)
    for side in (-1, 1):
        x = (0.5 + side * 0.40) * canvas.width
        screen = light.lit((0.10, 0.11, 0.13), 0.5)
        shapes.box(
            mid,
            x - 0.09 * canvas.unit,
            0.58 * canvas.height,
            x + 0.09 * canvas.unit,
            0.70 * canvas.height,
            screen,
        )
    x = 0.5 - light.side * 0.43
    leaves = outdoors.leaves(canvas, outdoors.GREENS)
    shapes.scatter(
        mid,
        canvas,
        60,
        leaves,
        (0.012, 0.045),
        x=(x - 0.10, x + 0.10),
        y=(0.3, 0.62),
        aspect=(0.2, 0.4),
    )
    pendants(mid, canvas, 3, (0.04, 0.09))
    return shot(canvas, [(back, 0.022), (mid, 0.022)])
