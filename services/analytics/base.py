"""What is told of how far people come: which step, when, and nothing of whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Step(StrEnum):
    """The way from the first page to a plan, in order."""

    LANDING = "landing"
    REGISTERED = "registered"
    FIRST_PHOTO = "first_photo"
    FIRST_PICTURE = "first_picture"
    SECOND_PICTURE = "second_picture"
    TRAINING = "training"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Event:
    """A step that somebody took. id: the same when it is told again. who: a random id."""

    id: UUID
    who: UUID
    step: Step
    at: datetime


class Analytics(Protocol):
    """Where events go. Told in the process that takes the step, sent in the background."""

    @property
    def enabled(self) -> bool:
        """Whether events go anywhere."""
        ...

    def record(self, event: Event) -> None:
        """Hand an event over to be sent. Never waits and never raises; what is too much is lost."""
        ...

    async def delivered(self) -> bool:
        """Wait until everything was sent; False where something could not be."""
        ...

    async def close(self) -> None:
        """Send what is left, in a few seconds at most; later events are ignored."""
        ...
