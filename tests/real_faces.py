"""Photographs of real persons, and what can go wrong with them."""

import io

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from services.faces.base import Box
from tests import corpora
from tests.pictures import drawn

ONE = ("obama.jpg", "obama2.jpg", "obama3.jpg", "obama_partial_face.jpg", "obama_partial_face2.jpg")
OTHER = "biden.jpg"


def photograph(name: str) -> Image.Image:
    """One of ONE, or OTHER, cut to twice its width; skips the test where they cannot be had."""
    image = Image.open(io.BytesIO(corpora.portraits()[name])).convert("RGB")
    return image.crop((0, 0, image.width, min(image.height, 2 * image.width)))


def file(image: Image.Image, exif: bytes = b"") -> bytes:
    """A JPEG file, large enough to be taken without a warning."""
    short = min(image.size)
    if short < 800:
        image = image.resize((image.width * 800 // short, image.height * 800 // short))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def beside(one: Image.Image, other: Image.Image) -> Image.Image:
    """Both in one photo, equally high."""
    other = other.resize((round(other.width * one.height / other.height), one.height))
    both = Image.new("RGB", (one.width + other.width, one.height))
    both.paste(one, (0, 0))
    both.paste(other, (one.width, 0))
    return both


def far_away(image: Image.Image) -> Image.Image:
    """The person, small in a large place."""
    place = drawn(9, (1500, 2000))
    person = image.copy()
    person.thumbnail((600, 600))
    place.paste(person, (450, 1000))
    return place


def out_of_focus(image: Image.Image) -> Image.Image:
    """The person blurred before a place that is sharp."""
    place = drawn(9, (image.width * 2, image.height))
    soft = image.filter(ImageFilter.GaussianBlur(image.width / 100))
    place.paste(soft, (image.width // 2, 0))
    return place


def shaken(image: Image.Image, *, across: int = 0, down: int = 0) -> Image.Image:
    """Moved by so many px while it was taken: the mean of it at eight places on the way."""
    for step in (2, 4, 8):
        there = ImageChops.offset(image, across // step, down // step)
        image = ImageChops.blend(image, there, 0.5)
    return image


def in_dark_glasses(image: Image.Image, box: Box) -> Image.Image:
    """One lens over both eyes of the face in this box, in 0..1."""
    left, top, right, bottom = box
    width, height = (right - left) * image.width, (bottom - top) * image.height
    x, y = left * image.width, top * image.height
    lens = (x + 0.06 * width, y + 0.28 * height, x + 0.94 * width, y + 0.52 * height)
    drawn = image.copy()
    ImageDraw.Draw(drawn).rounded_rectangle(lens, height / 10, fill="#181410")
    return drawn
