"""What the photos of a set show of a person together: sides, distances, light, days."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.faces.pose import ASIDE

Facts = dict[str, Any]
# The face's height in the picture: a head and shoulders have more than CLOSE, a whole figure less
# than WHOLE. A face is about a seventh of a figure, which seldom fills the picture.
CLOSE, WHOLE = 0.3, 0.12
BRIGHT = 130.0  # luma of the brightest tenth, 0..255: in a lit room or outside by day
ENOUGH_DAYS = 3
SOME = 4  # photos: of fewer nobody says what is missing
BURST = 6  # photos of one hour, if they are half of the set, say little more than one of them


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many photos there are of each kind; only those count that a training takes.

    left, front, right: which way the face looks in the picture. close, half, whole: how much of
    the person is seen. bright, dim: the light. days: on how many they were taken, as far as the
    files say; 0 where none does. same_hour: the most that were taken in one hour. next: the photo
    that would help most now, in words, or None.
    """

    left: int
    front: int
    right: int
    close: int
    half: int
    whole: int
    bright: int
    dim: int
    days: int
    same_hour: int
    next: str | None

    @property
    def burst(self) -> bool:
        """Whether much of it is of one moment."""
        return self.same_hour >= BURST and 2 * self.same_hour > self.left + self.front + self.right


def coverage(used: Sequence[Facts]) -> Coverage | None:
    """Of the verdicts on these photos; None where nobody looked at how a head is turned."""
    seen = [facts for facts in used if "yaw" in (facts.get("face") or {})]
    if not seen:
        return None
    yaws = [facts["face"]["yaw"] for facts in seen]
    shares = [facts["face"]["box"][3] - facts["face"]["box"][1] for facts in seen]
    bright = sum(facts["light"] >= BRIGHT for facts in seen)
    hours = Counter(facts["taken"] for facts in seen if facts.get("taken"))
    found = {
        "left": sum(yaw <= -ASIDE for yaw in yaws),
        "front": sum(-ASIDE < yaw < ASIDE for yaw in yaws),
        "right": sum(yaw >= ASIDE for yaw in yaws),
        "close": sum(share >= CLOSE for share in shares),
        "half": sum(WHOLE <= share < CLOSE for share in shares),
        "whole": sum(share < WHOLE for share in shares),
        "bright": bright,
        "dim": len(seen) - bright,
        "days": len({hour[:10] for hour in hours}),
        "same_hour": max(hours.values(), default=0),
    }
    shown = Coverage(**found, next=None)
    return replace(shown, next=_next(found, len(seen), burst=shown.burst))


def _next(found: dict[str, int], count: int, *, burst: bool) -> str | None:
    """The two things that are missed most, as one photo."""
    if count < SOME:
        return None
    missed = [
        words
        for words, missing in (
            ("from another day", burst),
            ("from the front", not found["front"]),
            (_side(found), not (found["left"] and found["right"])),
            ("from close by", not found["close"]),
            ("of the whole figure", not found["whole"]),
            ("in daylight", 2 * found["bright"] < count),
            ("from another day", 0 < found["days"] < ENOUGH_DAYS and not burst),
        )
        if missing
    ]
    return f"a photo {', '.join(missed[:2])}" if missed else None


def _side(found: dict[str, int]) -> str:
    return "from the other side" if found["left"] or found["right"] else "from the side"
