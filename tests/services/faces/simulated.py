"""Faces drawn at random that differ as those of persons do; nobody's."""

import math
import random

Vector = tuple[float, ...]
SIZE = 128
# The cosine of a photo to its person: so that photos of one person are as alike as real ones,
# 0.65 in the mean, some of them hardly, and those of two persons 0.05.
MEAN, SPREAD, LEAST = 0.81, 0.08, 0.55
OTHERS = 0.05


class Faces:
    """Persons, and photos of them; a seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        """seed: what a test prints."""
        self._chance = random.Random(seed)
        self._everybody = self._direction()

    def person(self) -> Vector:
        """Somebody who looks like nobody else."""
        return self._near(self._everybody, math.sqrt(OTHERS))

    def photo(self, person: Vector) -> Vector:
        """Of them, on one day or another."""
        alike = max(LEAST, min(0.97, self._chance.gauss(MEAN, SPREAD)))
        return self._near(person, alike)

    def _near(self, direction: Vector, cosine: float) -> Vector:
        """At this cosine to a direction, any way aside."""
        aside = self._direction()
        along = sum(a * b for a, b in zip(aside, direction, strict=True))
        aside = _unit(tuple(a - along * b for a, b in zip(aside, direction, strict=True)))
        rest = math.sqrt(1 - cosine**2)
        return tuple(cosine * a + rest * b for a, b in zip(direction, aside, strict=True))

    def _direction(self) -> Vector:
        return _unit(tuple(self._chance.gauss(0, 1) for _ in range(SIZE)))


def _unit(values: Vector) -> Vector:
    length = math.hypot(*values)
    return tuple(value / length for value in values)
