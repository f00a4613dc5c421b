"""Looks of the brush, the pen and the pencil."""

import numpy as np
from PIL import Image, ImageDraw

from services.engines.preview.compose import Frame
from services.engines.preview.looks import Sitting, look
from services.engines.preview.pixels import (
    Array,
    blur,
    clouds,
    contrast,
    from_image,
    grain,
    grid,
    halftone,
    hex_colour,
    kuwahara,
    levels,
    lines,
    luma,
    mix,
    noise,
    outline,
    posterise,
    saturation,
    smoothstep,
    soft_blur,
    to_image,
)


def _paper(sitting: Sitting, colour: str, depth: float = 0.05) -> Array:
    """Rough paper, lit from the upper left."""
    height, width = sitting.height, sitting.width
    bumps = 0.6 * noise(sitting.rng, height, width, 3) + 0.4 * clouds(
        sitting.rng, height, width, 24
    )
    light = np.gradient(bumps, axis=0) + np.gradient(bumps, axis=1)
    tone = 1 + depth * np.clip(light / (np.abs(light).std() + 1e-6), -2.5, 2.5) * 0.5
    return np.asarray(np.clip(tone[..., None] * hex_colour(colour), 0, 1), np.float32)


@look("watercolour")
def watercolour(sitting: Sitting) -> Array:
    """Washes that pool at their borders, thin over paper, and stop short of the sheet's edge."""
    cut = sitting.cut()
    height, width = sitting.height, sitting.width
    washes = kuwahara(kuwahara(saturation(cut.picture, 1.3), height // 128), height // 100)
    flat = np.clip(mix(washes, posterise(washes, 7), 0.5), 0, 1)
    flat = mix(flat, cut.picture, cut.subject * 0.3)
    grey = luma(flat)
    gy, gx = np.gradient(blur(grey, height / 400))
    pooled = levels(np.hypot(gx, gy).astype(np.float32), 60, 99.5)
    granules = clouds(sitting.rng, height, width, height // 8) - 0.5
    ink = np.clip(flat ** (1 + 0.5 * pooled + 0.45 * granules)[..., None], 0, 1)
    ink = 0.12 + 0.88 * ink
    x, y = (np.abs(a) for a in grid(height, width))
    side = min(height, width)
    wet = np.minimum(width / side - x, height / side - y) - 0.06
    wet = wet + (clouds(sitting.rng, height, width, height // 5) - 0.5) * 0.26
    edge = smoothstep(wet.astype(np.float32), 0.0, 0.05)
    rim = np.exp(-(((wet - 0.055) / 0.02) ** 2)).astype(np.float32)
    away = (1 - smoothstep(cut.subject, 0.0, 0.6)) * smoothstep(granules, -0.1, 0.5)
    paper = _paper(sitting, "#fbf8f1", 0.035)
    washed = paper * (ink * (1 - 0.14 * rim[..., None]))
    return mix(paper, washed, edge * (1 - 0.75 * away))


def _stroke_layer(
    sitting: Sitting, canvas: Image.Image, relief: Image.Image, source: Array, size: int, count: int
) -> None:
    """Lays `count` strokes of one brush size along the contours of the source."""
    height, width = sitting.height, sitting.width
    grey = blur(luma(source)[::2, ::2], size * 0.4)
    gy, gx = (
        blur(np.gradient(grey, axis=0), size * 0.75),
        blur(np.gradient(grey, axis=1), size * 0.75),
    )
    xs = sitting.rng.integers(0, width, count)
    ys = sitting.rng.integers(0, height, count)
    across = np.arctan2(gy[ys // 2, xs // 2], gx[ys // 2, xs // 2])
    angle = across + np.pi / 2 + sitting.rng.normal(0, 0.18, count)
    length = size * (1.6 + sitting.rng.random(count))
    tone = np.clip(source[ys, xs] * (1 + sitting.rng.normal(0, 0.05, (count, 1))), 0, 1) * 255
    lift = sitting.rng.integers(70, 200, count)
    dx, dy = np.cos(angle) * length, np.sin(angle) * length
    paint, height_map = ImageDraw.Draw(canvas), ImageDraw.Draw(relief)
    for i in range(count):
        ends = (xs[i] - dx[i], ys[i] - dy[i], xs[i] + dx[i], ys[i] + dy[i])
        paint.line(ends, fill=tuple(int(v) for v in tone[i]), width=size)
        height_map.line(ends, fill=int(lift[i]), width=max(1, size - 1))


def _head(cut: Frame, height: int, width: int) -> Array:
    """1 on the face, fading to 0 outside the head."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    reach = cut.reach * height
    away = np.hypot(
        (x - cut.focus[0] * width) / (0.72 * reach), (y - cut.focus[1] * height) / reach
    )
    return 1 - smoothstep(away.astype(np.float32), 0.6, 1.1)


@look("oil")
def oil(sitting: Sitting) -> Array:
    """Three brushes, coarse to fine, along the form; then raking light over the impasto."""
    cut = sitting.cut()
    height, width = sitting.height, sitting.width
    source = saturation(contrast(kuwahara(cut.picture, height // 160), 1.08), 1.22)
    canvas = to_image(soft_blur(source, height / 60) * 0.9)
    relief = Image.new("L", (width, height), 90)
    area = height * width
    for size, share in ((height // 36, 1.0), (height // 64, 1.1), (height // 110, 1.2)):
        blurred = blur(source, max(1.0, size / 3))
        _stroke_layer(
            sitting, canvas, relief, blurred, size, int(share * area / (size * size * 3.2))
        )
    painted = from_image(canvas)
    fine = mix(painted, source, cut.subject * 0.42)
    if cut.outlined:  # a painter takes the smallest brush for the face
        fine = mix(fine, source, 0.62 * _head(cut, height, width) * cut.subject)
    bumps = blur(np.asarray(relief, np.float32) / 255, 1.2)
    light = np.gradient(bumps, axis=0) + np.gradient(bumps, axis=1)
    weave = (noise(sitting.rng, height, width, 2) - 0.5) * 0.03
    return np.clip(fine * (1 + 1.1 * np.clip(light, -0.12, 0.12) + weave)[..., None], 0, 1)


@look("pencil")
def pencil(sitting: Sitting) -> Array:
    """Colour-dodge graphite with hatching in the shadows."""
    cut = sitting.cut()
    height, width = sitting.height, sitting.width
    grey = levels(luma(cut.picture), 1, 99)
    inverted = blur(1 - grey, height / 90)
    sketch = np.clip(grey / np.maximum(1 - inverted, 0.04), 0, 1) ** 1.6
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wobble = noise(sitting.rng, height, width, height // 12) * height / 40
    shadow = 1 - smoothstep(blur(grey, height / 200), 0.08, 0.62)
    hatch = np.ones_like(grey)
    for angle, share in ((0.9, 1.0), (-0.6, 0.55)):
        run = x * np.cos(angle) + y * np.sin(angle) + wobble
        stripe = 0.5 + 0.5 * np.sin(run * 2 * np.pi / (height / 150))
        inked = smoothstep(stripe.astype(np.float32), 0.35, 0.9)
        hatch *= 1 - 0.62 * inked * smoothstep(shadow * share, 0.15, 0.8)
    contour = lines(grey, height / 620, tau=0.975, sharp=22)
    graphite = sketch * hatch * (0.25 + 0.75 * contour)
    tooth = 1 + grain(sitting.rng, height, width, 0.8) * 0.10 * (1 - graphite)
    fade = smoothstep(1 - cut.subject, 0.55, 1.0) * (0.72 if cut.outlined else 0.55)
    graphite = mix(np.clip(graphite * tooth, 0, 1), np.ones_like(grey), fade)
    ink = hex_colour("#2b2a2e")
    return mix(np.broadcast_to(ink, cut.picture.shape), _paper(sitting, "#f7f4ec", 0.03), graphite)


@look("line-art")
def line_art(sitting: Sitting) -> Array:
    """A few confident contours, one flat accent behind the person."""
    cut = sitting.cut()
    height, width = sitting.height, sitting.width
    grey = levels(luma(kuwahara(cut.picture, height // 200)), 1, 99)
    bold = lines(grey, height / 380, tau=0.978, sharp=45)
    fine = lines(grey, height / 640, tau=0.98, sharp=40)
    inside = smoothstep(cut.subject, 0.1, 0.8)
    ink = np.minimum(bold, mix(np.ones_like(fine), fine, inside * 0.85))
    ink = smoothstep(blur(ink, height / 900), 0.35, 0.75)
    solid = smoothstep(blur(grey, height / 180), 0.07, 0.13)
    ink = ink * solid
    if cut.outlined:  # the paper stays empty around one line
        around = 1 - outline(cut.subject, height / 520)
        ink = np.minimum(mix(np.ones_like(ink), ink, smoothstep(cut.subject, 0.3, 0.7)), around)
    accents = ("#f2c6a8", "#b9d3c2", "#e9c9d3", "#c9d6ea", "#efd889")
    paper = hex_colour("#faf6ee")
    x, y = grid(height, width)
    cx, cy = (cut.focus[0] * 2 - 1) * width, (cut.focus[1] * 2 - 1) * height
    side = min(height, width)
    disc = np.hypot(x - cx / side - 0.12, y - cy / side - 0.08).astype(np.float32)
    accent = hex_colour(*sitting.inks(accents[sitting.rng.integers(len(accents))]))
    sheet = mix(
        np.broadcast_to(paper, cut.picture.shape), accent, 1 - smoothstep(disc, 0.80, 0.806)
    )
    return mix(np.broadcast_to(hex_colour("#1d1b22"), cut.picture.shape), sheet, ink)


@look("comic")
def comic(sitting: Sitting) -> Array:
    """Flat inks, dots in the shadows, heavy outlines, and a panel's white gutter."""
    gutter = round(min(sitting.width, sitting.height) * 0.03)
    width, height = sitting.width - 2 * gutter, sitting.height - 2 * gutter
    cut = sitting.cut(width=width, height=height)
    smooth = kuwahara(kuwahara(cut.picture, height // 150), height // 150)
    flat = posterise(contrast(saturation(smooth, 1.5), 1.12, 0.45), 6)
    grey = levels(luma(smooth), 1, 99)
    dots = halftone(np.clip(grey * 1.15 + 0.12, 0, 1), height / 130, 30)
    shaded = np.minimum(dots + 0.42, 1)
    flat = mix(flat, flat * shaded[..., None], 1 - smoothstep(grey, 0.3, 0.62))
    ink: Array = lines(grey, height / 420, tau=0.982, sharp=70) * smoothstep(grey, 0.05, 0.13)
    if cut.outlined:
        behind = _flat_place(cut)
        ink = mix(np.ones_like(ink), ink, smoothstep(cut.subject, 0.3, 0.7))
        ink = np.minimum(ink, 1 - outline(cut.subject, height / 330))
    else:
        behind = _rays(sitting, width, height, cut.focus)
    flat = mix(behind, flat, smoothstep(cut.subject, 0.1, 0.35))
    panel = flat * smoothstep(blur(ink, 0.8), 0.25, 0.7)[..., None]
    sheet = np.ones((sitting.height, sitting.width, 3), np.float32)
    border = max(3, gutter // 6)
    sheet[gutter - border : gutter + height + border, gutter - border : gutter + width + border] = (
        0.05
    )
    sheet[gutter : gutter + height, gutter : gutter + width] = panel
    return sheet


def _flat_place(cut: Frame) -> Array:
    """The place in a few flat inks with dots in its shadows, and light around the person."""
    height = cut.subject.shape[0]
    vivid = saturation(contrast(kuwahara(cut.picture, height // 60), 1.15, 0.5), 1.7)
    inks = posterise(np.clip(vivid * 1.05 + 0.06, 0, 1), 5)
    grey = luma(inks)
    dots = halftone(np.clip(grey * 1.1 + 0.1, 0, 1), height / 110, 30)
    inks = inks * np.minimum(dots + 0.55, 1)[..., None]
    glow = blur(cut.subject, height / 40) * (1 - cut.subject)
    return mix(inks, np.ones_like(inks), np.clip(glow * 1.1, 0, 0.8))


def _rays(sitting: Sitting, width: int, height: int, focus: tuple[float, float]) -> Array:
    """Speed rays around the subject in two neighbouring inks, dotted where they are dark."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = np.arctan2(y - focus[1] * height, x - focus[0] * width)
    turns = int(sitting.rng.integers(14, 20))
    wave = np.sin(angle * turns + sitting.rng.random() * 6.3).astype(np.float32)
    pairs = (("#ffd23f", "#ff9f1c"), ("#7bdff2", "#2ec4d6"), ("#ff8fa3", "#ef476f"))
    one, two = (hex_colour(c) for c in pairs[sitting.rng.integers(len(pairs))])
    return mix(np.broadcast_to(one, (height, width, 3)), two, smoothstep(wave, -0.05, 0.05))
