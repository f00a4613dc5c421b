"""How a place is lit: sky, sun, haze, lamps, and what falls on the person. Linear light throughout.

1.0 is what a sunlit white wall gives back. The numbers are chosen by eye, on contact sheets.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from services.engines.preview.scene import Light, Mood, Scene, Weather

Array = npt.NDArray[np.floating[Any]]
Rgb = tuple[float, float, float]


def rgb(*values: float) -> Array:
    """A colour in linear light from sRGB values of 0..1."""
    return np.power(np.asarray(values, np.float32), 2.2).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Lighting:
    """sky: from the zenith to the horizon, sRGB. key, fill: on surfaces, linear factors.

    side: -1 the light comes from the left, 1 from the right. sun: how bright its disc is.
    haze: sRGB; thick: how much of what is far it hides, 0..1. lamps: how much they count.
    face: the linear brightness that a face has. shape: how one-sided it is lit, 0..1.
    rim: light from behind at the edge, 0..1. tint: the light on the person, about 1 each.
    mute: how much of the person's colour is lost, 0..1, as the eye loses it in the dark.
    veil: lifted blacks. day: 0 at night, 1 at noon: what comes in through windows.
    gels: coloured light from the left and the right. flames: whether candles are lit.
    """

    sky: tuple[Rgb, ...]
    key: Rgb
    fill: Rgb
    haze: Rgb
    tint: Rgb
    side: float = 1.0
    sun: float = 0.0
    sun_colour: Rgb = (1.0, 0.95, 0.85)
    sun_height: float = 0.3
    thick: float = 0.3
    lamps: float = 0.3
    face: float = 0.27
    shape: float = 0.25
    rim: float = 0.15
    mute: float = 0.0
    veil: float = 0.02
    day: float = 1.0
    gels: tuple[Rgb, Rgb] | None = None
    flames: bool = False

    def lit(self, colour: Rgb | Array, shade: float = 1.0) -> Array:
        """What a surface of this sRGB colour sends back; shade 0 is turned from the key light."""
        lights = np.asarray(self.fill, np.float32) + np.asarray(self.key, np.float32) * shade
        return (rgb(*colour) * lights).astype(np.float32)


OUTDOORS: dict[Light, Lighting] = {
    Light.NOON: Lighting(
        sky=((0.20, 0.45, 0.78), (0.36, 0.62, 0.88), (0.62, 0.80, 0.93), (0.84, 0.90, 0.93)),
        key=(0.95, 0.90, 0.80),
        fill=(0.30, 0.36, 0.44),
        haze=(0.78, 0.86, 0.92),
        tint=(1.01, 1.0, 0.97),
        sun=18,
        sun_height=-0.15,
        thick=0.3,
        lamps=0.25,
        face=0.31,
        shape=0.2,
        rim=0.18,
    ),
    Light.GOLDEN_HOUR: Lighting(
        sky=((0.38, 0.50, 0.68), (0.68, 0.66, 0.68), (0.96, 0.76, 0.54), (1.0, 0.84, 0.56)),
        key=(1.25, 0.76, 0.38),
        fill=(0.28, 0.23, 0.22),
        haze=(1.0, 0.80, 0.55),
        tint=(1.10, 0.98, 0.80),
        sun=30,
        sun_colour=(1.0, 0.82, 0.52),
        sun_height=0.34,
        thick=0.5,
        lamps=0.6,
        face=0.27,
        shape=0.42,
        rim=0.75,
        veil=0.03,
    ),
    Light.DAWN: Lighting(
        sky=((0.42, 0.52, 0.72), (0.68, 0.68, 0.80), (0.93, 0.77, 0.77), (0.99, 0.86, 0.78)),
        key=(0.72, 0.52, 0.45),
        fill=(0.30, 0.29, 0.36),
        haze=(0.90, 0.80, 0.82),
        tint=(1.03, 0.98, 0.98),
        sun=8,
        sun_colour=(1.0, 0.80, 0.70),
        sun_height=0.44,
        thick=0.6,
        lamps=0.5,
        face=0.27,
        shape=0.3,
        rim=0.35,
        veil=0.05,
    ),
    Light.DUSK: Lighting(
        sky=((0.14, 0.18, 0.36), (0.30, 0.28, 0.48), (0.66, 0.43, 0.50), (0.95, 0.60, 0.42)),
        key=(0.34, 0.22, 0.24),
        fill=(0.11, 0.12, 0.20),
        haze=(0.52, 0.40, 0.50),
        tint=(1.02, 0.95, 1.0),
        lamps=1.0,
        face=0.185,
        mute=0.12,
        shape=0.34,
        rim=0.42,
        veil=0.02,
        day=0.25,
    ),
    Light.NIGHT: Lighting(
        sky=((0.03, 0.05, 0.12), (0.06, 0.09, 0.19), (0.11, 0.14, 0.26), (0.17, 0.18, 0.30)),
        key=(0.10, 0.13, 0.20),
        fill=(0.030, 0.042, 0.075),
        haze=(0.14, 0.16, 0.27),
        tint=(0.97, 0.97, 1.03),
        lamps=1.25,
        face=0.135,
        mute=0.26,
        shape=0.42,
        rim=0.4,
        veil=0.008,
        day=0.05,
    ),
    Light.OVERCAST: Lighting(
        sky=((0.68, 0.72, 0.77), (0.75, 0.78, 0.82), (0.82, 0.84, 0.86), (0.88, 0.89, 0.89)),
        key=(0.22, 0.23, 0.24),
        fill=(0.46, 0.49, 0.53),
        haze=(0.80, 0.83, 0.85),
        tint=(0.985, 1.0, 1.02),
        thick=0.5,
        lamps=0.45,
        face=0.27,
        shape=0.1,
        rim=0.1,
        veil=0.03,
    ),
}
OUTDOORS[Light.CANDLE] = replace(
    OUTDOORS[Light.NIGHT],
    tint=(1.16, 0.95, 0.72),
    mute=0.0,
    face=0.20,
    shape=0.5,
    key=(0.24, 0.14, 0.06),
    fill=(0.045, 0.036, 0.034),
    lamps=0.8,
    flames=True,
)
OUTDOORS[Light.WINDOW] = replace(
    OUTDOORS[Light.OVERCAST], shape=0.5, face=0.29, rim=0.12, tint=(1.0, 1.0, 1.0)
)
OUTDOORS[Light.RIM] = replace(
    OUTDOORS[Light.DUSK],
    rim=1.0,
    face=0.17,
    shape=0.3,
    key=(0.42, 0.30, 0.20),
    tint=(1.0, 0.98, 0.98),
)
OUTDOORS[Light.NEON] = replace(
    OUTDOORS[Light.NIGHT],
    gels=((1.0, 0.16, 0.62), (0.10, 0.72, 1.0)),
    tint=(1.0, 0.94, 1.06),
    face=0.19,
    rim=0.7,
    haze=(0.26, 0.16, 0.36),
)
OUTDOORS[Light.STAGE] = replace(
    OUTDOORS[Light.NIGHT],
    tint=(1.08, 0.99, 0.88),
    mute=0.0,
    face=0.27,
    shape=0.4,
    rim=0.9,
    veil=0.015,
)


def lighting(scene: Scene, light: Light, side: float) -> Lighting:
    """The light of this hour in this weather; `side` is -1 or 1, drawn from the seed."""
    found = replace(OUTDOORS[light], side=side)
    if scene.weather:
        found = _weathered(found, scene.weather)
    if scene.mood:
        found = _in_mood(found, scene.mood)
    return found


def _weathered(light: Lighting, weather: Weather) -> Lighting:
    if weather in (Weather.CLEAR, Weather.WIND):
        return light
    dim = {Weather.STORM: 0.45, Weather.RAIN: 0.65}.get(weather, 0.85)
    thick = {Weather.FOG: 0.9, Weather.SNOW: 0.62, Weather.RAIN: 0.6}.get(weather, light.thick)
    # Fog takes the colour of the hour; clouds take it away.
    covered = {Weather.CLOUDY: 0.5, Weather.FOG: 0.2}.get(weather, 0.75)
    grey = tuple(float(np.mean(colour)) * (0.5 + 0.5 * dim) for colour in light.sky)
    sky = tuple(
        _toward(colour, (g, g, g * 1.03), covered)
        for colour, g in zip(light.sky, grey, strict=True)
    )
    mean = sum(light.key) / 3
    soft = tuple(0.45 * (k + (mean - k) * covered * 0.65) * dim for k in light.key)
    fill = tuple(f * dim + 0.35 * mean * dim for f in light.fill)
    g = float(np.mean(light.haze)) * (0.6 + 0.4 * dim)
    return replace(
        light,
        sky=sky,
        key=soft,  # type: ignore[arg-type] # three they are
        fill=fill,  # type: ignore[arg-type]
        haze=_toward(light.haze, (g, g, g * 1.02), covered),
        sun=0.0 if weather is not Weather.CLOUDY else light.sun * 0.15,
        thick=max(thick, light.thick),
        lamps=light.lamps * 1.15,
        shape=light.shape * 0.6,
        rim=light.rim * 0.7,
        veil=light.veil + (0.05 if weather is Weather.FOG else 0.015),
    )


def _in_mood(light: Lighting, mood: Mood) -> Lighting:
    tints: dict[Mood, Rgb] = {
        Mood.WARM: (1.08, 1.0, 0.88),
        Mood.COOL: (0.92, 1.0, 1.10),
        Mood.DREAMY: (1.03, 1.0, 1.0),
    }
    tint = tuple(a * b for a, b in zip(light.tint, tints.get(mood, (1.0, 1.0, 1.0)), strict=True))
    face = {Mood.BRIGHT: 1.18, Mood.DARK: 0.72, Mood.DRAMATIC: 0.85}.get(mood, 1.0)
    return replace(
        light,
        tint=tint,  # type: ignore[arg-type]
        face=light.face * face,
        shape=min(0.6, light.shape + (0.2 if mood is Mood.DRAMATIC else 0.0)),
        veil=light.veil + (0.04 if mood is Mood.DREAMY else 0.0),
    )


def _toward(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def indoors(light: Lighting) -> Lighting:
    """The same hour in a room: what comes through the window, and lamps."""
    window = np.asarray(rgb(*light.sky[-1])) * light.day
    mean = float(window.mean())
    lamp = np.asarray((1.0, 0.70, 0.40)) * 0.16 * max(0.5, light.lamps)
    key = window * 0.42 + np.asarray(light.key) * 0.18 * light.day
    fill = window * 0.14 + lamp * (1.0 if light.day < 0.5 else 0.75)
    warm = 0.5 if mean < 0.2 else 0.22
    tint = _toward(light.tint, (1.10, 0.98, 0.84), warm)
    return replace(
        light,
        key=tuple(float(v) for v in key + lamp * 0.6),  # type: ignore[arg-type] # three they are
        fill=tuple(float(v) for v in fill),  # type: ignore[arg-type]
        haze=(0.55, 0.46, 0.36),
        tint=tint,
        lamps=0.35 if light.flames else max(light.lamps, 0.8),
        thick=0.1,
        face=max(0.19, light.face * 0.92),
        shape=max(0.34, light.shape),
        mute=light.mute * 0.3,
        rim=light.rim * 0.7 + 0.1,
        veil=light.veil * 0.5,
    )
