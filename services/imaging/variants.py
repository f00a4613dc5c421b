"""What is kept of a picture: its variants, its placeholder, its hash and what was measured."""

import io

import thumbhash
from PIL import Image, ImageFilter, ImageOps, ImageStat
from PIL.Image import Resampling

FULL_SIDE, MEDIUM_SIDE, TRAIN_SIDE, THUMB_SIDE = 2048, 1024, 1024, 512
WHOLE = 16_384  # longer than any picture of 60 megapixels that is made here
_LAPLACE = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
_TILES = 4  # sharpness is that of the sharpest of 4 x 4 tiles: a soft background is no fault

_ORDINARY, _BLACK = 100, 16  # mean luma: of ordinary light, and below which noise is all there is


def fitted(image: Image.Image, side: int) -> Image.Image:
    """`image` made smaller, if it is longer than `side` px."""
    if max(image.size) <= side:
        return image
    return image.resize(fitted_size(*image.size, side), Resampling.LANCZOS)


def fitted_size(width: int, height: int, side: int) -> tuple[int, int]:
    """Return the size in px of an image that was made to fit `side`."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def jpeg(image: Image.Image, *, quality: int) -> bytes:
    """JPEG with full colour resolution (4:4:4), without metadata."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def webp(image: Image.Image, *, quality: int = 80, lossless: bool = False) -> bytes:
    """WebP without metadata."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=2, lossless=lossless)
    return out.getvalue()


def png(image: Image.Image) -> bytes:
    """PNG without metadata."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def exported(image: Image.Image, format: str, dpi: int | None) -> bytes:
    """A file to take away, of the best quality; `image` has no transparency for JPEG."""
    out = io.BytesIO()
    resolution = {"dpi": (dpi, dpi)} if dpi and format != "webp" else {}
    if format == "jpeg":
        image.save(out, "JPEG", quality=95, subsampling=0, **resolution)
    elif format == "webp":
        image.save(out, "WEBP", quality=95, method=4)
    else:
        image.save(out, "PNG", **resolution)
    return out.getvalue()


def placeholder(image: Image.Image) -> bytes:
    """ThumbHash: about 25 bytes that a page shows until the picture is there."""
    small = image.copy()
    small.thumbnail((64, 64), Resampling.BOX)
    return bytes(thumbhash.rgba_to_thumb_hash(*small.size, list(small.convert("RGBA").tobytes())))


def difference_hash(image: Image.Image) -> int:
    """64 bits, one for each pair of neighbours in a 9 x 8 grey copy; signed, as Postgres has it."""
    row = image.convert("L").resize((9, 8), Resampling.BOX).tobytes()
    bits = (row[9 * y + x] > row[9 * y + x + 1] for y in range(8) for x in range(8))
    value = sum(bit << place for place, bit in enumerate(bits))
    return value - 2**64 if value >= 2**63 else value


def measures(image: Image.Image) -> dict[str, float]:
    """sharpness: variance of the Laplacian, 0 and up. light: luma of the brightest tenth, 0..255.

    Both on a copy of 512 px, so that the resolution of the photo plays no part; a dark photo's
    sharpness is that of the same photo in ordinary light.
    """
    grey = fitted(image, THUMB_SIDE).convert("L")
    # the filter leaves the outermost pixels as they were
    edges = ImageOps.crop(grey.filter(_LAPLACE), 1) if min(grey.size) > 2 else grey
    width, height = max(1, edges.width // _TILES), max(1, edges.height // _TILES)
    tiles = (
        edges.crop((x * width, y * height, (x + 1) * width, (y + 1) * height))
        for x in range(_TILES)
        for y in range(_TILES)
    )
    mean = min(_ORDINARY, max(_BLACK, ImageStat.Stat(grey).mean[0]))
    sharpness = max(ImageStat.Stat(tile).var[0] for tile in tiles) * (_ORDINARY / mean) ** 2
    return {"sharpness": round(sharpness, 1), "light": float(_quantile(grey.histogram(), 0.9))}


def _quantile(histogram: list[int], share: float) -> int:
    wanted, seen = share * sum(histogram), 0
    for value, count in enumerate(histogram):
        seen += count
        if seen >= wanted:
            return value
    return 255
