"""What a cosine to a person's centre means: a number that is calibrated to her, and a word."""

from dataclasses import dataclass
from enum import StrEnum

from services.faces import compare

NOTHING = 0.2  # the cosine of strangers: 0
OWN = 90.0  # as alike as her own photos are to each other; 100 is identical
# Of a person's own photos to the centre of the others, in the median of 9 persons: for the words
# where too few photos are there to know hers.
USUAL = 0.76
LEAST = 0.5  # own photos that differ more than this say little: the scale ends here
MOST = 0.97  # and copies of one photo say nothing of what is left between them and identical
CLOSE = 75.0  # and more: within what a person's own photos show


class Word(StrEnum):
    """How alike a picture is, in words; the text is said in `WORDS`."""

    NOT_HER = "not_her"
    RECOGNISABLE = "recognisable"
    CLOSE = "close"


WORDS = {
    Word.NOT_HER: "not her",
    Word.RECOGNISABLE: "recognisable",
    Word.CLOSE: "close",
}


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a face is. number: 0-100, 90 as her own photos; None with too few of them."""

    number: float | None
    word: Word


@dataclass(frozen=True, slots=True)
class Scale:
    """own: the median cosine of the person's own photos; None where they are too few.

    nothing: the cosine that is 0.
    """

    own: float | None = None
    nothing: float = NOTHING

    def of(self, cosine: float) -> Likeness:
        """cosine: of a face to the centre of the person's photos."""
        number = self._number(cosine)
        word = Word.CLOSE if number >= CLOSE else Word.RECOGNISABLE
        if cosine < compare.ALIKE:
            word = Word.NOT_HER
        return Likeness(None if self.own is None else number, word)

    def _number(self, cosine: float) -> float:
        """Two straight lines: `nothing` is 0, her own median OWN, and 1 is 100."""
        own = min(MOST, max(LEAST, USUAL if self.own is None else self.own))
        if cosine <= own:
            number = OWN * (cosine - self.nothing) / (own - self.nothing)
        else:
            number = OWN + (100 - OWN) * (cosine - own) / (1 - own)
        return round(min(100.0, max(0.0, number)), 1)
