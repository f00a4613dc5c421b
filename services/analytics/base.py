"""The analytics protocol: which step was taken and when, without personal data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Step(StrEnum):
    """The steps from the first page to a plan, in order."""

    LANDING = "landing"
    REGISTERED = "registered"
    FIRST_PHOTO = "first_photo"
    FIRST_PICTURE = "first_picture"
    SECOND_PICTURE = "second_picture"
    TRAINING = "training"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Event:
    """A step that somebody took. id: the same when it is sent again. who: a random id."""

    id: UUID
    who: UUID
    step: Step
    at: datetime


class Analytics(Protocol):
    """A receiver of events. Recorded in the process that takes the step, sent in the background."""

    @property
    def enabled(self) -> bool:
        """Return whether events are sent anywhere."""
        ...

    def record(self, event: Event) -> None:
        """Queue an event for sending. Never waits and never raises; what is too much is lost."""
        ...

    async def delivered(self) -> bool:
        """Wait until everything was sent; return False if something could not be sent."""
        ...

    async def close(self) -> None:
        """Send the rest, in a few seconds at most; later events are ignored."""
        ...
