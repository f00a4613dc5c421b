"""How alike faces are, from their embeddings; a few thousand multiplications, so plain Python."""

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from services.faces.base import Embedding

Key = TypeVar("Key", bound=Hashable)
# Mean cosine to the others of a set: of the same person 0.607 and more, of another 0.234 and less
# (photographs of 9 persons).
ALIKE = 0.4
ENOUGH = 4  # faces: with fewer, one that differs pulls the others' means below ALIKE
# The cosine to the centroid that is 0 and 100: others' faces reach 0.29 at most, a person's own
# generated ones 0.49 in the median, photographs of the same person 0.76.
NOTHING, ALL = 0.2, 0.8


def centroid(embeddings: Iterable[Embedding]) -> Embedding | None:
    """The mean direction; None without any."""
    total = [sum(column) for column in zip(*embeddings, strict=True)]
    length = math.hypot(*total)
    return tuple(value / length for value in total) if length else None


def likeness(embedding: Embedding, centre: Embedding) -> float:
    """0-100: how much a face is like the person of the centroid."""
    share = (_cosine(embedding, centre) - NOTHING) / (ALL - NOTHING)
    return round(100 * min(1.0, max(0.0, share)), 1)


def strangers(faces: Mapping[Key, Embedding]) -> set[Key]:
    """Those of a set that do not seem to be the person that the others are."""
    count = len(faces)
    if count < ENOUGH:
        return set()
    total = [sum(column) for column in zip(*faces.values(), strict=True)]
    return {
        key
        for key, embedding in faces.items()
        if (_cosine(embedding, total) - 1) / (count - 1) < ALIKE  # less its own share of the sum
    }


def _cosine(one: Embedding, other: Embedding) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
