"""Persons to be cut out: a real photograph, and one drawn in code whose outline is known."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests import corpora


def hopper() -> Image.Image:
    """A photograph of one person with hair, cap, glasses and collar; 874 x 1024."""
    image = Image.open(io.BytesIO(corpora.hopper())).convert("RGB")
    return image.resize((874, 1024), Image.Resampling.LANCZOS)


def drawn(
    seed: int = 0, *, size: tuple[int, int] = (480, 640), cut: bool = False
) -> tuple[Image.Image, Image.Image]:
    """A head and shoulders before a wall, and their alpha; `cut`: the photo's right edge cuts them.

    The head is at 0.32..0.68 of the width (or further right) and 0.15..0.55 of the height.
    """
    rng = np.random.default_rng(seed)
    width, height = size
    middle = width * (0.72 if cut else 0.5)
    alpha = Image.new("L", size, 0)
    draw = ImageDraw.Draw(alpha)
    body = (middle - 0.44 * width, 0.60 * height, middle + 0.44 * width, 1.6 * height)
    draw.ellipse(body, fill=255)
    neck = (middle - 0.08 * width, 0.5 * height, middle + 0.08 * width, 0.7 * height)
    draw.rectangle(neck, fill=255)
    head = (middle - 0.18 * width, 0.15 * height, middle + 0.18 * width, 0.55 * height)
    draw.ellipse(head, fill=255)
    alpha = alpha.filter(ImageFilter.GaussianBlur(1.2))
    photo = Image.new("RGB", size, "#c9d4dc")
    photo.paste("#3b5b7a", (0, 0), alpha)
    paint = ImageDraw.Draw(photo)
    paint.ellipse(head, fill="#c98f6b")
    eye, mouth = 0.32 * height, 0.44 * height
    for side in (-1, 1):
        x = middle + side * 0.07 * width
        paint.ellipse((x - 9, eye - 6, x + 9, eye + 6), fill="#2c2320")
    paint.line((middle - 30, mouth, middle + 30, mouth), "#7c2f2f", 5)
    grain = rng.normal(0, 3, (height, width, 1))
    pixels = np.clip(np.asarray(photo, np.float32) + grain, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels), alpha


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    """As a file."""
    out = io.BytesIO()
    image.save(out, kind, quality=95)
    return out.getvalue()
