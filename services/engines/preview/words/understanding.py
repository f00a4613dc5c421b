"""What a member is told of a sentence: word for word, what is painted and what is not, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from services.engines import base
from services.engines.base import NotUnderstood, Term
from services.engines.preview.scene import Colour, Scene
from services.engines.preview.words import cannot
from services.engines.preview.words.labels import kind, label
from services.engines.preview.words.lexicon import Role
from services.engines.preview.words.reading import Reading, read
from services.engines.preview.words.sentence import TEXT_LENGTH, Piece, letters

# `no people`: nobody paints them, so the picture is without them. A hat may be in the photo.
NEVER_ADDED = {each.reason for each in (cannot.PEOPLE, cannot.ANIMALS, cannot.COSTUMES)}
# What a person of the sentence does or looks like, which is no part of her name.
_SAID_OF = {cannot.ACTIONS.reason, cannot.LOOKS.reason}

Said = tuple[int, Term | NotUnderstood]  # where it begins, in characters


@dataclass(frozen=True, slots=True)
class Understanding(base.Understanding):
    """With the scene that the painters are asked for."""

    scene: Scene = field(default_factory=Scene)


def understand(prompt: str) -> Understanding:
    """What the booth makes of a sentence in English, German, French or Spanish."""
    reading = read(prompt)
    said: list[Said] = [
        *_painted(reading),
        *_lettered(reading),
        *_negated(reading),
        *_unknown(reading),
    ]
    said.sort(key=lambda each: each[0])
    terms: dict[str, Term] = {}  # once each: the place `snow` and the weather have one name
    for _, each in said:
        if isinstance(each, Term):
            terms.setdefault(each.label, each)
    others = dict.fromkeys(each for _, each in said if isinstance(each, NotUnderstood))
    return Understanding(tuple(terms.values()), tuple(others), reading.scene())


def _painted(reading: Reading) -> Iterator[Said]:
    for claim in reading.kept:
        word = reading.word(claim.piece)
        yield claim.piece.start, Term(label(claim.value), kind(claim.value), word)
    for claim, reason in reading.lost:
        yield claim.piece.start, NotUnderstood(reading.word(claim.piece), reason)


def _lettered(reading: Reading) -> Iterator[Said]:
    for quote in reading.quotes:
        word = reading.prompt[quote.start : quote.end]
        if quote.used:
            yield quote.start, Term(f"“{quote.text}”", "text", word)
        elif len(quote.text) > TEXT_LENGTH:
            reason = f"lettering takes up to {TEXT_LENGTH} characters"
            yield quote.start, NotUnderstood(word, reason)
        elif not letters(quote.text):
            yield quote.start, NotUnderstood(word, "the booth has no such letters to print")
        else:
            yield quote.start, NotUnderstood(word, "one text at a time")


def _negated(reading: Reading) -> Iterator[Said]:
    """What is not wanted: true of what the booth adds, unknown of what the photo has."""
    keys = {claim.key for claim in reading.kept}
    for piece in reading.pieces:
        if not piece.negated:
            continue
        word, entry = reading.word(piece), piece.entry
        if entry and entry.role is Role.SCENE and entry.value:
            if (kind(entry.value), entry.value) not in keys:
                yield piece.start, Term(f"no {label(entry.value)}", "without", word)
        elif entry and entry.reason in NEVER_ADDED:
            yield piece.start, Term(f"no {word}", "without", word)
        elif entry is None or entry.role is Role.CANNOT:
            reason = "the booth can't take it away" if entry else None
            yield piece.start, NotUnderstood(word, reason)


def _unknown(reading: Reading) -> Iterator[Said]:
    """Words without a meaning here, and things that can't be done, with what describes them."""
    for group in _groups(reading.pieces):
        yield _phrase(reading, group)
    content = [piece for piece in reading.pieces if piece.content]
    if all(piece.role is Role.SCENERY for piece in content):
        for piece in content:
            reason = "many places have it; name one, such as forest, beach or city"
            yield piece.start, NotUnderstood(reading.word(piece), reason)


def _groups(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """What is not understood, with its adjectives: `red silk dress` is one, `dog running` two."""
    group: list[Piece] = []
    end = Piece(0, 0, stop=True)
    for piece, after in pairwise([*pieces, end, end]):
        joins = bool(group) and piece.role is Role.JOIN and after.bound
        belongs = _belongs(piece) or joins
        if not belongs or _is_said_of(piece, group):
            if any(each.role is not Role.SMALL for each in group):
                yield group
            group = []
        if belongs:
            group.append(piece)


def _belongs(piece: Piece) -> bool:
    if piece.stop or piece.negated:
        return False
    describing = piece.role is Role.SMALL and piece.entry is not None and piece.entry.describes
    return piece.bound or describing or piece.role in {None, Role.CANNOT}


def _is_said_of(piece: Piece, group: Sequence[Piece]) -> bool:
    reason = piece.entry.reason if piece.entry else ""
    things = (each.entry for each in group if each.entry and each.entry.thing)
    return reason in _SAID_OF and any(each.reason != reason for each in things)


def _phrase(reading: Reading, group: Sequence[Piece]) -> tuple[int, NotUnderstood]:
    """The group as one; its noun comes last and has the reason."""
    named = [piece for piece in group if piece.role is not Role.SMALL]
    entries = [piece.entry for piece in group if piece.entry]
    reasons = [entry.reason for entry in entries if entry.reason]
    if not reasons and any(isinstance(entry.value, Colour) for entry in entries):
        reasons = ["the booth colours place and light, not things"]
    word = " ".join(reading.prompt[named[0].start : named[-1].end].split())
    return named[0].start, NotUnderstood(word, reasons[-1] if reasons else None)
