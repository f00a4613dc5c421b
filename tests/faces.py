"""Portraits drawn in code, so that tests need no picture of a real person."""

import io
import random

from PIL import Image, ImageDraw, ImageFilter

_SKIN = ("#f2cfb3", "#d9a47f", "#a8714d", "#7a4a30")
_HAIR = ("#2b1d14", "#5b3a1e", "#a8752f", "#8f8f92")
_WEAR = ("#3b5b7a", "#7a3b46", "#3d6b4f", "#d0c8b8")
_WALL = ("#c9d4dc", "#e4d9c8", "#b9c7b4", "#dcc6cb", "#8fa3b0")


def portrait(seed: int, *, width: int = 900, height: int = 1200, person: int = 0) -> Image.Image:
    """One person (by `person`) in one photo (by `seed`): place, light, wall and smile vary."""
    who, take = random.Random(person), random.Random(seed * 7919 + person)
    skin, hair = who.choice(_SKIN), who.choice(_HAIR)
    image = Image.new("RGB", (width, height), take.choice(_WALL))
    draw = ImageDraw.Draw(image)
    for _ in range(14):  # something behind the person, so that photos differ
        x, y, r = (
            take.random() * width,
            take.random() * height,
            width * (0.03 + take.random() * 0.1),
        )
        draw.rectangle((x - r, y - r, x + r, y + r), fill=take.choice(_WALL))
    image = image.filter(ImageFilter.GaussianBlur(width / 90))
    draw = ImageDraw.Draw(image)
    cx = width * (0.5 + take.uniform(-0.08, 0.08))
    cy, r = height * (0.4 + take.uniform(-0.03, 0.03)), width * (0.2 + take.uniform(-0.02, 0.02))
    body = (cx - r * 2.1, cy + r * 1.5, cx + r * 2.1, height + r * 3)
    draw.ellipse(body, fill=take.choice(_WEAR))
    draw.rectangle((cx - r * 0.4, cy + r * 0.8, cx + r * 0.4, cy + r * 1.8), fill=skin)
    draw.ellipse((cx - r * 1.15, cy - r * 1.55, cx + r * 1.15, cy + r * 0.9), fill=hair)
    draw.ellipse((cx - r * 0.9, cy - r * 1.15, cx + r * 0.9, cy + r * 1.25), fill=skin)
    _features(draw, take, cx, cy, r)
    grain = Image.effect_noise((width, height), 14).convert("RGB")
    return Image.blend(image, grain, 0.05)


def _features(
    draw: ImageDraw.ImageDraw, take: random.Random, cx: float, cy: float, r: float
) -> None:
    look, line = take.uniform(-0.05, 0.05) * r, max(1, int(r * 0.07))
    for side in (-1, 1):
        x = cx + side * r * 0.36
        draw.ellipse((x - r * 0.15, cy - r * 0.14, x + r * 0.15, cy + r * 0.04), fill="#f7f3ee")
        pupil = (x + look - r * 0.07, cy - r * 0.12, x + look + r * 0.07, cy + r * 0.02)
        draw.ellipse(pupil, fill="#2c2320")
        draw.line((x - r * 0.2, cy - r * 0.28, x + r * 0.2, cy - r * 0.3), "#3a281d", line)
    nose = (cx, cy, cx - r * 0.06, cy + r * 0.35, cx + r * 0.08, cy + r * 0.37)
    draw.line(nose, "#8a5a42", line)
    smile = take.uniform(0.05, 0.22) * r
    mouth = (cx - r * 0.36, cy + r * 0.5, cx + r * 0.36, cy + r * 0.6 + smile * 2)
    draw.arc(mouth, 10, 170, fill="#9c3f3f", width=line)


def jpeg(seed: int, *, person: int = 0, width: int = 900, height: int = 1200) -> bytes:
    """The portrait as a JPEG file's bytes."""
    out = io.BytesIO()
    portrait(seed, width=width, height=height, person=person).save(out, "JPEG", quality=90)
    return out.getvalue()
