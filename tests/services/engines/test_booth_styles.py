"""What a style does to the words: a colour that is claimed is seen, and a text is printed whole."""

import colorsys
import io

import numpy as np
import pytest
from PIL import Image

from services.engines.preview import lettering
from services.engines.preview.looks import LOOKS
from services.engines.preview.render import render
from services.engines.preview.scene import Colour
from services.engines.preview.words.in_style import INKS, in_style
from services.engines.preview.words.understanding import understand
from tests import sitters

pytestmark = pytest.mark.pictures


def hue_share(style: str, colour: Colour | None) -> float:
    """How much of a picture of this style has blue's hue, 0..1."""
    photo, alpha = sitters.drawn()
    scene = {"place": "studio", "colours": [colour] if colour else []}
    made = render(
        [sitters.encoded(photo, "JPEG")],
        alphas=[sitters.encoded(alpha)],
        seed=7,
        width=240,
        height=300,
        preset=style,
        scene=scene,
        prompt="studio",
    )
    hsv = Image.open(io.BytesIO(made.data)).resize((120, 150)).convert("HSV")
    hue, strength, light = np.moveaxis(np.asarray(hsv, np.float32) / 255, -1, 0)
    red, green, blue = (int(Colour.BLUE.hex[i : i + 2], 16) / 255 for i in (1, 3, 5))
    apart = np.abs((hue - colorsys.rgb_to_hsv(red, green, blue)[0] + 0.5) % 1 - 0.5)
    return float(((apart < 0.08) & (strength > 0.2) & (light > 0.12)).mean())


@pytest.mark.parametrize("style", LOOKS)
def test_a_colour_that_a_style_claims_is_seen(style: str) -> None:
    claimed = in_style(understand("blue studio"), style).understood
    if "colour" not in {term.kind for term in claimed}:
        assert INKS[style] == 0
        return
    assert hue_share(style, Colour.BLUE) > hue_share(style, None) + 0.05


def test_what_a_style_hides_is_said_with_the_reason() -> None:
    found = in_style(understand("forest at dusk, red and blue tones, vivid"), "pencil")
    assert {term.label for term in found.understood} == {"forest", "dusk"}
    reasons = {each.reason for each in found.not_understood}
    assert reasons == {"this style has colours of its own"}
    two = in_style(understand("red and blue studio"), "duotone-poster")
    assert [term.label for term in two.understood if term.kind == "colour"] == ["red"]
    assert [each.word for each in two.not_understood] == ["blue"]
    old = in_style(understand("red and green studio"), "vintage-print")
    assert [term.label for term in old.understood if term.kind == "colour"] == ["red"]
    assert [each.word for each in old.not_understood] == ["green"]
    plain = understand("red and blue studio")
    assert in_style(plain, None) == plain == in_style(plain, "watercolour")


@pytest.mark.parametrize("text", ["The long way home through autumn and the rain", "Käsespätzle"])
def test_a_text_is_printed_whole_in_the_room_that_there_is(text: str) -> None:
    rows, face = lettering.block(text, (400, 80), 44)
    assert " ".join(rows) == text
    assert len(rows) * face.size * 1.08 <= 80
    assert all(face.getlength(row) <= 400 for row in rows)
