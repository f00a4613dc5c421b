"""Type on pictures, in the font that Pillow itself carries."""

from PIL import Image, ImageDraw, ImageFont

# A headline that was cut short does not end on one of these.
_WEAK = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}


def font(size: float) -> ImageFont.FreeTypeFont:
    """The built-in face at a size in pixels."""
    face = ImageFont.load_default(size)
    assert isinstance(face, ImageFont.FreeTypeFont)  # noqa: S101  # Pillow's wheels have FreeType
    return face


def printable(text: str) -> str:
    """The text without what the built-in face cannot show (it covers Latin)."""
    kept = "".join(c if c.isprintable() and ord(c) < 0x250 else " " for c in text)
    return " ".join(kept.split())


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
