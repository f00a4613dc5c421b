"""Files that members should never send, and some that only look like it, made in code."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, PngImagePlugin

from tests.pictures import drawn, noise, picture

TAKEN = frozenset({"accepted"})
BROKEN = frozenset({"damaged", "not_a_picture", "empty"})
NO_PICTURE = frozenset({"not_a_picture", "empty"})
HUGE = frozenset({"too_many_pixels"})
REFUSED = frozenset({"damaged", "not_a_picture", "empty", "too_many_pixels", "too_heavy"})


@dataclass(frozen=True)
class Case:
    """One upload: what it is, its name, its bytes, and the verdicts that are right for it."""

    title: str
    data: bytes
    right: frozenset[str] = TAKEN
    name: str = "photo.jpg"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from no_pictures()
    yield from truncated()
    yield from polyglots()
    yield from names()
    yield from bombs()
    yield from odd_but_fine()
    yield from strange_shapes()


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def no_pictures() -> Iterator[Case]:
    image = drawn(1, (300, 300))
    yield Case("zero bytes", b"", frozenset({"empty"}))
    yield Case("one byte", b"\xff", NO_PICTURE)
    yield Case("text", b"this is a photo, honestly\n" * 50, NO_PICTURE)
    yield Case("HTML", b"<html><script>alert(1)</script></html>", NO_PICTURE)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield Case("SVG", svg, NO_PICTURE, "photo.svg")
    yield Case("SVG called JPEG", svg, NO_PICTURE)
    yield Case("PDF", b"%PDF-1.7\n" + bytes(500), NO_PICTURE)
    yield Case("ELF", b"\x7fELF" + bytes(500), NO_PICTURE)
    yield Case("nulls", bytes(100_000), NO_PICTURE)
    yield Case("ZIP", zipped(b"x" * 1000), NO_PICTURE)
    yield Case("EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NO_PICTURE)
    yield Case("HEIC's head only", b"\0\0\0\x18ftypheic" + bytes(12), BROKEN)
    yield Case("AVIF's head only", b"\0\0\0\x18ftypavif" + bytes(12), BROKEN)
    for format in ("GIF", "BMP", "TIFF", "ICO", "PPM"):
        yield Case(format, saved(image, format), NO_PICTURE)
    frames = [drawn(n, (300, 300)).convert("P") for n in range(3)]
    gif = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    yield Case("animated GIF", gif, NO_PICTURE)


def truncated() -> Iterator[Case]:
    whole = saved(drawn(5, (640, 480)), "JPEG", quality=60)
    for size in range(1024, len(whole), 1024):
        yield Case(f"JPEG cut at {size}", whole[:size], BROKEN)
    for format in ("PNG", "WEBP", "AVIF"):
        data = saved(drawn(6, (320, 320)), format)
        for share in (0.1, 0.5, 0.99):
            yield Case(f"{format} cut at {share:.0%}", data[: int(len(data) * share)], BROKEN)
    yield Case("JPEG with a hole", whole[:9000] + bytes(4000) + whole[13000:], TAKEN | BROKEN)
    yield Case("JPEG of two halves", whole[:9000] + picture()[9000:], TAKEN | BROKEN)


def polyglots() -> Iterator[Case]:
    jpeg = picture(10)
    yield Case("JPEG and ZIP", jpeg + zipped(b"evil"))
    yield Case("JPEG and HTML", picture(11) + b"<script>alert(1)</script>", name="photo.html")
    script = b"<?php system($_GET['c']); ?>"
    yield Case("JPEG with PHP inside", with_comment(picture(12), script), name="photo.php")
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "<script>alert(1)</script>", zip=True)
    yield Case("PNG with a script", saved(drawn(13, (600, 600)), "PNG", pnginfo=text))
    yield Case("GIF's head, then a JPEG", b"GIF89a" + jpeg, NO_PICTURE)
    yield Case("PDF's head, then a JPEG", b"%PDF-1.4\n" + jpeg, NO_PICTURE)
    yield Case("ZIP, then a JPEG", zipped(b"x") + jpeg, NO_PICTURE)


def names() -> Iterator[Case]:
    bad = [
        "../../../../etc/passwd",
        "..\\..\\windows\\system32\\photo.jpg",
        "/etc/cron.d/photo",
        "C:\\photo.jpg",
        "x" * 300 + ".jpg",
        "é" * 300 + ".jpg",
        "photo.jpg.exe",
        "photo\u202egpj.exe",
        "'; drop table users; --.jpg",
        "<img src=x onerror=alert(1)>.jpg",
        "👩🏽\u200d🦰.jpg",
        ". ",
        "CON",
        "${HOME}.jpg",
        "%00.jpg",
        "\x1b[31m.jpg",
    ]
    for number, name in enumerate(bad):
        yield Case(f"name {name[:30]!a}", picture(20 + number, (300, 400)), TAKEN, name)
    yield Case("PNG called JPEG", saved(drawn(40, (300, 300)), "PNG"))
    yield Case("JPEG called PNG", picture(41), name="photo.png")
    yield Case("WebP called HEIC", saved(drawn(42, (300, 300)), "WEBP"), name="photo.heic")


def bombs() -> Iterator[Case]:
    yield Case("169 megapixels in 20 KB", one_bit_png(13_000, 13_000), HUGE)
    yield Case("81 megapixels", one_bit_png(9_000, 9_000), HUGE)
    yield Case("PNG that claims 4 gigapixels", one_bit_png(65_535, 65_535, rows=10), HUGE)
    yield Case("PNG that claims 2^31 rows", one_bit_png(1, 2**31 - 1, rows=10), REFUSED)
    yield Case("JPEG that claims 4 gigapixels", claiming(picture(50), 65_500, 65_500), HUGE)
    yield Case("JPEG that claims no size", claiming(picture(51), 0, 0), BROKEN)
    yield Case("WebP of 268 megapixels", lossless_webp_head(16_383, 16_383), REFUSED)
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000)))
    yield Case("PNG text of 100 MB", with_chunk(saved(noise(1, (300, 300)), "PNG"), text), BROKEN)
    profile = chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(100_000_000)))
    bomb = with_chunk(saved(noise(2, (300, 300)), "PNG"), profile)
    yield Case("PNG profile of 100 MB", bomb, TAKEN | BROKEN)
    yield Case("ZIP bomb called JPEG", zipped(bytes(50_000_000)), NO_PICTURE)


def odd_but_fine() -> Iterator[Case]:
    image = drawn(60, (400, 500))
    rgba = image.convert("RGBA")
    rgba.putalpha(noise(7, (400, 500)))
    frames = [drawn(n, (300, 300)) for n in range(61, 64)]
    several = {"save_all": True, "append_images": frames[1:]}
    deep = Image.frombytes("I;16", (300, 300), bytes(range(256)) * 703 + bytes(32))
    yield Case("16-bit grey PNG", saved(deep, "PNG"))
    yield Case("16-bit RGB PNG", deep_rgb_png(300, 300))
    yield Case("1-bit PNG", saved(noise(8, (300, 300)).convert("1"), "PNG"))
    yield Case("grey with alpha", saved(rgba.convert("LA"), "PNG"))
    yield Case("transparent PNG", saved(rgba, "PNG"))
    yield Case("palette with alpha", saved(rgba.quantize(), "PNG"))
    yield Case("grey JPEG", saved(drawn(64, (300, 300)).convert("L"), "JPEG"))
    yield Case("CMYK JPEG", saved(image.convert("CMYK"), "JPEG"))
    yield Case("progressive JPEG", saved(drawn(65, (300, 300)), "JPEG", progressive=True))
    yield Case("animated WebP", saved(frames[0], "WEBP", **several))
    yield Case("animated PNG", saved(frames[1], "PNG", **several))
    yield Case("animated AVIF", saved(frames[2], "AVIF", **several))
    yield Case("MPO as phones make it", saved(drawn(66, (300, 300)), "MPO", **several))
    yield Case("transparent WebP", saved(rgba.rotate(180), "WEBP"))
    yield Case("broken EXIF", saved(drawn(67, (300, 300)), "JPEG", exif=b"Exif\0\0II*\0junk"))
    yield Case("broken profile", saved(drawn(68, (300, 300)), "JPEG", icc_profile=b"junk" * 99))
    yield Case("JPEG with long comments", with_comment(picture(69), b"x" * 65_000))


def strange_shapes() -> Iterator[Case]:
    strip, small = frozenset({"strip", "too_small"}), frozenset({"too_small"})
    yield Case("1 x 30,000", saved(noise(3, (1, 30_000)), "PNG"), strip)
    yield Case("30,000 x 1", saved(noise(4, (30_000, 1)), "PNG"), strip)
    yield Case("1 x 1", saved(noise(5, (1, 1)), "PNG"), small)
    yield Case("255 px", picture(70, (255, 300)), small)
    yield Case("256 px", picture(71, (256, 300)))
    yield Case("300 x 2,000", picture(72, (300, 2000)), strip)


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../evil.txt", data)
    return out.getvalue()


def with_comment(jpeg: bytes, comment: bytes) -> bytes:
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:]


def claiming(jpeg: bytes, width: int, height: int) -> bytes:
    """The same JPEG with another size in its frame header."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(png: bytes, extra: bytes) -> bytes:
    """The PNG with one more chunk after its header."""
    return png[:33] + extra + png[33:]


def one_bit_png(width: int, height: int, *, rows: int | None = None) -> bytes:
    row = b"\0" + bytes(-(-width // 8))
    data = zlib.compress(row * (height if rows is None else rows), 9)
    return png_of(width, height, depth=1, colour=0, data=data)


def deep_rgb_png(width: int, height: int) -> bytes:
    rows = b"".join(b"\0" + noise(row, (width * 6, 1)).tobytes() for row in range(height))
    return png_of(width, height, depth=16, colour=2, data=zlib.compress(rows))


def png_of(width: int, height: int, *, depth: int, colour: int, data: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def lossless_webp_head(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    body = b"\x2f" + struct.pack("<I", bits) + bytes(100)
    data = b"VP8L" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data
