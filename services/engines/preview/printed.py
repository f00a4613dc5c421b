"""Looks of the press: posters, prints and a magazine."""

import numpy as np
from PIL import Image, ImageDraw

from services.engines.preview import lettering
from services.engines.preview.looks import Sitting, look
from services.engines.preview.pixels import (
    Array,
    clouds,
    contrast,
    from_image,
    gradient_map,
    grain,
    halftone,
    hex_colour,
    kuwahara,
    levels,
    luma,
    mix,
    posterise,
    saturation,
    smoothstep,
    soft_blur,
    to_image,
)


@look("duotone-poster")
def duotone_poster(sitting: Sitting) -> Array:
    """Two inks on coloured stock: a coarse halftone portrait over a band of type."""
    width, height = sitting.width, sitting.height
    band = round(height * 0.2)
    cut = sitting.cut(height=height - band, zoom=0.88)
    grey = contrast(levels(luma(cut.picture), 1, 99), 1.25, 0.48)
    inks = [
        ("#16123f", "#ff5c5c", "#ffe9d6"),
        ("#0b2f2a", "#18b58b", "#f6f1de"),
        ("#2a0f3d", "#f7a21b", "#fff3da"),
        ("#10204f", "#e94f8a", "#fdeef0"),
    ]
    dark, bright, stock = inks[sitting.rng.integers(len(inks))]
    (bright,) = sitting.inks(bright)
    tone = gradient_map(np.clip(grey, 0, 1), hex_colour(bright), hex_colour(stock))
    dots = halftone(np.clip(grey * 1.05, 0, 1), height / 150, 45)
    print_ = mix(np.broadcast_to(hex_colour(dark), tone.shape), tone, dots)
    sheet = np.empty((height, width, 3), np.float32)
    sheet[: height - band] = print_
    sheet[height - band :] = hex_colour(bright)
    image = to_image(sheet)
    _poster_type(image, sitting, band, (dark, bright, stock))
    worn = smoothstep(clouds(sitting.rng, height, width, 12), 0.0, 0.05)
    return mix(np.broadcast_to(hex_colour(stock), sheet.shape), from_image(image), 0.4 + 0.6 * worn)


def _poster_type(
    image: Image.Image, sitting: Sitting, band: int, inks: tuple[str, str, str]
) -> None:
    dark, bright, stock = inks
    margin, top = sitting.width * 0.05, sitting.height - band
    text = lettering.printable(sitting.scene.text or "")
    text = (text or lettering.headline(sitting.prompt, 40, "Portrait")).upper()
    ink = dark if luma(hex_colour(bright)) > 0.3 else stock
    room = sitting.width - 2 * margin
    rows, face = lettering.block(text, (room * 0.97, band * 0.66), band * 0.55)
    for i, row in enumerate(rows):  # around the middle of what the small print leaves
        y = top + band * 0.42 + (i - (len(rows) - 1) / 2) * face.size * 1.08
        lettering.write(image, (margin, y), row, face, ink, anchor="lm", bold=0.03)
    small = lettering.font(band * 0.1)
    lettering.write(
        image, (margin, top + band * 0.88), "ONE PERSON, TWO INKS", small, stock, anchor="lm"
    )
    number = f"No. {sitting.rng.integers(1, 99):02d}"
    lettering.write(
        image, (sitting.width - margin, top + band * 0.88), number, small, stock, anchor="rm"
    )


_POP = [
    ("#1b1b3a", "#ff3864", "#ffd400", "#fff6d5"),
    ("#0d1b2a", "#00a6a6", "#f08700", "#fff3c4"),
    ("#2d0140", "#8c1eff", "#29e7cd", "#fdfdfd"),
    ("#3b0a0a", "#e4572e", "#76b041", "#ffe9a8"),
    ("#001b3d", "#2667ff", "#ff4fa3", "#ffe3f1"),
    ("#1f1f1f", "#f4442e", "#2ab7ca", "#fed766"),
]


@look("pop-art")
def pop_art(sitting: Sitting) -> Array:
    """One portrait, four flat palettes, each printed a little out of register."""
    rows, columns = (3, 2) if sitting.height > sitting.width * 1.4 else (2, 2)
    if sitting.width > sitting.height * 1.4:
        rows, columns = 2, 3
    w, h = -(-sitting.width // columns), -(-sitting.height // rows)
    cut = sitting.cut(width=w, height=h, zoom=0.84)
    grey = contrast(levels(luma(kuwahara(cut.picture, max(2, h // 150))), 2, 98), 1.12)
    flat = posterise(np.clip(grey, 0, 1), 4)
    sheet = np.empty((rows * h, columns * w, 3), np.float32)
    palettes = sitting.rng.permutation(len(_POP))
    for i in range(rows * columns):
        stops = [hex_colour(c) for c in _POP[palettes[i % len(_POP)]]]
        cell = gradient_map(flat, *stops)
        dots = halftone(np.clip(grey + 0.15, 0, 1), h / 70, 20 + 15 * i)
        cell = mix(cell * (0.82 + 0.18 * dots[..., None]), cell, smoothstep(grey, 0.45, 0.7))
        shift = sitting.rng.integers(-3, 4, 2)
        ink = np.roll(1 - smoothstep(grey, 0.16, 0.26), tuple(shift), (0, 1))
        cell = mix(cell, np.broadcast_to(stops[0], cell.shape), ink)
        away = smoothstep(cut.subject, 0.12, 0.3)
        around = stops[1 + i % 2] if i % 3 else hex_colour(*sitting.inks(_POP[palettes[i]][1]))
        cell = mix(np.broadcast_to(around, cell.shape), cell, away)
        r, c = divmod(i, columns)
        sheet[r * h : (r + 1) * h, c * w : (c + 1) * w] = cell
    return sheet[: sitting.height, : sitting.width]


@look("risograph")
def risograph(sitting: Sitting) -> Array:
    """Three spot inks, each its own screen angle and grain, each a few pixels off."""
    cut = sitting.cut()
    height, width = sitting.height, sitting.width
    picture = contrast(saturation(cut.picture, 1.35), 1.1)
    grey = levels(luma(picture), 1, 99)
    inks = [
        ("#ff48b0", "#ffe800", "#0078bf"),
        ("#ff6c2f", "#ffd84d", "#00838a"),
        ("#f15060", "#f9dd5c", "#3d5588"),
    ]
    pink, yellow, blue = inks[sitting.rng.integers(len(inks))]
    (pink,) = sitting.inks(pink)
    behind = 0.8 * (1 - cut.subject) if sitting.scene.colours and cut.outlined else 0.0
    plates = [
        (pink, np.maximum(1 - np.clip(picture[..., 1] * 1.1, 0, 1), behind), 75.0),
        (yellow, (1 - np.clip(picture[..., 2] * 1.15, 0, 1)) * (1 - behind), 15.0),
        (blue, (1 - grey) ** 1.35, 45.0),
    ]
    sheet = np.ones((height, width, 3), np.float32) * hex_colour("#f7f2e8")
    for colour, amount, angle in plates:
        tone = 1 - np.asarray(amount, np.float32)
        inked = 1 - halftone(np.clip(tone, 0.02, 0.98), height / 190, angle)
        inked = inked * np.clip(0.9 + 0.16 * grain(sitting.rng, height, width, 0.7), 0, 1)
        shift = sitting.rng.integers(-height // 300 - 1, height // 300 + 2, 2)
        inked = np.roll(inked, tuple(shift), (0, 1)).astype(np.float32)
        sheet = sheet * mix(np.ones_like(sheet), hex_colour(colour), inked * 0.92)
    return sheet


_LINES = (
    "The quiet issue",
    "Light, found",
    "Twelve portraits",
    "At home with colour",
    "What a face keeps",
    "The art of sitting still",
    "Notes from the studio",
)


@look("magazine-cover")
def magazine_cover(sitting: Sitting) -> Array:
    """A cover: masthead behind the head's height, the prompt as headline, cover lines, barcode."""
    cut = sitting.cut(zoom=0.96, level=0.5)
    height, width = sitting.height, sitting.width
    picture = contrast(saturation(cut.picture, 1.06), 1.08)
    shade = np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, 1)
    if not cut.outlined:
        backdrop = soft_blur(picture, height / 45)
        picture = mix(backdrop, picture, np.maximum(smoothstep(cut.subject, 0, 0.7), 0.2))
    picture = picture * (1 - 0.62 * smoothstep(shade, 0.52, 1.0))[..., None]
    picture = picture * (1 - 0.30 * (1 - smoothstep(shade, 0.0, 0.26)))[..., None]
    image = to_image(picture)
    under = _masthead(image, sitting)
    if cut.outlined:  # the head stands before the masthead
        image = to_image(mix(from_image(image), picture, cut.subject))
    _cover_type(image, sitting, under)
    return from_image(image)


def _masthead(image: Image.Image, sitting: Sitting) -> float:
    """The name of the magazine across the head; how far down it reaches, in pixels."""
    margin = sitting.width * 0.055
    face = lettering.fit("LIKENESS", sitting.width - 2 * margin, sitting.height * 0.2)
    middle = sitting.width / 2, margin * 0.75
    lettering.write(image, middle, "LIKENESS", face, "#ffffff", anchor="ma", bold=0.022)
    return margin * 1.3 + float(face.getbbox("LIKENESS", anchor="ma")[3])


def _cover_type(image: Image.Image, sitting: Sitting, under: float) -> None:
    width, height, margin = sitting.width, sitting.height, sitting.width * 0.055
    accent = ("#ffd84d", "#ff8a5c", "#7fe0d0", "#ff9ec4")[sitting.rng.integers(4)]
    small = lettering.font(min(width, height) * 0.021)
    issue = f"ISSUE {sitting.rng.integers(2, 64)}"
    lettering.write(image, (margin, under), issue, small, "#ffffff")
    lettering.write(
        image, (width - margin, under), "THE PORTRAIT NUMBER", small, "#ffffff", anchor="ra"
    )
    title = lettering.printable(sitting.scene.text or "")
    title = title or lettering.headline(sitting.prompt, 44, "The new portrait")
    room = (width - 2 * margin) * 0.8, height * 0.28
    size = min(width * 0.078, height * 0.09)
    rows, face = lettering.block(title[0].upper() + title[1:], room, size)
    line = face.size * 1.08
    top = height - margin - len(rows) * line - small.size * 3.4
    for i, row in enumerate(rows):
        lettering.write(image, (margin, top + i * line), row, face, "#ffffff", bold=0.012)
    picks = sitting.rng.permutation(len(_LINES))[:2]
    story = "   /   ".join(_LINES[i] for i in picks)
    lettering.write(image, (margin, height - margin - small.size * 1.6), story, small, accent)
    _barcode(image, sitting, margin)


def _barcode(image: Image.Image, sitting: Sitting, margin: float) -> None:
    """Bars of random widths on a white label in the lower right corner."""
    w, h = sitting.width * 0.13, sitting.width * 0.075
    right, bottom = sitting.width - margin, sitting.height - margin
    draw = ImageDraw.Draw(image)
    draw.rectangle((right - w, bottom - h, right, bottom), fill="#ffffff")
    x, end = right - w * 0.92, right - w * 0.08
    while x < end:
        bar = w * (0.008 + 0.022 * float(sitting.rng.random()))
        draw.rectangle((x, bottom - h * 0.88, min(x + bar, end), bottom - h * 0.14), fill="#111111")
        x += bar + w * (0.01 + 0.018 * float(sitting.rng.random()))
