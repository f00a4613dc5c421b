"""An installation in which two things happen at once: its members, containers and books."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage
from services.app.bootstrap import KINDS
from services.credits import ledger_audit
from services.deps import Deps
from services.engines.base import RemoteState, RemoteStatus, ResultFile
from services.errors import DomainError
from services.gallery import files as gallery_files
from services.gallery import images as gallery_images
from services.gallery import purging
from services.gallery.image_query import Selection
from services.jobs import Worker
from services.maintenance import storage_orphans
from services.storage.local import LocalStorage
from tests.builders import make_user
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.studio import Studio
from tests.waiting import eventually

SECOND = timedelta(seconds=1)
PENDING = RemoteStatus("r1", RemoteState.PENDING)
RUNNING = RemoteStatus("r1", RemoteState.RUNNING, 0.5)
OPEN = "state in ('waiting', 'queued', 'leased')"


class Disk(LocalStorage):
    """A disk on which something else happens in the middle of somebody's work, once."""

    meanwhile: tuple[str, Callable[[], Awaitable[Any]]] | None = None

    async def put(self, key: str, data: Any, *, content_type: str) -> None:
        """As any disk; then what `meanwhile` says, if its part is in the key."""
        await super().put(key, data, content_type=content_type)
        if self.meanwhile and self.meanwhile[0] in key:
            act, self.meanwhile = self.meanwhile[1], None
            await act()


class Container:
    """A process that works the queue, with the parts that its settings give it."""

    def __init__(self, deps: Deps, **parts: Any) -> None:
        """parts: what differs from `deps`."""
        self.deps = replace(deps, **parts)
        self.worker = Worker(self.deps, kinds=KINDS)

    async def works(self) -> None:
        """All that waits comes due, and it does what it can of it."""
        await self._execute("update job_queue set run_at = now() where state = 'waiting'")
        await eventually(self._nothing_left)

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Works until the condition holds."""

        async def holds() -> bool:
            await self.works()
            return await condition()

        await eventually(holds, timeout=20)

    async def takes_over(self) -> None:
        """The leases of processes that are gone run out, and it takes back what they held."""
        await self._execute("update job_queue set lease_until = now() where state = 'leased'")
        await self.worker.sweep()

    async def stops(self) -> None:
        """As at SIGTERM; twice does no harm."""
        await self.worker.drain(SECOND)

    async def _nothing_left(self) -> bool:
        await self.worker.poll()
        query = text(
            "select count(*) from job_queue where state in ('queued', 'leased')"
            " and (needs is null or needs = any(:offers))"
        )
        async with self.deps.transaction() as session:
            left = await session.scalar(query, {"offers": list(self.deps.offers)})
        return not left and not self.worker.busy

    async def _execute(self, statement: str) -> None:
        async with self.deps.transaction() as session:
            await session.execute(text(statement))


class House:
    """One database, one storage, as many containers as a test starts."""

    def __init__(self, deps: Deps, engine: ScriptedEngine, url: str) -> None:
        self.deps = deps
        self.engine = engine
        self.url = url
        self._members: list[Studio] = []
        self._containers: list[Container] = []

    async def member(self, **values: Any) -> Studio:
        """A member with a model of ten photos; values: as `Studio.open` takes them."""
        studio = await Studio(self.deps).open(**{"plan": "pro"} | values)
        self._members.append(studio)
        return studio

    async def admin(self) -> UUID:
        """An administrator."""
        async with self.deps.transaction() as session:
            return (await make_user(session, role="admin")).id

    def container(self, **parts: Any) -> Container:
        """One more process."""
        container = Container(self.deps, **parts)
        self._containers.append(container)
        return container

    @asynccontextmanager
    async def act(self) -> AsyncIterator[AsyncSession]:
        """What one click does."""
        async with self.deps.transaction() as session:
            yield session

    def meanwhile(self, part: str, act: Callable[[], Awaitable[Any]]) -> None:
        """Does `act` right after the first file with `part` in its key is stored."""
        assert isinstance(self.deps.storage, Disk)
        self.deps.storage.meanwhile = (part, act)

    # --- what the engine says ------------------------------------------------------------------

    def makes(self, count: int) -> None:
        """Each submit is answered with so many pictures at once."""
        self._says(self.engine.on_submit, images(*(picture() for _ in range(count))))

    def takes(self) -> None:
        """Each submit is taken, and is at work until it is told otherwise."""
        self._says(self.engine.on_submit, PENDING)
        self._says(self.engine.on_poll, RUNNING)

    def has_made(self, count: int) -> None:
        """Half of the work is done, and these pictures are there."""
        results = tuple(ResultFile(i, data=picture()) for i in range(count))
        self._says(self.engine.on_poll, replace(RUNNING, results=results))

    def finishes(self, count: int = 0) -> None:
        """What is at work is done, with so many pictures."""
        self._says(self.engine.on_poll, images(*(picture() for _ in range(count))))

    @staticmethod
    def _says(script: Any, status: RemoteStatus) -> None:
        script.clear()
        script.append(status)

    # --- what members and operators see --------------------------------------------------------

    async def pictures(self, studio: Studio) -> set[UUID]:
        """What the member's gallery shows; each has its files."""
        query = select(GeneratedImage).where(
            GeneratedImage.user_id == studio.user_id, GeneratedImage.deleted_at.is_(None)
        )
        async with self.deps.transaction() as session:
            shown = list(await session.scalars(query))
        for image in shown:
            key = gallery_files.key(image.folder, image.content_type, "full")
            assert await self.deps.storage.head(key), f"a picture without a file: {image.folder}"
        return {image.id for image in shown}

    async def files(self, studio: Studio) -> list[str]:
        """Every object that belongs to the member."""
        return [info.key async for info in self.deps.storage.list(str(studio.user_id))]

    async def count(self, table: str, studio: Studio) -> int:
        """How many rows of a table are the member's."""
        query = text(f"select count(*) from {table} where user_id = :id")
        async with self.deps.transaction() as session:
            return int(await session.scalar(query, {"id": studio.user_id}) or 0)

    async def spent(self) -> int:
        """Credits that everybody was charged."""
        async with self.deps.transaction() as session:
            return (await ledger_audit.reckon(session)).spent

    # --- what happens to pictures --------------------------------------------------------------

    async def trash(self, studio: Studio, ids: set[UUID]) -> None:
        """Delete."""
        await self._all(gallery_images.trash, studio, ids)

    async def restore(self, studio: Studio, ids: set[UUID]) -> None:
        """Take out of the trash."""
        await self._all(gallery_images.restore, studio, ids)

    async def erase(self, studio: Studio, ids: set[UUID]) -> None:
        """Delete for ever."""
        await self._all(gallery_images.erase, studio, ids)

    async def purge(self) -> None:
        """The tick that removes rows and files of what was deleted for ever."""
        await purging.purge(self.deps)

    async def _all(self, act: Any, studio: Studio, ids: set[UUID]) -> None:
        async with self.deps.transaction() as session:
            selection = Selection(ids=sorted(ids))
            await act(session, self.deps, user_id=studio.user_id, selection=selection)

    # --- the end -------------------------------------------------------------------------------

    async def close(self) -> None:
        """Every process stops."""
        for studio in self._members:
            await studio.close()
        for container in self._containers:
            await container.stops()

    async def settle(self) -> None:
        """Days pass: a last process does everything that is left."""
        last = Container(self.deps)

        async def nothing_open() -> bool:
            query = text(f"select kind, needs from job_queue where {OPEN}")
            async with self.deps.transaction() as session:
                assert (await session.execute(query)).all() == []
            return True

        try:
            await last.until(nothing_open)
        finally:
            await last.stops()

    async def inspect(self) -> None:
        """No credit is lost or held, no job failed, no file without a row nor row without files."""
        async with self.deps.transaction() as session:
            view = await ledger_audit.reckon(session)
            states = text("select kind, reason from job_queue where state in ('failed', 'dead')")
            failed = (await session.execute(states)).all()
        assert (view.broken, view.open_holds, failed) == ({}, 0, [])
        later = datetime.now(UTC) + storage_orphans.GRACE + SECOND
        found = await storage_orphans.reconcile(replace(self.deps, now=lambda: later))
        assert (found.removed, found.missing) == ((), ())


async def at_once(*acts: Awaitable[Any]) -> Counter[str]:
    """Lets all of them run at the same time; how each ended: "done", or a refusal's name.

    Anything but a refusal that members may read fails the test.
    """
    ends: Counter[str] = Counter()
    for end in await asyncio.gather(*acts, return_exceptions=True):
        if isinstance(end, BaseException) and not isinstance(end, DomainError):
            raise end
        ends[type(end).__name__ if isinstance(end, DomainError) else "done"] += 1
    return ends
