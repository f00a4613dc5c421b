"""Framing: which part of a photo fills a frame of the asked shape."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from services.engines.preview.pixels import Array, blur, from_image, grid, luma, smoothstep

Box = tuple[float, float, float, float]
LARGEST = 0.3  # a face's half-height, as a share of the frame's height


@dataclass(frozen=True, slots=True)
class Frame:
    """A photo cut to shape, and where its subject is: `focus` is x, y in 0..1, `reach` its size.

    subject: (H, W) in 0..1, near 1 on the person, fading to 0 on what lies around.
    outlined: whether `subject` is the person's own outline, and no guess.
    """

    picture: Array
    focus: tuple[float, float]
    reach: float
    subject: Array
    outlined: bool = False


def _skin(picture: Array) -> Array:
    """How much each pixel looks like skin: a soft window in Cb, Cr (Chai and Ngan, 1999)."""
    y = luma(picture)
    cb, cr = (picture[..., 2] - y) * 0.5389, (picture[..., 0] - y) * 0.6350
    inside = smoothstep(cr, 0.02, 0.07) * (1 - smoothstep(cr, 0.19, 0.26))
    return np.asarray(inside * (1 - smoothstep(cb, -0.01, 0.04)) * smoothstep(y, 0.08, 0.2))


def interest(image: Image.Image) -> Array:
    """Where a person is likely to be, (h, w) at a small size: detail, skin, and near the middle."""
    small = image.copy()
    small.thumbnail((96, 96), Image.Resampling.BOX)
    picture = from_image(small)
    grey = luma(picture)
    detail = np.abs(grey - blur(grey, 3))
    detail = detail / (detail.max() + 1e-6)
    x, y = grid(*grey.shape)
    centre = np.exp(-(x**2) / 0.5 - (y + 0.35) ** 2 / 0.5)
    return np.asarray(blur((0.12 * detail + _skin(picture) + 0.03) * centre, 3), np.float32)


def locate(image: Image.Image, face: Box | None = None) -> tuple[float, float, float]:
    """The subject's centre (x, y in 0..1 of the image) and half-height in 0..1."""
    if face:
        left, top, right, bottom = face
        return (left + right) / 2, (top + bottom) / 2, max(0.12, (bottom - top) * 0.95)
    heat = interest(image)
    heat = heat * (heat > heat.max() * 0.45)
    h, w = heat.shape
    y, x = np.mgrid[0:h, 0:w]
    total = float(heat.sum()) + 1e-9
    cx, cy = float((heat * x).sum()) / total, float((heat * y).sum()) / total
    spread = float(np.sqrt((heat * (y - cy) ** 2).sum() / total))
    return (cx + 0.5) / w, (cy + 0.5) / h, float(np.clip(1.9 * spread / h, 0.16, 0.36))


def _window(
    size: tuple[int, int], aspect: float, centre: tuple[float, float], zoom: float, level: float
) -> Box:
    """The crop in pixels: the largest of this aspect, shrunk by `zoom`, the face at `level`."""
    width, height = size
    w = min(width, height * aspect) * zoom
    h = w / aspect
    left = np.clip(centre[0] * width - w / 2, 0, width - w)
    top = np.clip(centre[1] * height - h * level, 0, height - h)
    return float(left), float(top), float(left + w), float(top + h)


def _widened(image: Image.Image, aspect: float, reach: float) -> Image.Image:
    """The photo on a wider canvas of its own blurred colours, where the frame would cut the face.

    A portrait that fills a wide frame would be nose and eyes: the face is to take LARGEST at most.
    """
    width, height = image.size
    needed = round(min(1.0, reach / LARGEST) * height * aspect)
    if needed <= width:
        return image
    wide = image.resize((max(1, needed // 16), max(1, height // 16)), Image.Resampling.BOX)
    wide = wide.filter(ImageFilter.GaussianBlur(4)).resize((needed, height))
    edge = np.clip(np.minimum(np.arange(width), np.arange(width)[::-1]) / (width * 0.16), 0, 1)
    fade = Image.fromarray((np.tile(edge, (height, 1)) * 255).astype(np.uint8))
    wide.paste(image, ((needed - width) // 2, 0), fade)
    return wide


def _subject_mask(shape: tuple[int, int], focus: tuple[float, float], reach: float) -> Array:
    """A soft bust: an ellipse for the head and wider shoulders below it."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    dx, dy = (x - focus[0] * width) / (reach * height), (y - focus[1] * height) / (reach * height)
    head = 1 - smoothstep(np.hypot(dx / 0.95, dy / 1.15), 0.75, 1.35)
    shoulders = (1 - smoothstep(np.abs(dx) / 1.9, 0.6, 1.2)) * smoothstep(dy, 0.75, 1.5)
    return np.asarray(np.maximum(head, shoulders), np.float32)


def frame(
    image: Image.Image,
    width: int,
    height: int,
    rng: np.random.Generator,
    *,
    face: Box | None = None,
    zoom: float | None = None,
    level: float = 0.42,
) -> Frame:
    """Cut the photo to width x height pixels around its subject; `rng` varies the closeness.

    zoom: 1 is the widest crop; level: where the face comes, as a share of the height.
    """
    x, y, reach = locate(image, face)
    narrow, image = image.width, _widened(image, width / height, reach)
    x = (x * narrow + (image.width - narrow) / 2) / image.width
    closeness = zoom if zoom is not None else 1.0 - 0.16 * float(rng.random())
    box = _window(image.size, width / height, (x, y), closeness, level)
    cut = image.resize((width, height), Image.Resampling.LANCZOS, box=box)
    span = box[3] - box[1]
    focus = (
        (x * image.width - box[0]) / (box[2] - box[0]),
        (y * image.height - box[1]) / span,
    )
    scaled = float(np.clip(reach * image.height / span, 0.15, 0.6))
    return Frame(from_image(cut), focus, scaled, _subject_mask((height, width), focus, scaled))
