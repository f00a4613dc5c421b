"""Workers with keys, and jobs of runs that are there."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from services.deps import Deps
from services.workers import claims, keys
from tests.doubles.worker_line import make_run

NewWorker = Callable[[str], Awaitable[UUID]]
NewJob = Callable[..., Awaitable[UUID]]


@pytest.fixture
def new_worker(live_deps: Deps) -> NewWorker:
    """Makes a key of that name; the worker's id."""

    async def make(name: str) -> UUID:
        async with live_deps.transaction() as session:
            view, _ = await keys.create(session, live_deps, name=name, actor_id=uuid4())
        return view.id

    return make


@pytest.fixture
def new_run(live_deps: Deps) -> Callable[[], Awaitable[UUID]]:
    """Makes a run of a member's generation, which is under way; its id."""

    async def make() -> UUID:
        async with live_deps.transaction() as session:
            return await make_run(session)

    return make


@pytest.fixture
def new_job(live_deps: Deps, new_run: Callable[[], Awaitable[UUID]]) -> NewJob:
    """Puts a job into the line, of a run of its own unless one is named; its id."""

    async def make(
        kind: str = "generate", *, id: UUID | None = None, digest: str = "d", needs: str = "fast"
    ) -> UUID:
        id = id or await new_run()
        async with live_deps.transaction() as session:
            await claims.submit(
                session, id=id, kind=kind, needs=[needs], payload={"job": {}}, digest=digest
            )
        return id

    return make
