"""A sentence as pieces: phrases with a meaning, unknown words, and the stops between them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from services.engines.preview import lettering
from services.engines.preview.words import lexicon
from services.engines.preview.words.lexicon import Entry, Role
from services.engines.preview.words.phrases import plain

_QUOTES = re.compile(
    r"“([^“”]+)”|„([^„“”]+)[“”]|«([^«»]+)»|\"([^\"]+)\"|(?<!\w)[‘']([^‘’']+)[’'](?!\w)"
)
# A word, or one character that is neither word nor blank: a stop, unless it is within a word.
_TOKENS = re.compile(r"[^\W_]+|[^\w\s]|_")
_WITHIN = set("-'’‐‑&")  # `close-up`, `l'aube`, `black & white`
TEXT_LENGTH = 48  # characters that can be lettered on a picture
_NUMBER = re.compile(r"\d+\w{0,3}")  # `8k`, `35mm`, `1990s`


@dataclass(frozen=True, slots=True)
class Quote:
    """Words in quotation marks. start, end: with the marks. used: it is lettered."""

    text: str
    start: int
    end: int
    used: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """One phrase or unknown word; `entry` None: unknown. start, end: where, in characters.

    stop: nothing but the place of a comma or another mark. leads: a phrase that says where, such
    as `above the clouds`. bound: it belongs to a thing that isn't painted. negated: not wanted.
    """

    start: int
    end: int
    entry: Entry | None = None
    stop: bool = False
    leads: bool = False
    bound: bool = False
    negated: bool = False

    @property
    def role(self) -> Role | None:
        """None of an unknown word and of a stop."""
        return self.entry.role if self.entry else None

    @property
    def content(self) -> bool:
        """Whether it can be asked for, known or not."""
        return not self.stop and self.role in {None, Role.SCENE, Role.CANNOT, Role.SCENERY}


def quoted(text: str) -> tuple[str, list[Quote]]:
    """The text with a stop in each quotation's place, and the quotations; one can be used."""
    quotes: list[Quote] = []
    for match in _QUOTES.finditer(text):
        if inside := " ".join(next(group for group in match.groups() if group).split()):
            fits = len(inside) <= TEXT_LENGTH and letters(inside)
            used = fits and not any(quote.used for quote in quotes)
            quotes.append(Quote(inside, *match.span(), used))
    return _QUOTES.sub(lambda match: "," * (match.end() - match.start()), text), quotes


def letters(text: str) -> bool:
    """Whether the face has a letter for each of its characters."""
    return lettering.printable(text) == unicodedata.normalize("NFC", text)


def pieces(text: str) -> list[Piece]:
    """From left to right, the longest phrase at each word."""
    made: list[Piece] = []
    for clause in _clauses(text):
        made += _phrases(clause)
        made.append(Piece(clause[-1][1], clause[-1][1], stop=True))
    return made


def _clauses(text: str) -> Iterator[list[tuple[int, int, str]]]:
    """Words between stops, each as (start, end, plain word)."""
    clause: list[tuple[int, int, str]] = []
    for match in _TOKENS.finditer(text):
        if match[0][0].isalnum():
            clause.append((*match.span(), plain(match[0])))
        elif clause and not _joins(text, match):
            yield clause
            clause = []
    if clause:
        yield clause


def _joins(text: str, mark: re.Match[str]) -> bool:
    """Whether the mark is part of a word or of its accent, not a stop."""
    if unicodedata.combining(mark[0]):
        return True
    between = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 1]
    return mark[0] in _WITHIN and (mark[0] == "&" or all(c.isalnum() for c in between))


def _phrases(clause: list[tuple[int, int, str]]) -> list[Piece]:
    tokens, made, at = tuple(token for *_, token in clause), [], 0
    while at < len(tokens):
        entry, length = lexicon.longest(tokens, at) or (_other(tokens[at]), 1)
        if length == len(tokens) == 1:
            entry = lexicon.alone(tokens[0]) or entry
        leads = length > 1 and lexicon.is_small(tokens[at])
        made.append(Piece(clause[at][0], clause[at + length - 1][1], entry, leads=leads))
        at += length
    return made


def _other(token: str) -> Entry | None:
    """Numbers and single letters ask for nothing; any other word is unknown."""
    small = _NUMBER.fullmatch(token) or (len(token) == 1 and token.isascii())
    return Entry(Role.SMALL) if small else None
