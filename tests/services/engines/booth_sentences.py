"""Reads the sentences that were held aside, and judges an understanding by them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.engines.preview.words import Understanding
from services.engines.preview.words.phrases import plain

FILE = Path(__file__).with_name("booth_held_aside.txt")
MEANS = {
    "place=autumn": {"place=forest", "season=autumn"},
    "place=city-night": {"place=city", "light=night"},
    "place=rain-street": {"place=city", "weather=rain"},
    "place=snow": {"place=snow", "weather=snow"},
}
FIELDS = ("place", "light", "weather", "season", "mood", "lens", "framing", "text")


@dataclass(frozen=True)
class Sentence:
    """One of them. wanted: alternatives of each; allowed: may be understood or not."""

    text: str
    wanted: tuple[frozenset[frozenset[str]], ...]
    allowed: frozenset[str]
    missed: tuple[str, ...]

    def false(self, got: set[str]) -> set[str]:
        """What was claimed and is not right."""
        right = set(self.allowed)
        for alternatives in self.wanted:
            right |= set().union(*alternatives)
        return got - right

    def lacking(self, got: set[str]) -> list[str]:
        """What should have been understood and was not."""
        return [
            "/".join(" ".join(sorted(each)) for each in alternatives)
            for alternatives in self.wanted
            if not any(each <= got for each in alternatives)
        ]


def sentences() -> list[Sentence]:
    """All, in the file's order."""
    lines = FILE.read_text().splitlines()
    return [_sentence(line) for line in lines if line and not line.startswith("#")]


def _sentence(line: str) -> Sentence:
    text, expected, missed = (part.strip() for part in line.split("|"))
    tokens = [t.strip() for t in re.split(r"\s+(?=\??\w+=)", expected) if t.strip()]
    wanted = [_alternatives(token) for token in tokens if not token.startswith("?")]
    allowed = [_alternatives(token[1:]) for token in tokens if token.startswith("?")]
    flat = {value for each in allowed for alternative in each for value in alternative}
    names = tuple(plain(word.strip()) for word in missed.split(",") if word.strip())
    return Sentence(text, tuple(wanted), frozenset(flat), names)


def _alternatives(token: str) -> frozenset[frozenset[str]]:
    kind, found = "", []
    for each in token.split("/"):
        kind, value = each.split("=") if "=" in each else (kind, each)
        found.append(frozenset(expanded([f"{kind}={value}"])))
    return frozenset(found)


def expanded(values: Iterable[str]) -> set[str]:
    """The values, with what places of two meanings say."""
    return {part for value in values for part in MEANS.get(value, {value})}


def claimed(understanding: Understanding) -> set[str]:
    """What an understanding asks the painters for, as the file writes it."""
    scene = understanding.scene
    values = {f"{field}={getattr(scene, field)}" for field in FIELDS if getattr(scene, field)}
    return expanded(values | {f"colour={colour}" for colour in scene.colours})
