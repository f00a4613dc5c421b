"""What a module exports to define a job or a tick; `app.bootstrap` lists the modules."""

from collections.abc import Awaitable, Iterable
from datetime import timedelta
from typing import Protocol

from services.deps import Deps
from services.jobs.base import Done, Job, Kind, Outcome, Tick

ATTEMPTS = 20  # unless the module exports its own; engines have deadlines of their own


class JobModule(Protocol):
    """A module that defines a kind of job. `handle` is safe to run twice.

    The module may export `abandoned(session, job, reason)`, called in the transaction that ends the
    job as failed or dead, and ATTEMPTS.
    """

    KIND: str

    def handle(self, deps: Deps, job: Job, /) -> Awaitable[Outcome]: ...  # noqa: D102


class TickModule(Protocol):
    """A module that defines periodic work, safe to run twice.

    All processes together enqueue the work once an interval.
    """

    __name__: str
    EVERY: timedelta

    def tick(self, deps: Deps, /) -> Awaitable[None]: ...  # noqa: D102


def kinds(modules: Iterable[JobModule]) -> dict[str, Kind]:
    """Return the kinds of job by name."""
    return {
        module.KIND: Kind(
            module.handle,
            getattr(module, "abandoned", None),
            max_attempts=getattr(module, "ATTEMPTS", ATTEMPTS),
        )
        for module in modules
    }


def ticks(modules: Iterable[TickModule]) -> dict[str, tuple[timedelta, Tick]]:
    """Return each tick's interval and work by its module's name, as `maintenance.stuck_runs`."""
    return {
        module.__name__.removeprefix("services."): (module.EVERY, module.tick) for module in modules
    }


def ticking(tick: Tick) -> Kind:
    """Return the kind of job that runs `tick`."""

    async def handle(deps: Deps, _job: Job) -> Outcome:
        await tick(deps)
        return Done()

    return Kind(handle)
