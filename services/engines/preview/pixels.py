"""Image arithmetic that the looks share. A picture is float32 RGB (H, W, 3) in 0..1."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[np.floating[Any]]

# ITU-R BT.709 luma weights.
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def from_image(image: Image.Image) -> Array:
    """RGB image to picture."""
    return np.asarray(image.convert("RGB"), np.float32) / 255


def to_image(picture: Array) -> Image.Image:
    """Picture, or grey (H, W), to 8-bit image; values outside 0..1 are clipped."""
    return Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))


def luma(picture: Array) -> Array:
    """Perceived brightness, (H, W) in 0..1."""
    return (picture @ LUMA).astype(np.float32)


def hex_colour(code: str) -> Array:
    """`#rrggbb` to a (3,) colour."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def mix(a: Array, b: Array, t: Array | float) -> Array:
    """a where t is 0, b where t is 1; t may be (H, W)."""
    weight = t[..., None] if isinstance(t, np.ndarray) and t.ndim == 2 and a.ndim == 3 else t
    return np.asarray(a + (b - a) * weight, np.float32)


def smoothstep(x: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _box(a: Array, radius: int, axis: int) -> Array:
    pad = [(0, 0)] * a.ndim
    pad[axis] = (radius + 1, radius)
    sums = np.cumsum(np.pad(a, pad, mode="edge"), axis=axis, dtype=np.float64)
    n = a.shape[axis]
    high = np.take(sums, range(2 * radius + 1, 2 * radius + 1 + n), axis=axis)
    low = np.take(sums, range(n), axis=axis)
    return ((high - low) / (2 * radius + 1)).astype(np.float32)


def box_blur(a: Array, radius: int) -> Array:
    """Mean over a square of side 2*radius+1, edges repeated."""
    return _box(_box(a, radius, 0), radius, 1) if radius > 0 else a


def blur(a: Array, sigma: float) -> Array:
    """Near-Gaussian blur: three box blurs of the matching variance."""
    radius = max(1, round(((4 * sigma * sigma + 1) ** 0.5 - 1) / 2))
    for _ in range(3):
        a = box_blur(a, radius)
    return a


def soft_blur(picture: Array, sigma: float) -> Array:
    """A blur for large sigmas, done at a quarter of the size."""
    height, width = picture.shape[:2]
    small = to_image(picture).resize(
        (max(1, width // 4), max(1, height // 4)), Image.Resampling.BOX
    )
    wide = to_image(blur(np.asarray(small, np.float32) / 255, max(0.6, sigma / 4)))
    resized = wide.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(resized, np.float32) / 255


def contrast(a: Array, amount: float, pivot: float = 0.5) -> Array:
    """Scale around the pivot: 1.0 changes nothing."""
    return np.asarray((a - pivot) * amount + pivot, np.float32)


def levels(grey: Array, low: float = 1.0, high: float = 99.0) -> Array:
    """Stretch so that the given percentiles become black and white."""
    a, b = np.percentile(grey[::4, ::4], [low, high])
    return np.asarray(np.clip((grey - a) / max(b - a, 1e-3), 0, 1), np.float32)


def saturation(picture: Array, amount: float) -> Array:
    """0 is grey, 1 changes nothing."""
    return mix(np.repeat(luma(picture)[..., None], 3, 2), picture, amount)


def screen(a: Array, b: Array) -> Array:
    """Light added to light."""
    return np.asarray(1 - (1 - np.clip(a, 0, 1)) * (1 - np.clip(b, 0, 1)), np.float32)


def grid(height: int, width: int) -> tuple[Array, Array]:
    """x and y of every pixel in -1..1 of the shorter side, (H, W) each."""
    side = min(height, width) / 2
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return (x - width / 2) / side, (y - height / 2) / side


def vignette(height: int, width: int, strength: float, radius: float = 1.1) -> Array:
    """Multiplier (H, W): 1 in the middle, 1 - strength in the corners."""
    x, y = grid(height, width)
    return np.asarray(1 - strength * smoothstep(np.hypot(x, y), radius * 0.45, radius * 1.5))


def noise(rng: np.random.Generator, height: int, width: int, scale: int) -> Array:
    """Smooth noise of mean about 0.5 with features of `scale` pixels, (H, W) in 0..1."""
    small = rng.random((height // scale + 3, width // scale + 3), np.float32)
    image = to_image(small).resize(
        ((small.shape[1]) * scale, (small.shape[0]) * scale), Image.Resampling.BICUBIC
    )
    return np.asarray(image, np.float32)[scale : scale + height, scale : scale + width] / 255


def clouds(rng: np.random.Generator, height: int, width: int, scale: int) -> Array:
    """Noise of several sizes together, stretched to 0..1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(4):
        step = max(2, scale >> octave)
        total += noise(rng, height, width, step) / 2**octave
    return levels(total, 1, 99)


def grain(rng: np.random.Generator, height: int, width: int, size: float = 1.0) -> Array:
    """Film grain of mean 0 and deviation about 1, (H, W)."""
    a = rng.standard_normal((height, width), np.float32)
    soft = blur(a, size)
    return np.asarray(soft / (soft.std() + 1e-6), np.float32)


def gradient_map(grey: Array, *stops: Array) -> Array:
    """Colour by brightness: the stops are spread evenly from black to white."""
    at = np.linspace(0, 1, len(stops))
    channels = [np.interp(grey, at, [stop[c] for stop in stops]) for c in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def halftone(grey: Array, pitch: float, angle: float) -> Array:
    """Round dots, 1 on paper and 0 in ink, larger where it is darker; pitch in pixels, degrees."""
    height, width = grey.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    u, v = (x * c + y * s) * np.pi / pitch, (y * c - x * s) * np.pi / pitch
    wave = (np.cos(2 * u) + np.cos(2 * v)) / 4 + 0.5
    return smoothstep(np.asarray(grey - wave, np.float32), -0.06, 0.06)


def lines(grey: Array, sigma: float, *, tau: float = 0.98, sharp: float = 40.0) -> Array:
    """Ink lines, 1 on paper and 0 in ink: the extended difference of Gaussians (Winnemöller)."""
    near, far = blur(grey, sigma), blur(grey, sigma * 1.6)
    edge = near - tau * far
    return np.asarray(np.where(edge > 0.004, 1, 1 + np.tanh(sharp * (edge - 0.004))), np.float32)


def outline(mask: Array, width: float) -> Array:
    """A line along the edge of a mask, `width` pixels to each side; (H, W) in 0..1."""
    soft = blur(mask, max(1.0, width))
    return np.asarray(np.clip(4 * soft * (1 - soft), 0, 1) ** 2.5, np.float32)


def posterise(picture: Array, steps: int) -> Array:
    """Flat tones: `steps` levels in each channel, with narrow soft borders."""
    scaled = np.clip(picture, 0, 1) * (steps - 1)
    base = np.floor(scaled)
    return np.asarray((base + smoothstep(scaled - base, 0.42, 0.58)) / (steps - 1), np.float32)


def kuwahara(picture: Array, radius: int) -> Array:
    """Painterly smoothing that keeps edges: the calmest of four neighbouring squares wins."""
    height, width = picture.shape[:2]
    half = max(1, radius // 2)
    padded = np.pad(picture, ((half, half), (half, half), (0, 0)), mode="edge")
    grey = luma(padded)
    mean, square = box_blur(grey, half), box_blur(grey * grey, half)
    colour, variance = box_blur(padded, half), square - mean * mean
    best, out = np.full((height, width), np.inf, np.float32), picture
    for y in (0, 2 * half):
        for x in (0, 2 * half):
            window = np.s_[y : y + height, x : x + width]
            better = variance[window] < best
            best = np.where(better, variance[window], best)
            out = np.where(better[..., None], colour[window], out)
    return np.asarray(out, np.float32)
