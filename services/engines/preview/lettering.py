"""Type on pictures: a part of Inter, with Latin, Greek and Cyrillic (see `fonts/README.md`)."""

import unicodedata
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

FACE = Path(__file__).parent / "fonts" / "inter-semibold.ttf"
# First and last code points; some in between are not assigned.
COVERED = (
    (0x20, 0x7E), (0xA0, 0x148), (0x14A, 0x17F), (0x18F, 0x18F), (0x1A0, 0x1A1), (0x1AF, 0x1B0),
    (0x1CD, 0x1DC), (0x1E6, 0x1E7), (0x218, 0x21B), (0x259, 0x259), (0x1E02, 0x1E03),
    (0x1E0A, 0x1E0B), (0x1E1E, 0x1E1F), (0x1E40, 0x1E41), (0x1E56, 0x1E57), (0x1E60, 0x1E61),
    (0x1E6A, 0x1E6B), (0x1E80, 0x1E85), (0x1E9E, 0x1E9E), (0x1EA0, 0x1EF9), (0x37A, 0x3D7),
    (0x1F00, 0x1FFE), (0x400, 0x45F), (0x462, 0x463), (0x472, 0x475), (0x490, 0x49D),
    (0x4A0, 0x4FF), (0x2010, 0x2026), (0x2030, 0x203A), (0x20AC, 0x20AC), (0x20B4, 0x20B4),
    (0x20BD, 0x20BD), (0x2116, 0x2116), (0x2122, 0x2122), (0x2212, 0x2212),
)  # fmt: skip
# A headline that was cut short does not end on one of these.
_WEAK = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}


def font(size: float) -> ImageFont.FreeTypeFont:
    """The face at a size in pixels."""
    return ImageFont.truetype(FACE, size)


def printable(text: str) -> str:
    """The text without what the face cannot show, such as emoji and other scripts."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(c if _shown(c) else " " for c in composed).split())


def _shown(c: str) -> bool:
    return c.isprintable() and any(first <= ord(c) <= last for first, last in COVERED)


def headline(prompt: str, limit: int = 48, fallback: str = "A new portrait") -> str:
    """The prompt's first words, whole ones, at most `limit` characters."""
    words, line = printable(prompt).split(), ""
    for word in words:
        if len(line) + len(word) + 1 > limit:
            break
        line = f"{line} {word}".strip()
    kept = line.rstrip(" ,.;:").split()
    while kept and len(kept) < len(words) and kept[-1].lower() in _WEAK:
        kept.pop()
    return " ".join(kept).rstrip(" ,.;:") or fallback


def wrap(text: str, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Lines that fit `width` pixels, broken between words."""
    rows: list[str] = []
    for word in text.split():
        joined = f"{rows[-1]} {word}" if rows else word
        if rows and face.getlength(joined) <= width:
            rows[-1] = joined
        else:
            rows.append(word)
    return rows


def block(
    text: str, room: tuple[float, float], size: float, line: float = 1.08
) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The text in lines, and the largest face up to `size` in which all of it fits the room.

    room: width and height in pixels. line: the height of a line, as a share of the face's size.
    """
    while True:
        face = font(size)
        rows = wrap(text, face, room[0])
        fits = len(rows) * size * line <= room[1]
        if size <= 8 or (fits and all(face.getlength(row) <= room[0] for row in rows)):
            return rows, face
        size *= 0.94


def fit(text: str, width: float, size: float) -> ImageFont.FreeTypeFont:
    """The largest face up to `size` in which the text is at most `width` pixels long."""
    length = font(size).getlength(text)
    return font(max(8, size * min(1.0, width / max(length, 1))))


def write(
    image: Image.Image,
    at: tuple[float, float],
    text: str,
    face: ImageFont.FreeTypeFont,
    fill: str,
    *,
    anchor: str = "la",
    bold: float = 0.0,
) -> None:
    """Draws text; `bold` thickens its strokes by that share of the size."""
    stroke = round(face.size * bold)
    ImageDraw.Draw(image).text(
        at, text, fill=fill, font=face, anchor=anchor, stroke_width=stroke, stroke_fill=fill
    )


def caption(image: Image.Image, text: str) -> Image.Image:
    """The picture with words across its foot, and a soft shadow that makes them readable."""
    text = printable(text)
    if not text:
        return image
    width, height = image.size
    room = width * 0.86
    face = font(min(width * 0.11, height * 0.10))
    rows = wrap(text, face, room)
    while len(rows) > 3 or any(face.getlength(row) > room for row in rows):
        face = font(face.size * 0.9)
        rows = wrap(text, face, room)
    line = face.size * 1.16
    top = height * 0.945 - len(rows) * line
    letters = Image.new("L", image.size, 0)
    for i, row in enumerate(rows):
        write(letters, (width / 2, top + i * line), row, face, "#ffffff", anchor="ma")
    dark, white = (Image.new("RGB", image.size, colour) for colour in ("#0d0b0b", "#ffffff"))
    shadow = letters.filter(ImageFilter.GaussianBlur(face.size * 0.22))
    shadow = shadow.point(lambda value: min(210, round(value * 1.9)))
    return Image.composite(white, Image.composite(dark, image, shadow), letters)
