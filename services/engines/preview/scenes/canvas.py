"""What a painter paints on: sheets of linear light at different depths, seen through an aperture.

A sheet is float32 (H, W, 4): red, green, blue times alpha, and alpha. Lamps and gaps of sky are
many times brighter than 1: spread by the aperture they become the discs that a lens makes of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from services.engines.preview.scene import Season, Weather
from services.engines.preview.scenes.light import Lighting, Rgb

Array = npt.NDArray[np.floating[Any]]
Colour = Rgb | Array
_BLADES = 9


@dataclass(frozen=True)
class Canvas:
    """height, width: pixels. unit: pixels of the shorter side, which sizes are shares of.

    rng: what is where; it is drawn from in the same order whatever the light is, so that the same
    place can be seen by day and by night. aperture: 1 is wide open, 0 is sharp all through.
    accents: sRGB colours that were asked for; empty where none were.
    """

    height: int
    width: int
    rng: np.random.Generator
    light: Lighting
    season: Season = Season.SUMMER
    weather: Weather = Weather.CLEAR
    accents: tuple[Rgb, ...] = ()
    aperture: float = 1.0
    unit: int = field(init=False)
    _in_turn: Iterator[Rgb] = field(init=False)

    def __post_init__(self) -> None:
        """The unit follows from the size."""
        object.__setattr__(self, "unit", min(self.height, self.width))
        object.__setattr__(self, "_in_turn", cycle(self.accents))

    @property
    def span(self) -> float:
        """How many units wide it is: counts of things are multiplied by it."""
        return self.width / self.unit

    def sheet(self, colour: Colour | None = None) -> Array:
        """A clear sheet, or one filled with a linear colour."""
        sheet = np.zeros((self.height, self.width, 4), np.float32)
        if colour is not None:
            sheet[..., :3], sheet[..., 3] = colour, 1
        return sheet

    def x(self, low: float = 0.0, high: float = 1.0) -> float:
        """A random place across, in pixels; 0..1 of the width."""
        return float(self.rng.uniform(low, high)) * self.width

    def y(self, low: float = 0.0, high: float = 1.0) -> float:
        """A random place down, in pixels; 0..1 of the height."""
        return float(self.rng.uniform(low, high)) * self.height

    def size(self, low: float, high: float | None = None) -> float:
        """A length in pixels from units."""
        return self.unit * (low if high is None else float(self.rng.uniform(low, high)))

    def pick(self, colours: Sequence[Colour]) -> Colour:
        """One of them."""
        return colours[int(self.rng.integers(len(colours)))]

    def accent(self, usual: Sequence[Rgb]) -> Rgb:
        """The next of the colours that were asked for, so that all are seen; else a usual one."""
        drawn = int(self.rng.integers(4096))
        return next(self._in_turn) if self.accents else usual[drawn % len(usual)]

    def noise(self, cells: float, octaves: int = 4, stretch: float = 1.0) -> Array:
        """Smooth noise in about -1..1; cells: features across a unit; stretch: wider than tall."""
        out, strength = np.zeros((self.height, self.width), np.float32), 1.0
        for _ in range(octaves):
            rows = max(2, round(cells * self.height / self.unit))
            columns = max(2, round(cells * self.span / stretch))
            grid = self.rng.standard_normal((rows + 1, columns + 1), np.float32)
            size = (self.width, self.height)
            out += strength * cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)
            strength, cells = strength * 0.5, cells * 2
        return out / max(1e-3, float(np.abs(out).max()))

    def rows(self) -> Array:
        """0 at the top and 1 at the bottom, (H, 1)."""
        return np.linspace(0, 1, self.height, dtype=np.float32)[:, None]

    def columns(self) -> Array:
        """0 at the left and 1 at the right, (1, W)."""
        return np.linspace(0, 1, self.width, dtype=np.float32)[None]

    def distance(self, x: float, y: float) -> Array:
        """Of each pixel to a point of 0..1, in units."""
        across = (self.columns() - x) * self.width / self.unit
        down = (self.rows() - y) * self.height / self.unit
        return np.hypot(across, down).astype(np.float32)


@dataclass(frozen=True)
class Painting:
    """back: (H, W, 3) linear, what is behind the person. front: sheets before the person, or None.

    cast: what the place's own colour does to the light on the person, about 1 each.
    """

    back: Array
    front: Array | None = None
    cast: Rgb = (1.0, 1.0, 1.0)


def shot(
    canvas: Canvas,
    sheets: Sequence[tuple[Array, float]],
    front: Sequence[tuple[Array, float]] = (),
) -> Painting:
    """Sheets from far to near, each with the radius of its blur in units, through the lens."""
    back = canvas.sheet((0.0, 0.0, 0.0))
    for sheet, radius in sheets:
        back = over(back, lens(sheet, radius * canvas.unit * canvas.aperture))
    near: Array | None = None
    for sheet, radius in front:
        blurred = lens(sheet, radius * canvas.unit * max(0.5, canvas.aperture))
        near = blurred if near is None else over(near, blurred)
    return Painting(np.ascontiguousarray(back[..., :3]), near)


def over(below: Array, above: Array) -> Array:
    """One sheet laid on another."""
    return np.asarray(above + below * (1 - above[..., 3:]), np.float32)


def veiled(sheet: Array, colour: Colour, amount: float | Array) -> Array:
    """A sheet with haze between it and the eye: where it is opaque its colour nears the haze's."""
    share = amount[..., None] if isinstance(amount, np.ndarray) and amount.ndim == 2 else amount
    sheet[..., :3] += (np.asarray(colour, np.float32) * sheet[..., 3:] - sheet[..., :3]) * share
    return sheet


def lens(sheet: Array, radius: float) -> Array:
    """The blur of an aperture of nine blades, a little brighter at its rim as real ones are."""
    if radius < 0.7:
        return sheet
    if radius > 14:  # a wide blur has nothing fine left: at half the size it is four times quicker
        height, width = sheet.shape[:2]
        half = cv2.resize(sheet, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        wide = lens(np.asarray(half), radius / 2)
        return np.asarray(cv2.resize(wide, (width, height), interpolation=cv2.INTER_LINEAR))
    reach = int(np.ceil(radius)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    turn = np.arange(_BLADES) * 2 * np.pi / _BLADES + 0.3
    corners = np.stack([reach + radius * np.cos(turn), reach + radius * np.sin(turn)], -1)
    cv2.fillPoly(kernel, [np.round(corners * 16).astype(np.int32)], 1, cv2.LINE_AA, shift=4)
    kernel += 0.3 * (kernel - cv2.erode(kernel, np.ones((3, 3), np.uint8)))
    kernel /= kernel.sum()
    return np.asarray(cv2.filter2D(sheet, -1, kernel, borderType=cv2.BORDER_REFLECT))


def soft(values: Array, sigma: float) -> Array:
    """A Gaussian blur of any size, in pixels."""
    if sigma > 8:
        height, width = values.shape[:2]
        step = max(1, int(sigma // 4))
        small = (max(1, width // step), max(1, height // step))
        shrunk = cv2.resize(values, small, interpolation=cv2.INTER_AREA)
        shrunk = cv2.GaussianBlur(shrunk, (0, 0), sigma / step)
        return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_CUBIC))
    return np.asarray(cv2.GaussianBlur(values, (0, 0), max(0.3, sigma)))
