"""Engines that work in a process of one container, and runs that only that one knows."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable


@runtime_checkable
class Resident(Protocol):
    """An engine that works in a process of this container, which `start` brings up.

    place: names the container: no other one knows the runs that were sent here. up: whether it
    can be asked now. away: why it takes nothing new, in plain words; None where it does. follow:
    have `hear` called after each change of these.
    """

    @property
    def place(self) -> str: ...  # noqa: D102

    @property
    def up(self) -> bool: ...  # noqa: D102

    @property
    def away(self) -> str | None: ...  # noqa: D102

    def start(self) -> None: ...  # noqa: D102

    def follow(self, hear: Callable[[], None]) -> None: ...  # noqa: D102


def placed(place: str, remote_id: str) -> str:
    """A run's id that says in which container the run is."""
    return f"@{place}/{remote_id}"


def place_of(remote_id: str | None) -> str:
    """The container that alone knows a run; empty where any may be asked."""
    return remote_id[1:].partition("/")[0] if remote_id and remote_id.startswith("@") else ""
