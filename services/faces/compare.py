"""How alike faces are, from their embeddings; a few thousand multiplications, so plain Python."""

import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.faces.base import Embedding

Key = TypeVar("Key", bound=Hashable)
# The cosine below which a face is another person's: on 416 persons 0-5 % of a person's own photos
# fall under it, and 0-0.8 % of others' reach it.
ALIKE = 0.36
SAME_PHOTO = 0.91  # photos that share one, cropped or mirrored, stay over it; others reach 0.90
ENOUGH = 4  # faces: of fewer nobody can say who is the one that differs


@dataclass(frozen=True, slots=True)
class Sorted:
    """Whom the faces of a set show. persons: whether no one of them has a majority.

    strangers: the keys of those that are not the person; none where there is no majority.
    """

    strangers: frozenset[object] = frozenset()
    persons: bool = False


def centroid(embeddings: Iterable[Embedding]) -> Embedding | None:
    """The mean direction; None without any."""
    total = [sum(column) for column in zip(*embeddings, strict=True)]
    length = math.hypot(*total)
    return tuple(value / length for value in total) if length else None


def cosine(one: Embedding, other: Embedding) -> float:
    """-1..1: 1 is the same face."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def sort(faces: Mapping[Key, Embedding]) -> Sorted:
    """Who of a set is somebody else.

    The face that is least like the rest is taken out until all that are left are alike; then
    whoever fits these comes back. So strangers do not pull down those that they are compared with.
    """
    if len(faces) < ENOUGH:
        return Sorted()
    left = dict(faces)
    while len(left) > 1:
        means = _means(left)
        worst = min(means, key=lambda key: means[key])
        if means[worst] >= ALIKE:
            break
        del left[worst]
    core = list(left.values())
    own = {key for key, face in faces.items() if key in left or _fits(face, core)}
    if 2 * len(own) <= len(faces):
        return Sorted(persons=True)
    return Sorted(frozenset(faces.keys() - own))


def strangers(faces: Mapping[Key, Embedding]) -> set[Key]:
    """Those of a set that do not seem to be the person that the others are."""
    found = sort(faces).strangers
    return {key for key in faces if key in found}


def repeated(faces: Sequence[tuple[Key, Embedding]]) -> set[Key]:
    """Photos, oldest first, that show the same moment as one before them."""
    return {
        key
        for i, (key, face) in enumerate(faces)
        if any(cosine(face, before) >= SAME_PHOTO for _, before in faces[:i])
    }


def own_alikeness(faces: Collection[Embedding]) -> float | None:
    """The median cosine of a person's photos, each to the centre of the others.

    None where there are fewer than ENOUGH.
    """
    if len(faces) < ENOUGH:
        return None
    found = sorted(_left_out(list(faces)))
    middle = len(found) // 2
    return found[middle] if len(found) % 2 else (found[middle - 1] + found[middle]) / 2


def _left_out(faces: Sequence[Embedding]) -> list[float]:
    total = [sum(column) for column in zip(*faces, strict=True)]
    found = []
    for face in faces:
        rest = [whole - part for whole, part in zip(total, face, strict=True)]
        found.append(cosine(face, rest) / max(math.hypot(*rest), 1e-9))
    return found


def _means(faces: Mapping[Key, Embedding]) -> dict[Key, float]:
    """The mean cosine of each to the others."""
    total = [sum(column) for column in zip(*faces.values(), strict=True)]
    others = len(faces) - 1  # less its own share of the sum
    return {key: (cosine(face, total) - 1) / others for key, face in faces.items()}


def _fits(face: Embedding, core: Sequence[Embedding]) -> bool:
    return sum(cosine(face, other) for other in core) / len(core) >= ALIKE
