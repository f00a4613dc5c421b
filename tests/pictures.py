"""Pictures made in code, for tests of what takes pictures in."""

import io
import random

from PIL import Image, ImageFilter


def noise(seed: int, size: tuple[int, int]) -> Image.Image:
    """Grey noise, always the same for a seed."""
    return Image.frombytes("L", size, random.Random(seed).randbytes(size[0] * size[1]))


def drawn(seed: int = 1, size: tuple[int, int] = (900, 1200)) -> Image.Image:
    """Soft shapes in colour under fine grain: sharp, well lit, another for each seed."""
    shapes = [
        noise(3 * seed + band, (6, 8)).resize(size, Image.Resampling.BICUBIC) for band in range(3)
    ]
    grain = noise(seed, (300, 300)).resize(size, Image.Resampling.NEAREST).convert("RGB")
    return Image.blend(Image.merge("RGB", shapes), grain, 0.3)


def picture(seed: int = 1, size: tuple[int, int] = (900, 1200), *, blur: float = 0) -> bytes:
    """The same as a JPEG file, blurred by so many pixels."""
    image, out = drawn(seed, size), io.BytesIO()
    (image.filter(ImageFilter.GaussianBlur(blur)) if blur else image).save(out, "JPEG")
    return out.getvalue()
