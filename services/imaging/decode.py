"""From the bytes of any picture to upright sRGB pixels; runs in a worker process only."""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pi_heif
from PIL import Image, ImageCms, UnidentifiedImageError
from PIL.Image import Resampling, Transpose

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")  # "JPEG" also opens MPO, as phones make it
MAX_PIXELS = 60_000_000
NEAR = 0.92  # a picture this close under the wanted size is left as it is: no second resampling
_ORIENTATION, _EXIF, _TAKEN = 0x0112, 0x8769, 0x9003
_QUARTERS = {1: Transpose.ROTATE_270, 2: Transpose.ROTATE_180, 3: Transpose.ROTATE_90}
_TURN = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_DEEP_GREY = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_SRGB = ImageCms.createProfile("sRGB")


class Undecodable(Exception):
    """This is no picture that we take; `code` says why (see `imaging.REASONS`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    """Upright sRGB pixels without metadata, and what the file was: its format, its size in px.

    taken: the hour at which the camera says it was taken, as 2026-05-04T12; or empty.
    image: RGB; RGBA where transparency was asked for and is there.
    """

    image: Image.Image
    format: str
    width: int
    height: int
    taken: str = ""


def prepare() -> None:
    """Register the decoders and set the limits, once in a process."""
    pi_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def read(source: Path | bytes, *, side: int, transparent: bool = False) -> Picture:
    """Decode, at most `side` px long. Raises Undecodable; a MemoryError means too heavy.

    transparent: for pictures of our own; of others, what can be seen through becomes white.
    """
    try:
        with Image.open(_opened(source), formats=FORMATS) as image:
            return _read(image, side, transparent)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Undecodable("too_many_pixels") from None
    except UnidentifiedImageError:
        raise Undecodable("not_a_picture") from None
    except (Undecodable, MemoryError):
        raise
    except Exception as error:  # decoders raise what they like on damaged files
        raise Undecodable("damaged") from error


def _opened(source: Path | bytes) -> io.BytesIO | Path:
    if (source.stat().st_size if isinstance(source, Path) else len(source)) == 0:
        raise Undecodable("empty")
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _read(image: Image.Image, side: int, transparent: bool) -> Picture:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Undecodable("too_many_pixels")
    if image.format in ("JPEG", "MPO"):
        near = int(side * NEAR)
        scale = near / max(width, height)
        image.draft(None, (max(1, int(width * scale)), max(1, int(height * scale))))
    image.load()
    profile, orientation = image.info.get("icc_profile"), _orientation(image)
    taken = _taken(image)
    if transparent and image.has_transparency_data:
        pixels = _resized(image.convert("RGBA"), side)
    else:
        pixels = _to_srgb(_resized(_plain(image), side), profile)
    if orientation in _TURN:
        pixels = pixels.transpose(_TURN[orientation])
    pixels.info.clear()
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    format = "JPEG" if image.format == "MPO" else str(image.format)
    return Picture(pixels, format, width, height, taken)


def edited(picture: Picture, *, turn: int = 0, crop: Sequence[float] | None = None) -> Picture:
    """The picture turned by quarters clockwise, then cut to (left, top, right, bottom) in 0..1."""
    image, width, height = picture.image, picture.width, picture.height
    if turn % 4:
        image = image.transpose(_QUARTERS[turn % 4])
        width, height = (height, width) if turn % 2 else (width, height)
    if crop:
        left, top, right, bottom = crop
        across, down = image.size
        image = image.crop(
            (round(left * across), round(top * down), round(right * across), round(bottom * down))
        )
        width, height = round(width * (right - left)), round(height * (bottom - top))
    return replace(picture, image=image, width=max(1, width), height=max(1, height))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # EXIF is whatever somebody wrote there
        return 1


def _taken(image: Image.Image) -> str:
    try:
        said = str(image.getexif().get_ifd(_EXIF).get(_TAKEN, ""))
        return f"{datetime.strptime(said, '%Y:%m:%d %H:%M:%S'):%Y-%m-%dT%H}"
    except Exception:  # EXIF is whatever somebody wrote there
        return ""


def _plain(image: Image.Image) -> Image.Image:
    """8 bits a channel, without palette or transparency: RGB, L or CMYK."""
    if image.mode in _DEEP_GREY:
        deep = image.convert("I")
        return deep.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return opaque(image.convert("RGBA"))
    return image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")


def opaque(image: Image.Image) -> Image.Image:
    """The picture on white; itself where it has no transparency."""
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _resized(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Resampling.LANCZOS, reducing_gap=2.0)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source) or image.mode != "RGB":
                converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
                return converted or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that is broken or for another kind of picture says nothing
    return image.convert("RGB")
