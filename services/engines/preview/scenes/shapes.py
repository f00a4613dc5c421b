"""What places are made of: each function draws one kind of thing on a sheet, in linear light."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from services.engines.preview.scenes.canvas import Array, Canvas, Colour
from services.engines.preview.scenes.light import Rgb, rgb

_SHIFT = 4  # bits of a pixel: things are drawn between pixels, too


def ink(colour: Colour, alpha: float = 1.0) -> tuple[float, ...]:
    """What OpenCV draws with: premultiplied."""
    return (*(float(v) * alpha for v in colour), alpha)


def points(values: Sequence[tuple[float, float]] | Array) -> npt.NDArray[np.int32]:
    """Corners as OpenCV takes them, a sixteenth of a pixel fine."""
    return np.asarray(np.round(np.asarray(values) * 2**_SHIFT), np.int32)


def polygon(sheet: Array, corners: Sequence[tuple[float, float]] | Array, colour: Colour) -> None:
    """A filled polygon, corners in pixels."""
    cv2.fillPoly(sheet, [points(corners)], ink(colour), cv2.LINE_AA, shift=_SHIFT)


def box(sheet: Array, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
    """A filled rectangle, in pixels."""
    polygon(sheet, [(left, top), (right, top), (right, bottom), (left, bottom)], colour)


def disc(sheet: Array, x: float, y: float, radius: float, colour: Colour) -> None:
    """A filled circle, in pixels."""
    scale = 2**_SHIFT
    centre = (int(x * scale), int(y * scale))
    cv2.circle(sheet, centre, max(1, int(radius * scale)), ink(colour), -1, cv2.LINE_AA, _SHIFT)


def blob(
    sheet: Array, x: float, y: float, wide: float, tall: float, turn: float, colour: Colour
) -> None:
    """A filled ellipse; half-axes in pixels, turn in degrees."""
    scale = 2**_SHIFT
    centre, axes = (int(x * scale), int(y * scale)), (int(wide * scale), int(tall * scale))
    cv2.ellipse(sheet, centre, axes, turn, 0, 360, ink(colour), -1, cv2.LINE_AA, shift=_SHIFT)


def line(
    sheet: Array,
    corners: Sequence[tuple[float, float]] | Array,
    colour: Colour,
    width: float,
) -> None:
    """An open line through points, width in pixels."""
    thick = max(1, round(width))
    cv2.polylines(sheet, [points(corners)], False, ink(colour), thick, cv2.LINE_AA, _SHIFT)


def vertical(canvas: Canvas, stops: Sequence[tuple[float, Colour]]) -> Array:
    """An opaque sheet: linear colours from top to bottom, at 0..1 each."""
    at = [stop for stop, _ in stops]
    rows = canvas.rows()[:, 0]
    sheet = canvas.sheet((0.0, 0.0, 0.0))
    for channel in range(3):
        values = [float(colour[channel]) for _, colour in stops]
        sheet[..., channel] = np.interp(rows, at, values).astype(np.float32)[:, None]
    return sheet


def shaded(sheet: Array, factor: Array | float) -> Array:
    """A sheet made brighter or darker; factor (H, W), (H, 1), (1, W) or a number."""
    if isinstance(factor, np.ndarray):
        factor = np.maximum(factor, 0)[..., None]
    sheet[..., :3] *= factor
    return sheet


def glow(sheet: Array, canvas: Canvas, x: float, y: float, reach: float, colour: Colour) -> Array:
    """Light around a point of 0..1; reach in units."""
    falloff = np.exp(-((canvas.distance(x, y) / reach) ** 2))
    sheet[..., :3] += falloff[..., None] * np.asarray(colour, np.float32) * sheet[..., 3:]
    return sheet


def lamp(
    sheet: Array, canvas: Canvas, x: float, y: float, radius: float, colour: Rgb, power: float
) -> None:
    """A light source: small, and `power` times brighter than white. x, y in pixels."""
    bright = rgb(*colour) * np.float32(power * canvas.light.lamps)
    disc(sheet, x, y, max(0.6, radius * canvas.unit), bright)


def scatter(
    sheet: Array,
    canvas: Canvas,
    count: float,
    colours: Sequence[Colour],
    size: tuple[float, float],
    *,
    x: tuple[float, float] = (-0.05, 1.05),
    y: tuple[float, float] = (0.0, 1.0),
    gain: tuple[float, float] = (0.6, 1.3),
    aspect: tuple[float, float] = (0.4, 1.0),
    sparkle: float = 0.0,
    power: tuple[float, float] = (4.0, 14.0),
    turn: tuple[float, float] = (0.0, 180.0),
) -> Array:
    """Many ellipses: leaves, petals, stones. sparkle: the share that shines with `power`.

    count: in a square picture. colours: linear. size: half-axes in units.
    """
    n = max(1, round(count * canvas.span * canvas.height / canvas.unit))
    draw = canvas.rng.random((n, 8), np.float32)
    for a, b, c, d, e, f, g, h in draw.tolist():
        colour = np.asarray(colours[int(a * len(colours))], np.float32) * _between(gain, b)
        if c < sparkle:
            colour = colour * _between(power, h)
        wide = canvas.unit * _between(size, d)
        left, top = _between(x, e) * canvas.width, _between(y, f) * canvas.height
        blob(sheet, left, top, wide, wide * _between(aspect, g), _between(turn, h), colour)
    return sheet


def _between(limits: tuple[float, float], share: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * share


def skyline(canvas: Canvas, base: float, rise: float, cells: float, octaves: int = 5) -> Array:
    """The height of a ridge at each column, 0..1 from the top."""
    out, strength, n = np.zeros(canvas.width, np.float32), 1.0, cells * canvas.span
    for _ in range(octaves):
        grid = canvas.rng.standard_normal((1, max(3, round(n) + 2)), np.float32)
        size = (canvas.width, 1)
        out += strength * cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)[0]
        strength, n = strength * 0.5, n * 2
    return base - rise * out / max(1e-3, float(np.abs(out).max()))


def ridge(
    sheet: Array, canvas: Canvas, heights: Array, colour: Colour, texture: float = 0.0
) -> None:
    """Everything below a skyline; texture: how much its tone varies, as woods and fields do."""
    if texture:
        below = mask_below(canvas, heights)[..., None]
        field = canvas.noise(9, 4, stretch=1.6)
        fade = np.clip((canvas.rows() - heights[None]) / 0.1, 0, 1)
        tone = 1 + texture * (field - 0.35 * (1 - fade)) + 0.5 * texture * fade
        own = np.asarray(colour) * np.maximum(tone, 0.1)[..., None]
        sheet[..., :3] = own * below + sheet[..., :3] * (1 - below)
        sheet[..., 3:] = np.maximum(sheet[..., 3:], below)
        return
    across = np.arange(canvas.width, dtype=np.float32)
    top = np.stack([across, heights * canvas.height], -1)
    foot = np.asarray([[canvas.width, canvas.height + 2], [0, canvas.height + 2]], np.float32)
    polygon(sheet, np.concatenate([top, foot]), colour)


def mask_below(canvas: Canvas, heights: Array | float, softness: float = 0.004) -> Array:
    """1 below a skyline or a level of 0..1, 0 above; (H, W)."""
    level = np.broadcast_to(np.asarray(heights, np.float32), (canvas.width,))[None]
    return np.asarray(np.clip((canvas.rows() - level) / softness + 0.5, 0, 1), np.float32)


def masked(sheet: Array, mask: Array) -> Array:
    """A sheet where the mask is."""
    return np.asarray(sheet * mask[..., None], np.float32)
