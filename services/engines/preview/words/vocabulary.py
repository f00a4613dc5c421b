"""The booth's words as screens use them: ideas, what can be picked, and writing it."""

from collections.abc import Iterable

from services.engines.base import Choices, Option
from services.engines.preview.scene import Colour, Light, Mood, Place, Season, Weather
from services.engines.preview.words.in_style import in_style
from services.engines.preview.words.labels import Value, kind, label, said
from services.engines.preview.words.lexicon import Role
from services.engines.preview.words.phrases import words
from services.engines.preview.words.reading import Claim, Reading, read
from services.engines.preview.words.understanding import Understanding, understand

# Sentences that are followed to the last word.
IDEAS = (
    "in a misty forest at golden hour",
    "on a rooftop at dusk, blurred background",
    "in a café by the window, warm and cosy",
    "among cherry blossoms in spring, dreamy",
    "by a lake at dawn, fog, calm",
    "in front of a teal backdrop, close-up",
    "in a neon alley in the rain",
    "in a library by candlelight, dark",
)
# What leads to a noun and goes with it: `in a forest` is taken out whole.
_LEADS = frozenset(
    words(
        "a an the in on at by under above among with of front near beside behind before during "
        "inside im am auf bei der die das dem den einem einer ein eine vor unter zu zur "
        "à au aux la le les l dans un une sur sous de du des en el los las bajo sobre"
    )
)


class Vocabulary:
    """`engines.base.Words` of the photo booth."""

    ideas = IDEAS

    def __init__(self) -> None:
        self.vocabulary = (
            _choices("Places", Place),
            _choices("Light", Light),
            _choices("Weather", Weather),
            _choices("Season", Season),
            _choices("Colours", Colour),
            _choices("Mood", Mood),
        )

    def understand(self, prompt: str, style: str | None = None) -> Understanding:
        """What of the prompt will be in the picture; style: a preset's id."""
        return in_style(understand(prompt), style)

    def choose(self, prompt: str, option: Option) -> str:
        """The prompt with the option, instead of another of its kind; without, if it was there."""
        reading, text = read(prompt), said(option.kind, option.value)
        alike = [claim for claim in reading.kept if kind(claim.value) == option.kind]
        same = [claim for claim in alike if claim.value == option.value]
        if same:
            return _without(prompt, [_whole(reading, claim) for claim in same])
        if alike and option.kind != "colour":
            start, end = _whole(reading, alike[0])
            return f"{prompt[:start]}{text}{prompt[end:]}"
        return f"{prompt.rstrip(' ,.;')}, {text}" if prompt.strip() else text


def _choices(title: str, values: Iterable[Value]) -> Choices:
    return Choices(title, tuple(map(_option, values)))


def _option(value: Value) -> Option:
    colour = value.hex if isinstance(value, Colour) else None
    return Option(kind(value), str(value), label(value), colour)


def _whole(reading: Reading, claim: Claim) -> tuple[int, int]:
    """Where the phrase stands, with `in a` before it and `tones` behind it."""
    at = reading.pieces.index(claim.piece)
    start, end = claim.piece.start, claim.piece.end
    for piece in reversed(reading.pieces[:at]):
        if piece.stop or not _LEADS.issuperset(words(reading.word(piece))):
            break
        start = piece.start
    after = reading.pieces[at + 1]  # there is one: every clause ends with a stop
    return start, after.end if after.role is Role.SCENERY else end


def _without(prompt: str, spans: Iterable[tuple[int, int]]) -> str:
    """The prompt without these parts, and without the commas that they leave behind."""
    for start, end in sorted(spans, reverse=True):
        prompt = f"{prompt[:start].rstrip()} {prompt[end:].lstrip()}"
    parts = (" ".join(part.split()) for part in prompt.split(","))
    return ", ".join(part for part in parts if part)
