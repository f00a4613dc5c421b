"""Engines whose workers come and go."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Visited(Protocol):
    """An engine that takes new work only while a worker of it is there.

    away: why it takes nothing new at present, in plain words; None where it does.
    refresh: reads anew which workers are there.
    """

    @property
    def away(self) -> str | None: ...  # noqa: D102

    async def refresh(self) -> None: ...  # noqa: D102
