"""The person of a photo: her own colours, and her place in the frame."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from services.engines.preview.scene import Framing
from services.imaging.silhouette import Silhouette

Array = npt.NDArray[np.floating[Any]]
Pixels = tuple[float, float, float, float]  # left, top, right, bottom
# The head's height, hair and chin, as a share of the frame's: what is aimed at.
HEADS = {
    Framing.CLOSE_UP: 0.60,
    Framing.HEAD_AND_SHOULDERS: 0.40,
    Framing.HALF_BODY: 0.29,
    Framing.WIDE: 0.20,
}
_USUAL = 0.37
_LARGEST = 0.74  # of the frame's height or width, so that a head is never cut
_AIR = 0.07  # of the frame's height above the head, at the least
_LINEAR = (np.arange(256, dtype=np.float32) / 255) ** np.float32(2.2)


@dataclass(frozen=True)
class Sitter:
    """colour: (H, W, 3) linear, without the old background at the edges. alpha: (H, W) in 0..1.

    head: pixels. cut: whether the body goes on beyond the left, right and lower edge.
    """

    colour: Array
    alpha: Array
    head: Pixels
    cut: tuple[bool, bool, bool]


@dataclass(frozen=True)
class Placed:
    """The sitter in the frame: colour and alpha of its size, the head in its pixels."""

    colour: Array
    alpha: Array
    head: Pixels


def sitter(photo: Image.Image, alpha: Image.Image, outline: Silhouette) -> Sitter:
    """The person of an RGB photo; alpha: grey, of any size."""
    image = np.asarray(photo.convert("RGB"))
    height, width = image.shape[:2]
    mask = np.asarray(alpha.convert("L").resize((width, height)), np.float32) / 255
    colour = own_colours(image.astype(np.float32) / 255, mask)
    left, top, right, bottom = outline.head
    head = (left * width, top * height, right * width, bottom * height)
    cut = (outline.edges[0] > 0.02, outline.edges[2] > 0.02, outline.edges[3] > 0.02)
    return Sitter(linear(colour), mask, head, cut)


def linear(picture: Array) -> Array:
    """sRGB to linear light, by the table of 8 bits and between its values."""
    scaled = np.clip(picture, 0, 1) * 255
    low = scaled.astype(np.uint8)
    high = np.minimum(low, 254) + 1
    share = scaled - low
    return np.asarray(_LINEAR[low] * (1 - share) + _LINEAR[high] * share, np.float32)


def own_colours(image: Array, alpha: Array) -> Array:
    """Blur fusion (Forte 2021), twice: at the edges the person's colours without the wall's."""
    a = alpha[..., None]
    person, behind = image, image
    for size in (int(image.shape[1] * 0.08) | 1, 7):
        share = cv2.blur(alpha, (size, size))[..., None]
        near = cv2.blur(person * a, (size, size)) / (share + 1e-5)
        behind = cv2.blur(behind * (1 - a), (size, size)) / (1 - share + 1e-5)
        person = np.clip(near + a * (image - a * near - (1 - a) * behind), 0, 1)
    return np.asarray(person, np.float32)


def framed(
    person: Sitter,
    width: int,
    height: int,
    framing: Framing | None,
    rng: np.random.Generator,
    *,
    closer: float = 1.0,
) -> Placed:
    """The person in a frame of width x height: the head whole, the body down to the lower edge.

    closer: how much larger than usual, where no framing is named.
    """
    wide = _widened(person, width / height)
    left, top, right, bottom = wide.head
    scale = _scale(wide, width, height, HEADS[framing] if framing else _USUAL * closer)
    tall = (bottom - top) * scale
    air = max(_AIR * height, min(0.2 * height, (0.47 * height - 0.5 * tall) * 0.75))
    lowest = height * 1.01 - (wide.alpha.shape[0] - top) * scale
    upper = max(air, lowest) if person.cut[2] else air
    off = 0.0
    if width > 1.2 * height:  # in a wide frame a third, and room to look into
        off = float(rng.uniform(0.05, 0.15)) * (1 if rng.random() < 0.5 else -1)
    x = width * (0.5 + off) - (left + right) / 2 * scale
    colour = _moved(wide.colour, scale, (x, upper - top * scale), (width, height))
    alpha = _moved(wide.alpha, scale, (x, upper - top * scale), (width, height))
    head = (left * scale + x, upper, right * scale + x, upper + tall)
    return Placed(np.maximum(colour, 0), np.clip(alpha, 0, 1), head)


def _moved(values: Array, scale: float, by: tuple[float, float], size: tuple[int, int]) -> Array:
    """Values of another size in a frame; colours go on beyond their edge, alpha ends there."""
    how, rest = cv2.INTER_CUBIC, scale
    if scale < 0.7:  # warping does not average: make it small first
        small = (round(values.shape[1] * scale), round(values.shape[0] * scale))
        values = np.asarray(cv2.resize(values, small, interpolation=cv2.INTER_AREA))
        how, rest = cv2.INTER_LINEAR, 1.0
    matrix = np.asarray([[rest, 0, by[0]], [0, rest, by[1]]], np.float32)
    beyond = cv2.BORDER_REPLICATE if values.ndim == 3 else cv2.BORDER_CONSTANT
    return np.asarray(cv2.warpAffine(values, matrix, size, flags=how, borderMode=beyond))


def _scale(person: Sitter, width: int, height: int, wanted: float) -> float:
    """As much of the person as was asked for, and as the photo has."""
    left, top, right, bottom = person.head
    tall, broad = bottom - top, right - left
    scale = wanted * min(height, 1.35 * width) / tall
    if person.cut[2]:
        below = person.alpha.shape[0] - top
        scale = max(scale, height * (1.01 - _AIR) / below)
    return min(scale, _LARGEST * height / tall, _LARGEST * width / broad)


def _widened(person: Sitter, aspect: float) -> Sitter:
    """The body goes on where the photo cut it off at a side: the arm falls away in a curve."""
    height, width = person.alpha.shape
    room = max(0.0, aspect * height - 0.6 * width)
    pad = int(min(room, 0.9 * (person.head[2] - person.head[0]))) if any(person.cut[:2]) else 0
    if pad < 8:
        return person
    colour, alpha = person.colour, person.alpha
    for side in (0, 1):
        if person.cut[side]:
            colour, alpha = _continued(colour, alpha, pad, person.head, mirrored=side == 0)
        else:
            edge = ((0, 0), (0, pad)) if side else ((0, 0), (pad, 0))
            colour = np.pad(colour, (*edge, (0, 0)), mode="edge")
            alpha = np.pad(alpha, edge)
    left, top, right, bottom = person.head
    return Sitter(
        colour, alpha, (left + pad, top, right + pad, bottom), (False, False, person.cut[2])
    )


def _continued(
    colour: Array, alpha: Array, pad: int, head: Pixels, *, mirrored: bool
) -> tuple[Array, Array]:
    """`pad` more columns at the right (or left): the edge's own, sinking faster and faster."""
    if mirrored:
        colour, alpha = colour[:, ::-1], alpha[:, ::-1]
    height, width = alpha.shape
    away = np.arange(pad, dtype=np.float32)
    size = head[2] - head[0]
    sink = _slope(alpha) * away + away**2 / (0.22 * size)
    rows = np.arange(height, dtype=np.float32)[:, None] - sink[None]
    source = np.clip(width - 2 - np.minimum(away * 0.7, 0.3 * size), 0, width - 1)
    columns = np.broadcast_to(source[None], rows.shape).astype(np.float32)
    edge = np.broadcast_to(np.float32(width - 2), rows.shape).astype(np.float32)
    more = cv2.remap(colour, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.remap(alpha, edge, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    shade = np.clip(1 - 0.5 * away / pad, 0, 1)[None, :, None]
    colour = np.concatenate([colour, more * shade], 1)
    alpha = np.concatenate([alpha, cv2.GaussianBlur(mask, (0, 0), 1.2)], 1)
    if mirrored:
        colour, alpha = colour[:, ::-1], alpha[:, ::-1]
    return np.ascontiguousarray(colour, np.float32), np.ascontiguousarray(alpha, np.float32)


def _slope(alpha: Array) -> float:
    """How steeply the outline falls at the right edge: rows a column."""
    width = alpha.shape[1]
    back = max(3, width // 30)
    tops = [int(np.argmax(alpha[:, x] > 0.5)) for x in (width - 2 - back, width - 2)]
    solid = alpha[:, width - 2] > 0.5
    if not solid.any() or tops[0] == 0:
        return 1.0
    return float(np.clip((tops[1] - tops[0]) / back, 0.0, 4.0))
