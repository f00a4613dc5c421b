"""What a module exports to be a job or a tick; `app.bootstrap` lists the modules."""

from collections.abc import Awaitable, Iterable
from datetime import timedelta
from typing import Protocol

from services.deps import Deps
from services.jobs.base import Done, Job, Kind, Outcome, Tick

ATTEMPTS = 20  # unless the module says otherwise; engines have deadlines of their own


class JobModule(Protocol):
    """A kind of job. `handle` is safe to run twice.

    May export `abandoned(session, job, reason)`, called in the transaction that ends the job
    failed or dead, and ATTEMPTS.
    """

    KIND: str

    def handle(self, deps: Deps, job: Job, /) -> Awaitable[Outcome]: ...  # noqa: D102


class TickModule(Protocol):
    """Periodic work, queued once an interval by all processes together; safe to run twice."""

    __name__: str
    EVERY: timedelta

    def tick(self, deps: Deps, /) -> Awaitable[None]: ...  # noqa: D102


def kinds(modules: Iterable[JobModule]) -> dict[str, Kind]:
    """The kinds of job by name."""
    return {
        module.KIND: Kind(
            module.handle,
            getattr(module, "abandoned", None),
            max_attempts=getattr(module, "ATTEMPTS", ATTEMPTS),
        )
        for module in modules
    }


def ticks(modules: Iterable[TickModule]) -> dict[str, tuple[timedelta, Tick]]:
    """Interval and work by the tick's name, which is its module's, as `maintenance.stuck_runs`."""
    return {
        module.__name__.removeprefix("services."): (module.EVERY, module.tick) for module in modules
    }


def ticking(tick: Tick) -> Kind:
    """The kind of job that a tick is."""

    async def handle(deps: Deps, _job: Job) -> Outcome:
        await tick(deps)
        return Done()

    return Kind(handle)
