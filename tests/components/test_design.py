"""The look: contrast in both modes."""

from itertools import product

import pytest

from components import design

TONES = ("accent", "good", "warn", "danger")
# text on what it stands on
PAIRS = [
    *product(("ink", "muted"), ("bg", "surface", "sunken", "raised")),
    *product(TONES, ("bg", "surface")),
    *((tone, f"{tone}-soft") for tone in TONES),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-danger", "danger"),
]
BORDERS = [("line-strong", ground) for ground in ("bg", "surface")]


@pytest.mark.parametrize("mode", [design.LIGHT, design.DARK], ids=["light", "dark"])
def test_text_can_be_read_and_fields_be_found(mode: dict[str, str]) -> None:
    """WCAG 2.2: 4.5:1 for text, 3:1 for the edges of what can be used."""
    ratios = {pair: _contrast(mode[pair[0]], mode[pair[1]]) for pair in PAIRS}
    assert {pair: round(r, 2) for pair, r in ratios.items() if r < 4.5} == {}
    edges = {pair: _contrast(mode[pair[0]], mode[pair[1]]) for pair in BORDERS}
    assert {pair: round(r, 2) for pair, r in edges.items() if r < 3} == {}


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
