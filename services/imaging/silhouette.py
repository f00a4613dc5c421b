"""What the outline of a person tells: where the head is, what the photo cuts off, and if it serves.

Plain numpy, and no network: the photo booth reads it too, for photos whose faces nobody looked for.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Box = tuple[float, float, float, float]  # left, top, right, bottom; 0..1 of the picture
Array = npt.NDArray[np.floating[Any]]
LEAST, MOST = 0.08, 0.95  # the person's share of the photo
COMPANY = 0.25  # a second face larger than this share of the first is another person
_SMALL = 256  # rows that are looked at: finer ones say nothing more


class Unusable(StrEnum):
    """Why a photo is not cut out."""

    NOBODY = "nobody"
    FILLED = "filled"
    SEVERAL = "several"
    HEAD_CUT = "head-cut"


@dataclass(frozen=True, slots=True)
class Silhouette:
    """head: hair and chin, from its outline. edges: how much of each side of the photo is person.

    edges: left, top, right, bottom, 0..1 each: where the photo cuts the body off.
    unusable: None where the photo serves.
    """

    share: float
    head: Box
    edges: Box
    unusable: Unusable | None = None

    def facts(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


def of_facts(facts: dict[str, Any]) -> Silhouette:
    """What `facts` kept."""
    why = facts["unusable"]
    head, edges = tuple(facts["head"]), tuple(facts["edges"])
    return Silhouette(facts["share"], head, edges, Unusable(why) if why else None)


def judge(alpha: Array, faces: tuple[Box, ...] | None = None) -> Silhouette:
    """alpha: (H, W) in 0..1. faces: the largest first; None where nobody looked."""
    share = round(float(alpha.mean()), 4)
    if not LEAST <= share <= MOST:
        why = Unusable.NOBODY if share < LEAST else Unusable.FILLED
        return Silhouette(share, (0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 0.0, 0.0), why)
    head = _head(alpha, faces[0] if faces else None)
    solid = alpha > 0.5
    sides = (solid[:, 1], solid[1], solid[:, -2], solid[-2])
    edges = tuple(round(float(side.mean()), 4) for side in sides)
    whole = Silhouette(share, head, edges)  # type: ignore[arg-type] # four they are
    why_not = _unusable(solid, whole, faces)
    return Silhouette(share, head, whole.edges, why_not)


def _unusable(
    solid: npt.NDArray[np.bool_], found: Silhouette, faces: tuple[Box, ...] | None
) -> Unusable | None:
    if faces and len(faces) > 1 and _area(faces[1]) > COMPANY * _area(faces[0]):
        return Unusable.SEVERAL
    left, top, right, bottom = found.head
    if found.edges[1] > 0.35 * (right - left):
        return Unusable.HEAD_CUT
    height = solid.shape[0]
    rows = slice(int(top * height), max(int(top * height) + 1, int(bottom * height)))
    beside = max(solid[rows, 1].mean(), solid[rows, -2].mean())
    if beside > 0.3:  # long hair may touch the edge; half a face may not
        return Unusable.HEAD_CUT
    return None


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _head(alpha: Array, face: Box | None) -> Box:
    """From the top of the outline to the chin; the face says where, and else the neck does."""
    if face:
        left, top, right, bottom = face
        wide, tall = right - left, bottom - top
        crown = _crown(alpha, face)
        return (
            round(max(0.0, left - 0.18 * wide), 4),
            round(min(crown, top), 4),
            round(min(1.0, right + 0.18 * wide), 4),
            round(min(1.0, bottom + 0.04 * tall), 4),
        )
    return _head_of_outline(alpha)


def _crown(alpha: Array, face: Box) -> float:
    """The top of the hair above a face, at most nine tenths of the face's height above it."""
    height, width = alpha.shape
    left, top, right, bottom = face
    columns = slice(int(left * width), max(int(left * width) + 1, int(right * width)))
    first = int(max(0.0, top - 0.9 * (bottom - top)) * height)
    rows = (alpha[first : int(top * height) + 1, columns] > 0.5).mean(1) > 0.15
    # From the face upwards, as long as there is hair: a lamp above the head is not part of it.
    gaps = np.flatnonzero(~rows)
    below = int(gaps[-1]) + 1 if gaps.size else 0
    return float(first + below) / float(height)


def _head_of_outline(alpha: Array) -> Box:
    """The bulge at the top of an outline: down to its neck, or as tall as one of its width is."""
    height, width = alpha.shape
    step = max(1, height // _SMALL)
    solid = _without_limbs(alpha[::step, ::step] > 0.5)
    rows = np.flatnonzero(solid.any(1))
    first = int(rows[0]) if rows.size else 0
    spans = _spans(solid, first)
    neck, narrow = _neck(spans)
    head = spans[: max(2, neck)]
    # Widest above the neck; hair may hang wider than the head further down.
    upper = head[: max(2, round(0.8 * len(head)))]
    left, right = np.median(head[:, 0]), np.median(head[:, 1])
    wide = float((upper[:, 1] - upper[:, 0]).max())
    centre = float((left + right) / 2)
    tall = min(len(head), (1.7 if narrow else 1.4) * wide)
    scale_x, scale_y = step / width, step / height
    return (
        round(max(0.0, (centre - wide / 2) * scale_x), 4),
        round(first * scale_y, 4),
        round(min(1.0, (centre + wide / 2) * scale_x), 4),
        round(min(1.0, (first + tall) * scale_y), 4),
    )


def _without_limbs(solid: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Nothing that is thinner than a neck: arms in the air, fingers, strands of hair."""
    size = max(3, round(0.07 * solid.shape[1]))
    core = _sums(solid, size) == size * size
    opened = _sums(np.pad(core, size - 1), size)[: solid.shape[0], : solid.shape[1]] > 0
    return opened if opened.any() else solid


def _sums(values: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.int64]:
    """The sum of each window of size x size, by its upper left corner."""
    table = np.pad(values.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    sums = table[size:, size:] - table[:-size, size:] - table[size:, :-size]
    return np.asarray(sums + table[:-size, :-size])


def _spans(solid: npt.NDArray[np.bool_], first: int) -> npt.NDArray[np.float32]:
    """Left and right of the run that continues the one above, for each row from `first` down."""
    spans: list[tuple[int, int]] = []
    for row in solid[first:]:
        edges = np.flatnonzero(np.diff(np.concatenate(([0], row.view(np.int8), [0]))))
        runs = edges.reshape(-1, 2)
        if not runs.size:
            break
        if spans:
            overlap = np.minimum(runs[:, 1], spans[-1][1]) - np.maximum(runs[:, 0], spans[-1][0])
            best = int(overlap.argmax())
        else:
            best = int((runs[:, 1] - runs[:, 0]).argmax())
        spans.append((int(runs[best, 0]), int(runs[best, 1])))
    return np.asarray(spans or [(0, 1)], np.float32)


def _neck(spans: npt.NDArray[np.float32]) -> tuple[int, bool]:
    """The row of the neck, the narrowest before the shoulders, and True.

    Without one, as under long hair, where the shoulders begin, and False.
    """
    width = spans[:, 1] - spans[:, 0]
    kernel = np.ones(5, np.float32) / 5
    smooth = np.convolve(np.pad(width, 2, mode="edge"), kernel, "valid")
    widest = np.maximum.accumulate(smooth)
    deepest, at = 1.0, 0
    for row in range(6, len(smooth)):
        # a head is about as tall as it is wide, and no more than twice
        if row < 0.7 * widest[row] or row > 2.2 * widest[row]:
            continue
        ratio = smooth[row] / widest[row]
        later = smooth[row : row + max(4, int(widest[row]))].max()
        if ratio < deepest and later > 1.15 * smooth[row]:
            deepest, at = ratio, row
    if deepest < 0.93:
        return at, True
    grown = np.flatnonzero(smooth > 1.5 * np.median(smooth[: max(3, len(smooth) // 4)]))
    return int(grown[0]) if grown.size else len(smooth), False
