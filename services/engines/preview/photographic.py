"""Looks of the darkroom and the camera."""

import numpy as np

from services.engines.preview.looks import Sitting, look
from services.engines.preview.pixels import (
    Array,
    blur,
    clouds,
    contrast,
    gradient_map,
    grain,
    grid,
    hex_colour,
    levels,
    luma,
    mix,
    noise,
    outline,
    saturation,
    screen,
    smoothstep,
    soft_blur,
    vignette,
)


def _develop(picture: Array) -> Array:
    """Even exposure: percentile levels on brightness, half strength, colours kept."""
    grey = luma(picture)
    gain = (levels(grey, 0.5, 99.5) + 0.02) / (grey + 0.02)
    return np.clip(picture * mix(np.ones_like(gain), gain, 0.6)[..., None], 0, 1)


def natural(sitting: Sitting) -> Array:
    """Without a preset: a clean editorial grade with a breath of background blur."""
    cut = sitting.cut()
    if cut.outlined:  # it is a finished photograph
        return cut.picture
    picture = _develop(cut.picture)
    picture = mix(soft_blur(picture, sitting.height / 120), picture, np.maximum(cut.subject, 0.25))
    picture = contrast(picture, 1.06) * np.array([1.02, 1.0, 0.975], np.float32)
    return picture * vignette(sitting.height, sitting.width, 0.16)[..., None]


@look("studio-portrait")
def studio_portrait(sitting: Sitting) -> Array:
    """The surroundings become a lit seamless backdrop; a soft key light falls from one side."""
    cut = sitting.cut(zoom=0.86)
    height, width = sitting.height, sitting.width
    if cut.outlined:
        soft = screen(cut.picture, soft_blur(np.clip(cut.picture - 0.6, 0, 1), height / 50) * 0.5)
        return contrast(soft, 1.06, 0.45) * vignette(height, width, 0.22)[..., None]
    x, y = grid(height, width)
    side = 1 if sitting.rng.random() < 0.5 else -1
    tones = [("#20242b", "#5d6672"), ("#231d1c", "#6d5a50"), ("#1a2226", "#4c6a6f")]
    dark, light = (hex_colour(c) for c in tones[sitting.rng.integers(len(tones))])
    pool = 1 - smoothstep(np.hypot(x + 0.35 * side, y + 0.2), 0.1, 1.7)
    backdrop = mix(np.broadcast_to(dark, (height, width, 3)), light, pool)
    person = contrast(saturation(_develop(cut.picture), 0.92), 1.1, 0.42)
    key = 0.84 + 0.3 * smoothstep(-x * side, -1.0, 1.0)
    person = person * key[..., None] * np.array([1.03, 1.0, 0.96], np.float32)
    around = mix(soft_blur(cut.picture, height / 28) * 0.55, backdrop, 0.72)
    lit = smoothstep(blur(cut.subject, height / 16), 0.1, 0.9)
    picture = mix(around, person, lit)
    glow = soft_blur(np.clip(picture - 0.62, 0, 1), height / 60)
    return screen(picture, glow * 0.5) * vignette(height, width, 0.35)[..., None]


@look("golden-hour")
def golden_hour(sitting: Sitting) -> Array:
    """A low sun behind one shoulder: warm haze, lifted blacks, a flare."""
    cut = sitting.cut()
    height, width = sitting.height, sitting.width
    x, y = grid(height, width)
    side = 1 if sitting.rng.random() < 0.5 else -1
    behind = cut.picture if cut.outlined else soft_blur(cut.picture, height / 70)
    picture = mix(behind, cut.picture, np.maximum(cut.subject, 0.15))
    warm = np.array([1.16, 1.0, 0.74], np.float32)
    if cut.outlined:  # the place is lit by that sun already: only its flare is missing
        warm = np.array([1.03, 1.0, 0.95], np.float32)
        picture = contrast(picture * warm, 0.97, 0.45)
    else:
        picture = contrast(_develop(picture) * warm, 0.92, 0.45) + np.array([0.05, 0.025, 0.0])
    away = np.hypot(x - 0.8 * side, y + 0.75).astype(np.float32)
    sun = np.exp(-((away / 0.75) ** 2))[..., None] * hex_colour("#ffb45a")
    core = np.exp(-((away / 0.22) ** 2))[..., None] * hex_colour("#fff0cf")
    haze = smoothstep(-y, -0.4, 1.3)[..., None] * hex_colour("#f08a3c") * 0.22
    return screen(screen(picture, sun * 0.75), core * 0.9 + haze)


@look("black-and-white-film")
def black_and_white_film(sitting: Sitting) -> Array:
    """A red-filter mix, a film curve, halation around the lights, and silver grain."""
    cut = sitting.cut()
    height, width = sitting.height, sitting.width
    grey = cut.picture @ np.array([0.5, 0.36, 0.14], np.float32)
    grey = levels(grey, 1.5, 98.8)
    grey = smoothstep(contrast(grey, 1.08, 0.46), -0.06, 1.03)
    lights = blur(np.asarray(np.clip(grey - 0.7, 0, 1), np.float32), height / 90)
    grey = 1 - (1 - grey) * (1 - lights * 0.5)
    strength = (0.05 if cut.outlined else 0.075) * (1 - np.abs(grey - 0.45))
    grey = grey + grain(sitting.rng, height, width, 0.9) * strength
    grey = grey * vignette(height, width, 0.34)
    return gradient_map(np.clip(grey, 0, 1), *map(hex_colour, ("#0b0b0c", "#7f7d7a", "#f5f3ee")))


def _leak(sitting: Sitting, height: int, width: int) -> Array:
    x, y = grid(height, width)
    side = 1 if sitting.rng.random() < 0.5 else -1
    wobble = noise(sitting.rng, height, width, max(8, height // 3)) - 0.5
    band = smoothstep(x * side + wobble * 0.9 + 0.15 * y, 0.45, 1.25)
    return np.asarray(band[..., None] * hex_colour("#ff7a3d") * 0.62, np.float32)


@look("vintage-print")
def vintage_print(sitting: Sitting) -> Array:
    """Dyes fade at different speeds; the lab left a cream border."""
    margin = round(min(sitting.width, sitting.height) * 0.055)
    width, height = sitting.width - 2 * margin, sitting.height - 2 * margin - margin
    faded = 0.3 if sitting.scene.colours else 1.0  # of the dyes that were asked for, less is lost
    picture = _develop(sitting.cut(width=width, height=height).picture)
    picture = saturation(picture, 1.0 - 0.28 * faded)
    low, high = np.array([0.13, 0.09, 0.1]), np.array([0.98, 0.95 - 0.04 * faded, 0.91])
    high[2] -= 0.15 * faded
    picture = low + contrast(picture, 0.94) ** np.array([0.9, 1.0, 1.12]) * (high - low)
    picture = screen(np.asarray(picture, np.float32), _leak(sitting, height, width) * faded)
    picture = picture * vignette(height, width, 0.3)[..., None]
    picture = picture + grain(sitting.rng, height, width, 1.1)[..., None] * 0.028
    paper = 0.985 - 0.02 * clouds(sitting.rng, sitting.height, sitting.width, 64)
    sheet = paper[..., None] * hex_colour("#f6efdf")
    sheet[margin : margin + height, margin : margin + width] = picture
    return np.asarray(sheet, np.float32)


def _ridges(sitting: Sitting, height: int, width: int) -> Array:
    """Misty mountains with firs, nearer ones darker; brightness (H, W)."""
    out = np.linspace(0.96, 0.8, height, dtype=np.float32)[:, None].repeat(width, 1)
    rows = np.arange(height, dtype=np.float32)[:, None]
    for depth in range(5):
        t = np.linspace(0, 1, width, dtype=np.float32)
        line = np.zeros(width, np.float32)
        for octave in range(1, 6):
            phase, turns = sitting.rng.random() * 6.3, (1.1 + sitting.rng.random()) * octave * 1.7
            line += np.sin(t * turns * 2 * np.pi + phase).astype(np.float32) / octave**1.35
        firs = np.abs(((t * (60 + 25 * depth) + sitting.rng.random()) % 1) - 0.5).astype(np.float32)
        tall = np.interp(t * 97 % 1, [0, 1], [0.4, 1.0]) * (depth >= 2)
        top = height * (0.38 + 0.13 * depth + 0.055 * line - 0.035 * firs * tall)
        shade = 0.8 - 0.15 * depth + 0.22 * smoothstep((rows - top) / height, 0.0, 0.22)
        out = np.where(rows > top, np.minimum(shade, 0.95), out).astype(np.float32)
    return out


@look("double-exposure")
def double_exposure(sitting: Sitting) -> Array:
    """On white film the portrait's shadows hold the landscape, its lights stay paper."""
    cut = sitting.cut(zoom=0.9)
    height, width = sitting.height, sitting.width
    inside = smoothstep(cut.subject, 0.0, 0.9)
    portrait = contrast(levels(luma(cut.picture), 1, 99), 1.2, 0.62)
    backdrop = sitting.backdrop(width, height)
    land = _ridges(sitting, height, width) if backdrop is None else luma(backdrop)
    shadow = np.clip(1 - portrait, 0, 1)
    fill = shadow * (0.45 + 0.75 * (1 - land)) + 0.75 * (1 - land) * (0.35 + 0.65 * shadow)
    both = 1 - inside * np.clip(fill, 0, 0.97)
    inks = [("#10242b", "#4f8a8b", "#fbf7f0"), ("#241a2e", "#8a6d8f", "#fdf6ee")]
    stops = inks[sitting.rng.integers(len(inks))]
    picture = gradient_map(np.clip(both, 0, 1), *map(hex_colour, stops))
    if backdrop is None:
        tint = saturation(cut.picture, 0.8)
        return mix(picture, np.minimum(picture, tint + 0.15), inside * 0.2)
    # As on film: what is dark in the portrait takes the light of the place.
    face = gradient_map(np.clip(portrait * 0.95 + 0.04, 0, 1), *map(hex_colour, stops))
    seen = saturation(np.clip(backdrop * 1.15, 0, 1), 1.15)
    taken = screen(face, seen * smoothstep(shadow, 0.30, 0.85)[..., None])
    return mix(np.broadcast_to(hex_colour(stops[-1]), taken.shape), taken, inside)


def _glowing(colour: Array) -> Array:
    """The same hue as a lamp has it: no lamp is navy or brown."""
    return np.asarray(colour / max(0.05, float(colour.max())), np.float32)


@look("neon")
def neon(sitting: Sitting) -> Array:
    """Contours glow in two tubes of light over a night that keeps only the form."""
    cut = sitting.cut()
    height, width = sitting.height, sitting.width
    grey = levels(luma(cut.picture))
    soft = blur(grey, height / 512)
    gy, gx = np.gradient(soft)
    edge = levels(np.hypot(gx, gy).astype(np.float32), 55, 99.3) ** 1.3
    if cut.outlined:  # tubes follow the person; the place only glows
        edge = np.maximum(edge * cut.subject, 0.9 * outline(cut.subject, height / 300))
    x, y = grid(height, width)
    pairs = [("#ff2fa0", "#21d4fd"), ("#ff5a36", "#8b5cff"), ("#f9f871", "#00c2a8")]
    asked = sitting.inks(*pairs[sitting.rng.integers(len(pairs))])
    one, two = (_glowing(hex_colour(code)) for code in asked)
    across = smoothstep(x * 0.8 + y * 0.25 + (sitting.rng.random() - 0.5) * 0.5, -0.75, 0.75)
    colour = mix(np.broadcast_to(one, (height, width, 3)), two, across)
    night = gradient_map(contrast(grey, 1.15), hex_colour("#05060f"), hex_colour("#3b2a63"))
    night = mix(night, night * (0.4 + colour), 0.75) + (grey**3)[..., None] * colour * 0.35
    tube = edge[..., None] * colour
    glow = soft_blur(tube, height / 40) * 1.5 + soft_blur(tube, height / 130) * 0.9
    core = (edge**3)[..., None] * 0.85
    return screen(screen(night * 0.9, np.clip(glow, 0, 1)), np.clip(tube * 0.9 + core, 0, 1))


@look("cyanotype")
def cyanotype(sitting: Sitting) -> Array:
    """Sun print: Prussian blue where the light fell, emulsion brushed on by hand."""
    cut = sitting.cut()
    height, width = sitting.height, sitting.width
    grey = contrast(levels(luma(cut.picture), 1, 99), 1.05)
    paper = 0.965 + 0.035 * clouds(sitting.rng, height, width, 32)
    blue = gradient_map(
        np.clip(grey, 0, 1), *map(hex_colour, ("#0c2a4d", "#215a8f", "#8fb4cf", "#f2f1e6"))
    )
    blue = blue + grain(sitting.rng, height, width, 1.4)[..., None] * 0.018
    x, y = (np.abs(a) for a in grid(height, width))
    limit_x, limit_y = width / min(width, height), height / min(width, height)
    strokes = noise(sitting.rng, 1, width, 40) * 0.05 + noise(sitting.rng, 1, width, 9) * 0.02
    strokes_y = noise(sitting.rng, height, 1, 60) * 0.05 + noise(sitting.rng, height, 1, 8) * 0.02
    rough = (clouds(sitting.rng, height, width, 48) - 0.5) * 0.07
    edge = np.minimum(limit_y - y - strokes, limit_x - x - strokes_y) - 0.035 + rough
    sheet = paper[..., None] * hex_colour("#f4f1e7")
    return mix(np.asarray(sheet, np.float32), blue, smoothstep(edge.astype(np.float32), 0, 0.03))
