"""What belongs together: a colour and its dress, `no` and what is not wanted."""

from collections.abc import Sequence
from dataclasses import replace

from services.engines.preview.scene import Colour, Framing, Lens
from services.engines.preview.words.cannot import ACTIONS
from services.engines.preview.words.lexicon import Role
from services.engines.preview.words.phrases import plain
from services.engines.preview.words.sentence import Piece
from services.engines.preview.words.small import WORN

_BREAKS = {Role.SMALL, Role.NEGATOR, Role.TURN}


def related(pieces: Sequence[Piece], text: str) -> list[Piece]:
    """The same pieces, with `negated` and `bound` set. text: what they were read from."""
    marked = list(pieces)
    for at, piece in enumerate(marked):
        if piece.role is Role.NEGATOR:
            _negate(marked, at)
    for at, piece in enumerate(marked):
        if piece.role is Role.SCENE and _is_bound(marked, at, text):
            marked[at] = replace(piece, bound=True)
    return marked


def _describes(piece: Piece) -> bool:
    return piece.entry is not None and piece.entry.describes


def _ends(piece: Piece) -> bool:
    return piece.stop or piece.role is Role.TURN


def _negate(pieces: list[Piece], at: int) -> None:
    """Negate what follows `no`: its first words, and others that `and` or `or` adds to them.

    Where nothing follows (`snow please not`), it is what stands before.
    """
    begun = False
    for i in range(at + 1, len(pieces)):
        piece = pieces[i]
        if _ends(piece) or (begun and (piece.leads or piece.role in {Role.SMALL, Role.NEGATOR})):
            break
        if piece.content:
            pieces[i], begun = replace(piece, negated=True), True
        elif piece.role is Role.JOIN:
            begun = False
    else:
        i = len(pieces)
    if any(piece.negated for piece in pieces[at + 1 : i]):
        return
    for i in range(at - 1, -1, -1):
        if _ends(pieces[i]):
            break
        if pieces[i].content:
            pieces[i] = replace(pieces[i], negated=True)


def _is_bound(pieces: Sequence[Piece], at: int, text: str) -> bool:
    """Whether this describes something that is not painted."""
    entry = pieces[at].entry
    assert entry is not None  # noqa: S101  # only what is painted is asked about
    if isinstance(entry.value, Lens | Framing):
        return False
    if not entry.describes:
        after = pieces[at + 1 : at + 2]
        return any(each.entry is not None and each.entry.thing for each in after)
    if (noun := _noun(pieces, at)) is not None:
        return noun
    return _follows_thing(pieces, at) or (
        isinstance(entry.value, Colour) and _is_worn(pieces, at, text)
    )


def _noun(pieces: Sequence[Piece], at: int) -> bool | None:
    """Whether the noun that an adjective describes is not painted; None without a noun."""
    unknown = False
    for piece in pieces[at + 1 :]:
        if piece.stop or (piece.role in _BREAKS and not _describes(piece)):
            break
        if piece.role is Role.SCENERY or (piece.role is Role.SCENE and not _describes(piece)):
            return False
        if piece.entry and piece.entry.noun:
            return True
        unknown = unknown or piece.role is None
    return True if unknown else None


def _follows_thing(pieces: Sequence[Piece], at: int) -> bool:
    """`vestido rojo`, `looking calm and serene`: the adjective stands behind."""
    before = pieces[_before_adjectives(pieces, at)] if at else None
    if before is None or before.entry is None:
        return False
    return before.entry.thing or before.entry.reason == ACTIONS.reason


def _is_worn(pieces: Sequence[Piece], at: int, text: str) -> bool:
    """`a woman in red`, `all in black and gold`."""
    before = pieces[_before_adjectives(pieces, at)] if at else None
    return before is not None and plain(text[before.start : before.end]) in WORN


def _before_adjectives(pieces: Sequence[Piece], at: int) -> int:
    """What stands before this adjective and those that `and` joins to it; 0 at the least."""
    before = at - 1
    while before > 0 and (
        pieces[before].role is Role.JOIN
        or (pieces[before].role is Role.SCENE and _describes(pieces[before]))
    ):
        before -= 1
    return before
