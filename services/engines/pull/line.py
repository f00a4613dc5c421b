"""The line at which GPU workers ask for work, as the engine needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a job stands, in the words of the GPU worker's own queue.

    status: pending, running, done, failed, canceled. info: the worker's progress.
    """

    status: str
    info: Mapping[str, Any]
    outputs: Mapping[str, Any] | None = None


class Line(Protocol):
    """Jobs that wait for a worker, and what the workers that are there can do.

    offers: of all of them together, see `services.trainer.offers`; as of the last `refresh`.
    submit: safe to repeat; needs: what a worker has to offer; digest: of the payload without its
    addresses. Raises Refused. cancel: False where the job has ended. counts: running, waiting.
    """

    @property
    def offers(self) -> frozenset[str]: ...  # noqa: D102

    async def refresh(self) -> None: ...  # noqa: D102

    async def submit(  # noqa: D102
        self, id: UUID, *, kind: str, needs: Sequence[str], payload: Mapping[str, Any], digest: str
    ) -> None: ...

    async def look(self, id: UUID) -> Standing | None: ...  # noqa: D102

    async def cancel(self, id: UUID) -> bool: ...  # noqa: D102

    async def counts(self) -> tuple[int, int]: ...  # noqa: D102
