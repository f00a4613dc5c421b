"""How an engine with a vocabulary reads a prompt, kept with the request and with its pictures."""

from dataclasses import asdict, dataclass
from typing import Any

from services.engines.base import Engine, NotUnderstood, Term


@dataclass(frozen=True, slots=True)
class PromptReading:
    """made_by: how the pictures are marked. The others: None where any words are taken."""

    made_by: str = ""
    understood: tuple[Term, ...] | None = None
    not_understood: tuple[NotUnderstood, ...] | None = None


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


def stored(kept: dict[str, Any]) -> PromptReading:
    """What `read` gave when the request was made."""
    if not kept:
        return PromptReading()
    return PromptReading(
        kept["made_by"],
        tuple(Term(**term) for term in kept["understood"]),
        tuple(NotUnderstood(**each) for each in kept["not_understood"]),
    )
