"""How an engine with a vocabulary reads a prompt, kept with the request and with its pictures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.engines.base import Engine, NotUnderstood, Operation, Term
from services.errors import Invalid

WORDED = frozenset({Operation.GENERATE, Operation.EDIT, Operation.INPAINT})


@dataclass(frozen=True, slots=True)
class PromptReading:
    """made_by: how the pictures are marked. note: why some of them do not follow the words.

    understood, not_understood: None where any words are taken.
    """

    made_by: str = ""
    understood: tuple[Term, ...] | None = None
    not_understood: tuple[NotUnderstood, ...] | None = None
    note: str | None = None


def read(engine: Engine, prompt: str, style: str | None = None) -> dict[str, Any]:
    """As JSON; empty for an engine that takes any words."""
    if engine.words is None:
        return {}
    found = engine.words.understand(prompt, style)
    return {
        "made_by": engine.info.tag,
        "understood": [asdict(term) for term in found.understood],
        "not_understood": [asdict(each) for each in found.not_understood],
    }


def of_operation(
    engine: Engine, operation: Operation, prompt: str, style: str | None = None
) -> dict[str, Any]:
    """The same for any operation. Raises Invalid for an edit of which nothing is understood."""
    if operation not in WORDED:
        return {"made_by": engine.info.tag} if engine.info.tag else {}
    reading = read(engine, prompt, style)
    if operation is not Operation.GENERATE and reading and not reading["understood"]:
        raise Invalid(
            f"{engine.info.label} can change the place, the light, the weather and the colours. "
            "Name one of them, such as “on a beach at dusk”.",
            field="prompt",
        )
    return reading


def stored(kept: dict[str, Any], notes: Sequence[str], *, made: int) -> PromptReading:
    """What `read` gave when the request was made; nothing is understood that no picture shows.

    notes: of the pictures that the engine could not make by the words. made: pictures so far.
    """
    if "understood" not in kept:
        return PromptReading(made_by=kept.get("made_by", ""))
    alone = bool(notes) and len(notes) >= made
    some = f"{len(notes)} of {made} pictures: " if notes and not alone else ""
    return PromptReading(
        kept["made_by"],
        () if alone else tuple(Term(**term) for term in kept["understood"]),
        tuple(NotUnderstood(**each) for each in kept["not_understood"]),
        f"{some}{notes[0]}" if notes else None,
    )
