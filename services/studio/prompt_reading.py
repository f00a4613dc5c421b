"""How an engine with a vocabulary reads a prompt, kept with the request and with its pictures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.engines.base import Engine, NotUnderstood, Term


@dataclass(frozen=True, slots=True)
class PromptReading:
    """made_by: how the pictures are marked. note: why some of them do not follow the words.

    understood, not_understood: None where any words are taken.
    """

    made_by: str = ""
    understood: tuple[Term, ...] | None = None
    not_understood: tuple[NotUnderstood, ...] | None = None
    note: str | None = None


def read(engine: Engine, prompt: str) -> dict[str, Any]:
    """As JSON; empty for an engine that takes any words."""
    if engine.words is None:
        return {}
    found = engine.words.understand(prompt)
    return {
        "made_by": engine.info.tag,
        "understood": [asdict(term) for term in found.understood],
        "not_understood": [asdict(each) for each in found.not_understood],
    }


def stored(kept: dict[str, Any], notes: Sequence[str], *, made: int) -> PromptReading:
    """What `read` gave when the request was made; nothing is understood that no picture shows.

    notes: of the pictures that the engine could not make by the words. made: pictures so far.
    """
    if not kept:
        return PromptReading()
    alone = bool(notes) and len(notes) >= made
    some = f"{len(notes)} of {made} pictures: " if notes and not alone else ""
    return PromptReading(
        kept["made_by"],
        () if alone else tuple(Term(**term) for term in kept["understood"]),
        tuple(NotUnderstood(**each) for each in kept["not_understood"]),
        f"{some}{notes[0]}" if notes else None,
    )
