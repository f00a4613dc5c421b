"""Why work failed, in a few words that a metric can be labelled with."""

from enum import StrEnum


class Reason(StrEnum):
    """The bounded set; `said` is what it means on a page."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"
    BAD_RESULT = "bad_result"
    BAD_INPUT = "bad_input"
    RESOURCES = "resources"
    SETUP = "setup"
    OUR_SIDE = "our_side"
    ENGINE = "engine"

    @property
    def said(self) -> str:
        """A short sentence for the operator."""
        return _SAID[self]


_SAID = {
    Reason.REFUSED: "A safety check refused the words or a photo",
    Reason.UNREACHABLE: "The engine could not be reached, or was gone",
    Reason.TIMED_OUT: "It took too long",
    Reason.INTERRUPTED: "A process ended while it was at work",
    Reason.BAD_RESULT: "What the engine sent was missing or damaged",
    Reason.BAD_INPUT: "A photo or the model was missing or unusable",
    Reason.RESOURCES: "The worker had no GPU, or too little memory or disk",
    Reason.SETUP: "The engine is not set up, not paid, or not allowed",
    Reason.OUR_SIDE: "A fault of this installation",
    Reason.ENGINE: "The engine failed without a reason that is known here",
}

# A part of the sentence that a member reads, and what it stands for; the first that is found.
_PARTS: tuple[tuple[str, Reason], ...] = (
    ("the engine sent", Reason.BAD_RESULT),
    ("lora was trained for", Reason.BAD_INPUT),  # what the GPU worker says
    ("not a lora", Reason.BAD_INPUT),
    ("dataset is not", Reason.BAD_INPUT),
    ("is not a picture", Reason.BAD_INPUT),
    ("licence", Reason.SETUP),
    ("there is no base", Reason.SETUP),
    ("gpu is not there", Reason.RESOURCES),
    ("signed url", Reason.UNREACHABLE),
    ("worker stops", Reason.INTERRUPTED),
    ("process ended", Reason.INTERRUPTED),
    ("safety check", Reason.REFUSED),
    ("on our side", Reason.OUR_SIDE),
    ("interrupted", Reason.INTERRUPTED),
    ("in time", Reason.TIMED_OUT),
    ("engine was changed", Reason.UNREACHABLE),
    ("be reached", Reason.UNREACHABLE),
    ("is busy", Reason.UNREACHABLE),
    ("overloaded", Reason.UNREACHABLE),
    ("memory", Reason.RESOURCES),
    ("disk is full", Reason.RESOURCES),
    ("api key", Reason.SETUP),
    ("out of credit", Reason.SETUP),
    ("does not allow", Reason.SETUP),
    ("does not have the model", Reason.SETUP),
    ("weights", Reason.SETUP),
    ("no photos", Reason.BAD_INPUT),
    ("was deleted", Reason.BAD_INPUT),
    ("picture to start from", Reason.BAD_INPUT),
    ("has not been trained", Reason.BAD_INPUT),
    ("a photo could not", Reason.BAD_INPUT),
    ("arrived", Reason.BAD_RESULT),
    ("link to the finished", Reason.BAD_RESULT),
)


def of(sentence: str | None) -> Reason:
    """The reason behind what a member reads; `engine` where the sentence is not known."""
    lower = (sentence or "").lower().replace("’", "'")
    return next((reason for part, reason in _PARTS if part in lower), Reason.ENGINE)
