"""The person cut out of a photo: an alpha for each pixel, by OpenCV on the CPU.

A network of 249 KB (`data/README.md`) says roughly where the person is, in 256 x 256 pixels; the
colours of the photo then say where exactly, hair by hair. About 0.25 s for 1,024 px on one core.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from services.imaging.silhouette import Box, Silhouette, judge

Array = npt.NDArray[np.floating[Any]]
MODEL = Path(__file__).parent / "data" / "selfie_segmentation.tflite"
SHA256 = "8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27"
SIDE = 1024  # px, the longer side of what is cut
_INPUT = 256  # px, both sides of what the network sees
_ABOVE, _ASIDE = 0.3, 0.2  # of the photo: the room that is added to see it from afar
_CROWDED = 0.08  # of the photo's height above the head: less, and only from afar it is a head
_SURE = 0.9  # of the network: no colour of the photo talks it out of that
_SNAG = 0.145  # of the root of the person's area: what is thinner and sticks out is not hers
_TOP = 0.15  # of the person's height: where that is looked for
_BAND = 0.011  # of the longer side: how far on each side of the edge colours decide
_SMOOTH = 1e-4  # the guided filter's epsilon, in squared colours of 0..1


class Altered(Exception):
    """The network is not the file that was published."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """alpha: 8-bit grey, as large as the photo that was given. silhouette: what it says of it."""

    alpha: Image.Image
    silhouette: Silhouette


def cut(photo: Image.Image, faces: tuple[Box, ...] | None = None) -> Cutout:
    """The person of an upright RGB photo of at most SIDE px; faces: their boxes, where known."""
    image = np.asarray(photo.convert("RGB"), np.float32) / 255
    rough = _person(image)
    alpha = _refined(image, rough)
    silhouette = judge(alpha, faces)
    return Cutout(Image.fromarray((alpha * 255 + 0.5).astype(np.uint8)), silhouette)


def failures() -> tuple[type[Exception], ...]:
    """What `cut` raises where there is no memory left."""
    return MemoryError, cv2.error


@cache
def _network() -> cv2.dnn.Net:
    data = MODEL.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise Altered(MODEL.name)
    cv2.setNumThreads(1)  # there are several worker processes
    return cv2.dnn.readNetFromTFLite(np.frombuffer(data, np.uint8))


def _person(image: Array) -> Array:
    """The network's opinion of the photo, with room around it, and of the head; (H, W) in 0..1."""
    height, width = image.shape[:2]
    aside = round(_ASIDE * width)
    afar = _seen(image, (-aside, -round(_ABOVE * height), width + aside, height))
    worn = afar * _crown(afar)
    whole = np.maximum(_agreed(afar, _seen(image, (0, 0, width, height))), worn)
    if (window := _head_window(whole)) is None:
        return whole
    left, top, right, bottom = window
    weight = _feather(bottom - top, right - left)[-min(top, 0) :]
    part = whole[max(top, 0) : bottom, left:right]
    either = _agreed(part, _seen(image, window))
    part += (np.maximum(either, worn[max(top, 0) : bottom, left:right]) - part) * weight
    return whole


def _crown(mask: Array) -> Array:
    """Rows, (H, 1): 1 at the top of a head that has no room above it, where a hat is worn.

    To the network a hat at the edge of a photo is a hat from afar only.
    """
    height, width = mask.shape
    rows = np.flatnonzero((mask > 0.5).sum(1) > 0.02 * width)
    if not rows.size or rows[0] > _CROWDED * height:
        return np.zeros((height, 1), np.float32)
    deep = max(1.0, 0.26 * float(rows[-1] - rows[0]))
    down = (np.arange(height, dtype=np.float32)[:, None] - rows[0]) / deep
    return np.asarray(np.clip(2.4 - 2.4 * down, 0, 1), np.float32)


def _agreed(one: Array, other: Array) -> Array:
    """Whichever is surer: a cap that is odd from close by is plain from afar, hair the reverse."""
    sure = np.where(np.abs(other - 0.5) >= np.abs(one - 0.5), other, one)
    return np.maximum(np.minimum(one, other), 0.5 * sure + 0.25 * (one + other))


def _seen(image: Array, window: tuple[int, int, int, int]) -> Array:
    """A window of the photo through the network, both ways round: it errs on one side.

    Beyond the photo its edge goes on, so that a head has room; the answer is of the photo's part.
    """
    left, top, right, bottom = window
    width = image.shape[1]
    inside = image[max(top, 0) : bottom, max(left, 0) : right]
    beyond = (max(-top, 0), 0, max(-left, 0), max(right - width, 0))
    shrink = min(1.0, 2 * _INPUT / max(bottom - top, right - left))
    size = (round(inside.shape[1] * shrink), round(inside.shape[0] * shrink))
    small = cv2.resize(inside, size, interpolation=cv2.INTER_AREA)
    above, below, before, after = (round(pixels * shrink) for pixels in beyond)
    roomy = cv2.copyMakeBorder(small, above, below, before, after, cv2.BORDER_REPLICATE)
    square = cv2.resize(roomy, (_INPUT, _INPUT), interpolation=cv2.INTER_AREA)
    mask = _opinion(np.asarray(square, np.float32))
    full = (right - left, bottom - top)
    wide = cv2.resize(mask, full, interpolation=cv2.INTER_CUBIC)
    rows, columns = inside.shape[:2]
    return np.clip(wide[beyond[0] :][:rows, beyond[2] :][:, :columns], 0, 1)


def _opinion(small: Array) -> Array:
    """What the network says of its 256 x 256 pixels."""
    total = np.zeros((_INPUT, _INPUT), np.float32)
    for turned in (False, True):
        _network().setInput(cv2.dnn.blobFromImage(cv2.flip(small, 1) if turned else small))
        mask = _network().forward().reshape(_INPUT, _INPUT)
        total += cv2.flip(mask, 1) if turned else mask
    return total / 2


def _head_window(mask: Array) -> tuple[int, int, int, int] | None:
    """A square around the upper part of the person, which may begin above the photo.

    None where nothing is gained by it.
    """
    height, width = mask.shape
    rows = np.flatnonzero((mask > 0.5).sum(1) > 0.02 * width)
    if not rows.size:
        return None
    top, tall = int(rows[0]), int(rows[-1] - rows[0])
    head = np.flatnonzero((mask[top : top + max(1, tall // 5)] > 0.5).any(0))
    side = int(min(width, height, 0.62 * tall))
    if side < 0.15 * width or side > 0.92 * max(width, height) or not head.size:
        return None
    left = int(np.clip((head[0] + head[-1]) / 2 - side / 2, 0, width - side))
    upper = int(min(top - 0.16 * side, height - side))
    return left, upper, left + side, upper + side


def _feather(height: int, width: int) -> Array:
    """1 inside, 0 at the edge of a window, so that its seam does not show."""
    across = np.minimum(np.arange(width), np.arange(width)[::-1]) / (0.12 * width)
    down = np.minimum(np.arange(height), np.arange(height)[::-1]) / (0.12 * height)
    return np.clip(np.minimum(across[None], down[:, None]), 0, 1).astype(np.float32)


def _refined(image: Array, rough: Array) -> Array:
    """The edge, moved to where the photo's colours change; smooth where they do not."""
    side = max(rough.shape)
    band = max(2, round(side * _BAND))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    fleck = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (band | 1, band | 1))
    solid = cv2.morphologyEx((rough > 0.5).astype(np.uint8), cv2.MORPH_OPEN, fleck)
    solid = _without_snags(_largest(np.asarray(solid, np.uint8)))
    near = cv2.GaussianBlur(cv2.dilate(solid, kernel).astype(np.float32), (0, 0), band / 3)
    rough = rough * near
    fine = np.clip((_guided(image, rough, round(side * 0.010) | 1) - 0.18) / 0.64, 0, 1)
    # A dark sleeve before a dark wall has no colours to follow: there the outline is a calm curve.
    calm = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), band * 0.7)
    calm = np.clip((calm - 0.5) * band * 0.8 + 0.45, 0, 1)
    telling = _contrast(image, solid.astype(np.float32), 3 * band)
    fine = calm + (fine - calm) * telling
    sure = np.maximum((rough > _SURE).astype(np.uint8), cv2.erode(solid, kernel))
    inside = cv2.erode(sure, kernel).astype(np.float32)
    fine = np.maximum(fine, np.minimum(cv2.GaussianBlur(inside, (0, 0), band / 3), 1))
    fine[fine < 0.02] = 0
    return np.asarray(np.minimum(fine * near, 1), np.float32)


def _contrast(image: Array, solid: Array, size: int) -> Array:
    """How far the colours on both sides of the edge differ nearby: 0 not at all, 1 plainly."""
    height, width = solid.shape
    quarter = (max(1, width // 4), max(1, height // 4))
    small = cv2.resize(image, quarter, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(solid, quarter, interpolation=cv2.INTER_AREA)
    window = (max(3, size // 4) | 1,) * 2
    share = cv2.blur(inside, window)[..., None]
    one = cv2.blur(small * inside[..., None], window) / (share + 1e-3)
    other = cv2.blur(small * (1 - inside[..., None]), window) / (1 - share + 1e-3)
    apart = np.linalg.norm(one - other, axis=-1).astype(np.float32)
    return np.asarray(cv2.resize(np.clip((apart - 0.18) / 0.25, 0, 1), (width, height)))


def _guided(image: Array, mask: Array, size: int) -> Array:
    """`mask` as a linear function of the photo's colours in each window of `size` px; half size."""
    height, width = mask.shape
    half = (max(1, width // 2), max(1, height // 2))
    guide = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
    small = cv2.resize(mask, half, interpolation=cv2.INTER_AREA)
    window = (size, size)
    mean_guide, mean_mask = cv2.blur(guide, window), cv2.blur(small, window)
    covariance = np.empty((*small.shape, 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            both = cv2.blur(guide[..., i] * guide[..., j], window)
            covariance[..., i, j] = covariance[..., j, i] = (
                both - mean_guide[..., i] * mean_guide[..., j]
            )
    covariance += _SMOOTH * np.eye(3, dtype=np.float32)
    shared = cv2.blur(guide * small[..., None], window) - mean_guide * mean_mask[..., None]
    slope = np.linalg.solve(covariance, shared[..., None])[..., 0]
    offset = cv2.blur(mean_mask - (slope * mean_guide).sum(-1), window)
    wide_slope = cv2.resize(cv2.blur(slope, window), (width, height))
    return np.asarray((wide_slope * image).sum(-1) + cv2.resize(offset, (width, height)))


def _without_snags(solid: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Without what sticks out at the top of the person: a star of the flag behind a cap, a lamp.

    More than two such things are fingers of raised hands, and stay.
    """
    rows, area = np.flatnonzero(solid.any(1)), float(solid.sum())
    if not rows.size:
        return solid
    wide = round(_SNAG * area**0.5) | 1
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
    # Beyond the photo the person goes on, so nothing sticks out at its edges.
    padded = cv2.copyMakeBorder(solid, wide, wide, wide, wide, cv2.BORDER_REPLICATE)
    smooth = cv2.morphologyEx(padded, cv2.MORPH_OPEN, round_)[wide:-wide, wide:-wide]
    out = np.asarray((solid == 1) & (smooth == 0), np.uint8)
    out[rows[0] + round(_TOP * (rows[-1] - rows[0])) :] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(out)
    shares = stats[1:, cv2.CC_STAT_AREA] / area
    snags = np.flatnonzero((shares > 0.0008) & (shares < 0.01)) + 1
    if snags.size > 2:
        return solid
    return np.asarray(solid * ~np.isin(labels, snags), np.uint8)


def _largest(solid: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The largest piece of a mask, with what is at least a twentieth of it, and without holes."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    if count < 2:
        return solid
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = np.flatnonzero(areas > 0.05 * areas.max()) + 1
    solid = np.isin(labels, kept).astype(np.uint8)
    outlines, _ = cv2.findContours(solid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    small = [o for o in outlines if cv2.contourArea(o) < 0.004 * solid.size]
    return np.asarray(cv2.drawContours(solid, small, -1, 1, cv2.FILLED), np.uint8)
