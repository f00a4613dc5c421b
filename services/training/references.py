"""The photos that an instant image is made from: of the person, good, and not all the same."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingImage
from services.training import photo_coach, photos, set_judging
from services.training.photos import TrainingPhoto

POOL = 3  # times as many as are wanted: the best of the set, among which the varied are chosen
BITS = 64  # of a photo's hash
NEAR_AND_FAR = 2.0  # how many times as wide one face is as another that counts as a full difference


async def choose(session: AsyncSession, user_model_id: UUID, n: int) -> list[TrainingPhoto]:
    """At most `n` photos, the best one first; for services that have checked the owner.

    Photos that show nobody, somebody else or more than one person, and those that the member
    left out, are taken only where there is no other.
    """
    rows = await set_judging.rows(session, user_model_id)
    return [photos.training_photo(row) for row in varied(rows, n)]


def varied(rows: Sequence[TrainingImage], n: int) -> list[TrainingImage]:
    """The most useful photo, then each time the one that is least like those that are taken.

    Only among the most useful, so that no blurred photo is taken for being different.
    """
    ranked = sorted(rows, key=lambda row: photo_coach.usefulness(row.verdict))
    sound = [row for row in ranked if not _wrong(row)] or ranked
    pool, taken = sound[: POOL * n], sound[:1]
    while len(taken) < min(n, len(pool)):
        left = [row for row in pool if row not in taken]
        taken.append(max(left, key=lambda row: min(_difference(row, one) for one in taken)))
    return taken[:n]


def _wrong(row: TrainingImage) -> bool:
    codes = row.verdict["warnings"]
    return row.included is False or any(code in photo_coach.WRONG for code in codes)


def _difference(one: TrainingImage, other: TrainingImage) -> float:
    """0 where they are alike: place and light by the hash, pose and distance by the face."""
    bits: int = ((one.phash ^ other.phash) & (2**BITS - 1)).bit_count()
    return bits / BITS + _pose(one.verdict.get("face"), other.verdict.get("face"))


def _pose(one: dict[str, Any] | None, other: dict[str, Any] | None) -> float:
    """How differently two faces are seen: nearer or farther, turned one way or another; 0 to 2."""
    if not one or not other:
        return 0.0
    near, far = sorted((float(one["side"]), float(other["side"])), reverse=True)
    distance = min(1.0, (near / max(1.0, far) - 1) / (NEAR_AND_FAR - 1))
    if "yaw" not in one or "yaw" not in other:  # no consent covers how the head is held
        return distance
    return distance + min(1.0, abs(float(one["yaw"]) - float(other["yaw"])))
