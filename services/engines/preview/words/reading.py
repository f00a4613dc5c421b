"""A sentence read: which of its words the painters are asked for, and which gave way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from services.engines.preview.scene import Colour, Light, Place, Scene, Season, Weather
from services.engines.preview.shown import COLOURS, colours, fitting, shown
from services.engines.preview.words.grammar import related
from services.engines.preview.words.labels import Value, kind, label
from services.engines.preview.words.lexicon import Role
from services.engines.preview.words.lights import LAMPS
from services.engines.preview.words.sentence import Piece, Quote, pieces, quoted


@dataclass(frozen=True, slots=True)
class Claim:
    """One value of a scene and the piece of the sentence that names it."""

    value: Value
    piece: Piece

    @property
    def key(self) -> tuple[str, str]:
        """(kind, value): as strings alone, the place `autumn` and the season are equal."""
        return kind(self.value), self.value


@dataclass(frozen=True, slots=True)
class Reading:
    """kept: what is painted. lost: the other claims, each with the reason."""

    prompt: str
    pieces: tuple[Piece, ...]
    quotes: tuple[Quote, ...]
    kept: tuple[Claim, ...]
    lost: tuple[tuple[Claim, str], ...]

    def word(self, piece: Piece) -> str:
        """As the member wrote it."""
        return self.prompt[piece.start : piece.end]

    def scene(self) -> Scene:
        """What the painters are asked for."""
        text = next((quote.text for quote in self.quotes if quote.used), None)
        return replace(_scene(self.kept), text=text)


def read(prompt: str) -> Reading:
    """Read a sentence in English, German, French or Spanish, or in all of them."""
    text, quotes = quoted(prompt)
    found = tuple(related(pieces(text), text))
    claims = _claims(found)
    kept = _chosen(claims)
    lost = [(claim, _rival(claim, kept)) for claim in claims if claim not in kept]
    kept, unseen = _seen(kept)
    lost += unseen
    keys = {claim.key for claim in kept}
    lost = [(claim, reason) for claim, reason in lost if claim.key not in keys]
    return Reading(prompt, found, tuple(quotes), tuple(kept), tuple(lost))


def _claims(found: Sequence[Piece]) -> list[Claim]:
    """Everything that could be painted, weak places left out where there is a better one."""
    able = [
        (piece, piece.entry)
        for piece in _heads(found)
        if piece.entry and piece.role is Role.SCENE and not piece.bound and not piece.negated
    ]
    placed = any(isinstance(entry.value, Place) and not entry.weak for _, entry in able)
    claims = []
    for piece, entry in able:
        value = entry.instead if entry.weak and placed else entry.value
        if value:
            claims.append(Claim(value, piece))
            placed = placed or entry.weak
    return claims


def _heads(found: Sequence[Piece]) -> list[Piece]:
    """A place right before another one comes after it: a `city rooftop` is a rooftop."""
    ordered = list(found)
    for i, (piece, after) in enumerate(pairwise(found)):
        if _is_place(piece) and _is_place(after) and not after.leads:
            ordered[i], ordered[i + 1] = after, piece
    return ordered


def _is_place(piece: Piece) -> bool:
    entry = piece.entry
    return entry is not None and isinstance(entry.value, Place) and not entry.weak


def _chosen(claims: Sequence[Claim]) -> list[Claim]:
    """One of each kind, the first; but what shines goes before when it is; several colours."""
    chosen: dict[str, Claim] = {}
    colours: dict[str, Claim] = {}
    for claim in claims:
        name = kind(claim.value)
        if name == "colour":
            colours.setdefault(claim.value, claim)
        elif name not in chosen or (_shines(claim) and not _shines(chosen[name])):
            chosen[name] = claim
    return [*chosen.values(), *list(colours.values())[:COLOURS]]


def _shines(claim: Claim) -> bool:
    return isinstance(claim.value, Light) and claim.value in LAMPS


def _seen(kept: Sequence[Claim]) -> tuple[list[Claim], list[tuple[Claim, str]]]:
    """Without what the place does not show, and that with the reason.

    Where no place is named, the painters take one that shows the words.
    """
    scene = _scene(kept)
    place = scene.place or fitting(scene)
    seen = [c for c in kept if scene.place is None or shown(c.value, place, scene.weather)]
    extra = [c for c in seen if kind(c.value) == "colour"][colours(place) :]
    reason = f"not seen in this place: {label(place)}"
    lost = [(claim, reason) for claim in kept if claim not in seen]
    lost += [(claim, f"one colour at a time in this place: {label(place)}") for claim in extra]
    return [claim for claim in seen if claim not in extra], lost


def _scene(kept: Sequence[Claim]) -> Scene:
    values = {kind(claim.value): claim.value for claim in kept}
    values.pop("colour", None)
    colours = tuple(c.value for c in kept if isinstance(c.value, Colour))
    scene = Scene(**values, colours=colours)  # type: ignore[arg-type]  # kinds are its fields
    scene = replace(scene, place=_merged(scene))
    if scene.place is Place.RAIN_STREET and scene.weather is None:
        return replace(scene, weather=Weather.RAIN)  # the street is wet; rain is the weather's
    return scene


def _rival(claim: Claim, kept: Sequence[Claim]) -> str:
    name = kind(claim.value)
    if name == "colour":
        return f"{COLOURS} colours at a time"
    winner = next(each.value for each in kept if kind(each.value) == name)
    return f"one {name} at a time; the booth takes {label(winner)}"


def _merged(scene: Scene) -> Place | None:
    """Places that have a painter of their own for an hour, a weather or a season."""
    if scene.place is Place.CITY and scene.light is Light.NIGHT:
        return Place.CITY_NIGHT
    if scene.place is Place.CITY and scene.weather is Weather.RAIN:
        return Place.RAIN_STREET
    if scene.place is Place.FOREST and scene.season is Season.AUTUMN:
        return Place.AUTUMN
    return scene.place
