"""All tables as one index: from a phrase, as plain words, to what it means to the booth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from services.engines.preview.scene import (
    Place,
    Season,
    Weather,
)
from services.engines.preview.words import cannot, colours, lights, places, small
from services.engines.preview.words.labels import Value
from services.engines.preview.words.phrases import Form, Phrases, forms, words


class Role(StrEnum):
    """What a phrase does in a sentence."""

    SCENE = "scene"  # something that is painted
    CANNOT = "cannot"  # something that is not, for a known reason
    SCENERY = "scenery"  # part of any place: nothing by itself, but it can be described
    SMALL = "small"
    NEGATOR = "negator"
    JOIN = "join"
    TURN = "turn"  # ends a negation, as a comma does


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning. weak: it counts only where the sentence names no other place.

    instead: what a weak place says of another one (snow is weather too).
    noun, thing: of what can't be painted; see `cannot.Cannot`.
    describes: an adjective, which belongs to the noun that follows.
    """

    role: Role
    value: Value | None = None
    weak: bool = False
    instead: Value | None = None
    reason: str = ""
    noun: bool = False
    thing: bool = False
    describes: bool = False


_INSTEAD: dict[Place, Value] = {
    Place.AUTUMN: Season.AUTUMN,
    Place.CLOUDS: Weather.CLOUDY,
    Place.SNOW: Weather.SNOW,
}
_ALONE = {word: Entry(Role.SCENE, value) for word, value in small.ALONE.items()}
_LONGEST = 7  # words of a phrase


def _scene() -> Iterator[tuple[Phrases, Entry]]:
    tables: tuple[Mapping[Value, Phrases], ...] = (
        places.PLACES, lights.LIGHTS, lights.WEATHERS, lights.SEASONS, lights.LENSES,
        lights.FRAMINGS,
    )  # type: ignore[assignment]  # fmt: skip
    for table in tables:
        for value, phrases in table.items():
            yield phrases, Entry(Role.SCENE, value)
    for mood, phrases in lights.MOODS.items():
        yield phrases, Entry(Role.SCENE, mood, describes=True)
    for colour, phrases in colours.COLOURS.items():
        yield phrases, Entry(Role.SCENE, colour, describes=True)
    for place, phrases in places.WEAK.items():
        yield phrases, Entry(Role.SCENE, place, weak=True, instead=_INSTEAD.get(place))


def _entries() -> Iterator[tuple[Phrases, Entry]]:
    """What goes before is what a phrase of two tables means."""
    yield from _scene()
    for group in cannot.EVERYTHING:
        meaning = Entry(Role.CANNOT, reason=group.reason, noun=group.noun, thing=group.thing)
        yield group.phrases, meaning
    yield small.NEGATORS, Entry(Role.NEGATOR)
    yield small.JOINS, Entry(Role.JOIN)
    yield small.TURNS, Entry(Role.TURN)
    yield small.SMALL, Entry(Role.SMALL)
    yield small.ADJECTIVES, Entry(Role.SMALL, describes=True)
    yield small.SCENERY, Entry(Role.SCENERY)


def _inflected(phrases: Phrases, entry: Entry) -> Iterator[Form]:
    for language, phrase in phrases:
        # Of colours and moods only adjectives and `cool tones`: `oranges` are things.
        if phrase.endswith("~") or " " in phrase or not entry.describes:
            yield from forms(language, phrase)


@cache
def index() -> dict[Form, Entry]:
    """Base forms of all tables first, so that no inflected form takes another's place."""
    found: dict[Form, Entry] = {}
    for phrases, entry in _entries():
        for _, phrase in phrases:
            found.setdefault(words(phrase), entry)
    for form in cannot.actions():
        found.setdefault((form,), Entry(Role.CANNOT, reason=cannot.ACTIONS.reason))
    for phrases, entry in _entries():
        if entry.role in {Role.SCENE, Role.CANNOT}:
            for inflected in _inflected(phrases, entry):
                found.setdefault(inflected, entry)
    return found


def longest(tokens: Form, start: int) -> tuple[Entry, int] | None:
    """The longest phrase that begins at `start`, and how many words it has."""
    for length in range(min(_LONGEST, len(tokens) - start), 0, -1):
        if entry := index().get(tokens[start : start + length]):
            return entry, length
    return None


def is_small(token: str) -> bool:
    """Whether the word alone asks for nothing."""
    entry = index().get((token,))
    return entry is not None and entry.role is Role.SMALL


def alone(token: str) -> Entry | None:
    """What the word means where nothing else stands between the commas."""
    return _ALONE.get(token)
