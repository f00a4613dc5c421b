"""Person and place made one photograph: exposure, colour, direction of light, its wrap, a grade."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from services.engines.preview.person import Placed
from services.engines.preview.scene import Mood
from services.engines.preview.scenes.canvas import Painting, soft
from services.engines.preview.scenes.light import Lighting, rgb

Array = npt.NDArray[np.floating[Any]]
_MOST_STOPS = 1.1  # how far a photo's exposure is changed, either way
_GREY = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class Photograph:
    """picture: sRGB (H, W, 3) in 0..1. person: her alpha. head: pixels of the picture."""

    picture: Array
    person: Array
    head: tuple[float, float, float, float]


def photograph(
    placed: Placed,
    painting: Painting,
    light: Lighting,
    rng: np.random.Generator,
    mood: Mood | None = None,
) -> Photograph:
    """The person in the place, developed and printed."""
    height, width = placed.alpha.shape
    size = (width, height)
    wide = cv2.resize(painting.back, size, interpolation=cv2.INTER_CUBIC)
    back = np.asarray(np.maximum(wide, 0), np.float32)
    person = _lit(placed, back, light) * np.asarray(painting.cast, np.float32)
    a = placed.alpha[..., None]
    both = person * a + back * (1 - a)
    if painting.front is not None:
        front = cv2.resize(painting.front, size, interpolation=cv2.INTER_LINEAR)
        front = front * (1 - 0.92 * _face(placed))[..., None]
        both = front[..., :3] + both * (1 - front[..., 3:])
    picture = _printed(both, light, rng, mood)
    return Photograph(picture, placed.alpha, placed.head)


def empty(painting: Painting, light: Lighting, width: int, height: int) -> Array:
    """The place without a person, printed in the same way but for its grain."""
    wide = cv2.resize(painting.back, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(_curve(np.maximum(wide, 0)) * (1 - light.veil) + light.veil * 0.5)


def _face(placed: Placed) -> Array:
    """1 on the face and 0 a little outside: nothing that is near the lens may cover it."""
    height, width = placed.alpha.shape
    left, top, right, bottom = placed.head
    x = (np.arange(width, dtype=np.float32)[None] - (left + right) / 2) / (right - left)
    y = (np.arange(height, dtype=np.float32)[:, None] - (top + bottom) / 2) / (bottom - top)
    return np.asarray(np.clip(3.2 - 4.4 * np.hypot(x, y), 0, 1), np.float32)


def _lit(placed: Placed, back: Array, light: Lighting) -> Array:
    """The person in the place's light."""
    height, width = placed.alpha.shape
    unit = min(height, width)
    tint = np.asarray(light.tint, np.float32) * _exposure(placed, light)
    grey = (placed.colour @ _GREY)[..., None]
    person = grey + (placed.colour - grey) * np.float32(1 - light.mute)
    person = person * tint.astype(np.float32)
    across, down = _slopes(placed)
    side = -light.side  # the outline turned to the light has its slope towards it
    form = np.clip(-across * side * 0.9 + down * 0.35, -1, 1)
    person = person * (1 + light.shape * form)[..., None]
    if light.gels:
        left, right = (np.asarray(gel, np.float32) for gel in light.gels)
        share = np.clip(0.5 + 0.85 * across, 0, 1)[..., None]
        gel = left * (1 - share) + right * share
        grey = (person @ _GREY)[..., None]
        strength = np.clip(np.abs(across) * 1.5, 0.25, 0.85)[..., None]
        person = person * (1 - strength) + (grey * 1.9 + 0.01) * gel * strength
    around = 1 - placed.alpha
    close = np.clip(soft(around, unit * 0.006) * 1.6, 0, 1)[..., None]
    wide = soft(around, unit * 0.03)[..., None]
    scene = np.minimum(back, 3)
    wrap = soft(scene, unit * 0.035) * wide * 0.26 + soft(scene, unit * 0.012) * close * 0.22
    facing = np.clip(0.35 + across * light.side * 1.3 - down * 0.1, 0, 1)[..., None]
    key = np.asarray(light.key, np.float32)
    glint = key / max(0.2, float(key.max())) * (0.25 + 0.45 * float(key.max()))
    rim = close**1.5 * facing * glint * light.rim
    return np.asarray(person + wrap + rim, np.float32)


def _exposure(placed: Placed, light: Lighting) -> float:
    """What brings the face to the brightness that the light gives it, within reason."""
    left, top, right, bottom = placed.head
    inset_x, inset_y = 0.22 * (right - left), 0.3 * (bottom - top)
    rows = slice(max(0, int(top + inset_y)), max(1, int(bottom - 0.05 * (bottom - top))))
    columns = slice(max(0, int(left + inset_x)), max(1, int(right - inset_x)))
    face, weight = placed.colour[rows, columns] @ _GREY, placed.alpha[rows, columns]
    if weight.sum() < 16:
        return 1.0
    mean = float((face * weight).sum() / weight.sum())
    # Dark skin stays dark: only half of the way, in stops, from an average face.
    wanted = light.face * (max(mean, 0.02) / 0.27) ** 0.45
    return float(np.clip(wanted / max(mean, 0.02), 2**-_MOST_STOPS, 2**_MOST_STOPS))


def _slopes(placed: Placed) -> tuple[Array, Array]:
    """The body as a relief: how it turns to the right and downwards, about -1..1 each."""
    unit = min(placed.alpha.shape)
    head = max(8.0, placed.head[2] - placed.head[0])
    across, down = np.zeros_like(placed.alpha), np.zeros_like(placed.alpha)
    for sigma, weight in ((0.42 * head, 0.6), (0.16 * head, 0.4)):
        relief = soft(placed.alpha, sigma)
        gy, gx = np.gradient(relief)
        across -= weight * gx.astype(np.float32) * sigma * 2.5
        down -= weight * gy.astype(np.float32) * sigma * 2.5
    # A head is rounder than its outline tells: half of what it is turned comes from an ellipsoid.
    left, top, right, bottom = placed.head
    height, width = placed.alpha.shape
    x = (np.arange(width, dtype=np.float32)[None] - (left + right) / 2) / (0.55 * (right - left))
    y = (np.arange(height, dtype=np.float32)[:, None] - (top + bottom) / 2) / (bottom - top)
    inside = np.clip(2.2 - 2 * np.hypot(x * 0.8, y * 1.5), 0, 1)
    across = across + inside * 0.6 * np.clip(x, -1, 1)
    smooth = unit * 0.006
    return soft(np.clip(across, -1, 1), smooth), soft(np.clip(down, -1, 1), smooth)


def _printed(both: Array, light: Lighting, rng: np.random.Generator, mood: Mood | None) -> Array:
    """Glare, a film's curve, a vignette and grain, over person and place alike."""
    height, width = both.shape[:2]
    unit = min(height, width)
    bright = np.clip(both - 0.8, 0, 5)
    both = both + 0.10 * soft(bright, unit * 0.025) + 0.05 * soft(bright, unit * 0.09)
    haze = rgb(*light.haze) * np.float32(light.veil)
    both = both * (1 - light.veil) + haze
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    both = both * (1 - 0.13 * np.clip(x * x + y * y - 0.5, 0, 2))[..., None]
    picture = _curve(both)
    picture = _graded(picture, mood)
    grain = rng.standard_normal((height, width), np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), max(0.4, unit / 1800)) * np.float32(0.017)
    return np.clip(picture + grain[..., None] * (1.1 - picture), 0, 1)


def _curve(values: Array) -> Array:
    """Linear light to sRGB with a film's shoulder: 0.7 and below as it is, white at about 4."""
    over = np.maximum(values - 0.62, 0)
    rolled = np.minimum(values, 0.62) + 0.38 * (1 - np.exp(-over / 0.50))
    return np.asarray(cv2.pow(np.clip(rolled, 0, 1), 1 / 2.2), np.float32)


def _graded(picture: Array, mood: Mood | None) -> Array:
    """The mood, as a printer gives it."""
    if mood is None:
        return picture
    grey = (picture @ _GREY)[..., None]
    if mood in (Mood.WARM, Mood.COOL):
        tone = (1.05, 1.0, 0.90) if mood is Mood.WARM else (0.91, 1.0, 1.07)
        return picture * np.asarray(tone, np.float32)
    if mood is Mood.VIVID:
        return grey + (picture - grey) * 1.3
    if mood is Mood.BRIGHT:
        return picture**0.82
    if mood is Mood.DARK:
        return picture**1.25
    if mood is Mood.DRAMATIC:
        s = picture + 0.28 * (picture - 0.5) * (1 - (2 * picture - 1) ** 2)
        return grey + (s - grey) * 0.92
    if mood in (Mood.DREAMY, Mood.CALM):
        wide = soft(picture, min(picture.shape[:2]) * 0.02)
        lifted = 1 - (1 - picture) * (1 - 0.28 * wide) if mood is Mood.DREAMY else picture
        return grey + (lifted - grey) * 0.88
    return picture
