"""Which round of a training is kept: the one whose portraits are most like the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Candidate:
    """One round's LoRA. portraits: the likeness of each, None where no face was found in it."""

    step: int
    key: str
    portraits: tuple[float | None, ...] = ()

    @property
    def likeness(self) -> float | None:
        """The mean, None where none was measured; one without a face is a failure: it is 0."""
        if not self.portraits or all(one is None for one in self.portraits):
            return None
        return round(sum(one or 0.0 for one in self.portraits) / len(self.portraits), 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """The round that is kept, the others, and why, as a member reads it."""

    kept: Candidate
    others: tuple[Candidate, ...]
    reason: str

    def as_facts(self) -> dict[str, Any]:
        """For the recipe: which step, its likeness, why, and what was tried."""
        tried = sorted([self.kept, *self.others], key=lambda one: one.step)
        return {
            "step": self.kept.step,
            "likeness": self.kept.likeness,
            "reason": self.reason,
            "tried": [{"step": one.step, "likeness": one.likeness} for one in tried],
        }


def choose(candidates: Sequence[Candidate]) -> Choice:
    """The best mean likeness, of equal ones the earlier; the last one where none was measured.

    candidates: in order of their steps, at least one.
    """
    measured = [one for one in candidates if one.likeness is not None]
    best = max(measured, key=lambda one: one.likeness or 0.0, default=candidates[-1])
    others = tuple(one for one in candidates if one is not best)
    return Choice(best, others, _reason(best, candidates))


def _reason(best: Candidate, candidates: Sequence[Candidate]) -> str:
    last = candidates[-1].step
    if best.likeness is None:
        return "The last round: no face could be measured on its samples."
    if len(candidates) == 1:
        return f"The only round; its portraits have a likeness of {best.likeness:.0f}."
    return (
        f"Step {best.step:,} of {last:,}: of {len(candidates)} rounds its portraits are most like "
        f"the photos, {best.likeness:.0f} of 100."
    )
