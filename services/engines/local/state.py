"""The worker of this machine as an administrator sees it, and what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Weights:
    """One base. licence, size, left: as the hub says, in bytes; None where it was not asked."""

    name: str
    there: bool
    licence: str | None = None
    size: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """What is being asked of the hub, or was. done, total: bytes; trouble: why it stopped."""

    asking: bool = False
    fetching: bool = False
    done: int = 0
    total: int = 0
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A picture made to measure how long one takes. seconds: the last took, None without one.

    loading of the weights is part of it. trouble: why the last one failed.
    """

    running: bool = False
    seconds: float | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class LocalState:
    """status: in one sentence. hardware: what the worker found, by name. folder: of the weights.

    trial: None on a GPU, where nothing has to be measured first.
    """

    running: bool
    status: str
    hardware: Mapping[str, str]
    weights: tuple[Weights, ...]
    folder: str
    fetch: Fetch
    trial: Trial | None = None


@runtime_checkable
class Local(Protocol):
    """An engine of this machine, for the administrator's page.

    look: asks the hub for licence and size, and changes nothing. fetch: brings what is missing,
    and goes on where it was. hold: stops that. try_out: makes a trial picture.
    """

    @property
    def state(self) -> LocalState: ...  # noqa: D102

    def look(self) -> None: ...  # noqa: D102

    def fetch(self) -> None: ...  # noqa: D102

    async def hold(self) -> None: ...  # noqa: D102

    def try_out(self) -> None: ...  # noqa: D102
