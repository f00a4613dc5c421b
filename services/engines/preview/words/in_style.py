"""What of a sentence a style leaves to be seen: a pencil has no red."""

from dataclasses import replace
from typing import Final

from services.engines.base import NotUnderstood
from services.engines.preview.scene import Colour, Light, Mood
from services.engines.preview.words.labels import label
from services.engines.preview.words.understanding import Understanding

# Styles with inks of their own: how many of the colours that are asked for they print.
INKS: Final = {
    "black-and-white-film": 0,
    "cyanotype": 0,
    "pencil": 0,
    "duotone-poster": 1,
    "line-art": 1,
    "pop-art": 1,
    "risograph": 1,
    "neon": 2,
}
_OF_COLOUR = {label(each) for each in (Mood.WARM, Mood.COOL, Mood.VIVID, Light.NEON)}
# Colours whose dyes an old print has lost: measured, nothing of their hue is left.
FADED: Final = {
    "vintage-print": {
        label(each)
        for each in (Colour.GREEN, Colour.MINT, Colour.PURPLE, Colour.LAVENDER, Colour.MAGENTA)
    }
}
LOST = "this style has lost that colour"
ALONE = "this style has colours of its own"
ENOUGH = "this style prints fewer colours"


def in_style(found: Understanding, style: str | None) -> Understanding:
    """Without what no picture of this style shows; style: a preset's id, None for a photograph."""
    if style is None or style not in INKS | FADED:
        return found
    colours = [term for term in found.understood if term.kind == "colour"]
    faded = FADED.get(style, set())
    hidden = {term: LOST for term in colours if term.label in faded}
    if style in INKS:
        hidden |= dict.fromkeys(colours[INKS[style] :], ENOUGH if INKS[style] else ALONE)
    if style in INKS and style != "neon":
        hidden |= {term: ALONE for term in found.understood if term.label in _OF_COLOUR}
    kept = tuple(term for term in found.understood if term not in hidden)
    lost = [NotUnderstood(term.word, reason) for term, reason in hidden.items()]
    return replace(found, understood=kept, not_understood=(*found.not_understood, *lost))
