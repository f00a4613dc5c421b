"""Wires the product: chooses its parts by the settings, knows all jobs, starts and stops it.

The only module that knows every implementation; everything else knows the protocols.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from db.errors import CannotStart
from db.session import make_engine, make_reading, make_transaction
from services import (
    account_mail,
    catching_up,
    erasing,
    gallery,
    generation_runs,
    housekeeping,
    imaging,
    jobs,
    keys,
    links,
    loose_ends,
    mail,
    membership,
    privacy,
    reconciling,
    recovery,
    runs,
    training_runs,
    uploads,
)
from services.billing import closing, events
from services.deps import Deps
from services.engines.base import Engine
from services.engines.preview.engine import PreviewEngine
from services.engines.preview.process import Renderer
from services.faces import configured as configured_faces
from services.faces.memory import FaceMemory
from services.health import Health
from services.jobs import Handler, Kind, Worker
from services.notify import Listener
from services.payments.configured import configured as configured_payments
from services.scheduler import Scheduler
from services.settings import Settings
from services.storage.base import Storage
from services.storage.configured import configured

GRACE = timedelta(seconds=5)  # for jobs under way at a stop; then others may have them

# What waits for an engine has its own deadlines; attempts only count our own failures.
KINDS: dict[str, Kind] = {
    closing.KIND: Kind(closing.handle, max_attempts=20),
    events.KIND: Kind(events.handle, max_attempts=20),
    privacy.KIND: Kind(privacy.erase, max_attempts=20),
    account_mail.KIND: Kind(account_mail.handle, max_attempts=mail.ATTEMPTS),
    recovery.KIND: Kind(recovery.handle, max_attempts=mail.ATTEMPTS),
    erasing.KIND: Kind(erasing.handle, max_attempts=20),
    runs.CANCEL: Kind(runs.handle_cancel),
    training_runs.KIND: Kind(training_runs.handle, training_runs.abandoned, max_attempts=20),
    generation_runs.KIND: Kind(generation_runs.handle, generation_runs.abandoned, max_attempts=20),
}
TICKS: dict[str, tuple[timedelta, Handler]] = {
    "loose_ends": (loose_ends.INTERVAL, loose_ends.handle),
    "billing.backfill": (events.BACKFILL, events.backfill),
    "billing.past_due": (events.PAST_DUE, events.settle_past_due),
    "gallery.purge": (gallery.PURGING, gallery.purge_tick),
    "housekeeping": (housekeeping.INTERVAL, housekeeping.run),
    "jobs.prune": (jobs.PRUNING, jobs.prune),
    "reconcile": (reconciling.INTERVAL, reconciling.run),
    "membership.renew": (membership.RENEWAL, membership.renew),
}


@dataclass(frozen=True, slots=True)
class Product:
    """Everything that runs in this process; `worker` is None where ROLE is web."""

    deps: Deps
    health: Health
    listener: Listener
    scheduler: Scheduler
    worker: Worker | None
    databases: tuple[AsyncEngine, ...]

    async def start(self) -> None:
        """Begins to listen and to work; has to be called in the running event loop."""
        await asyncio.to_thread(uploads.sweep, self.deps)
        await self.listener.start()
        self.scheduler.start()

    def retire(self) -> None:
        """Begins no more jobs; safe to call from a signal handler."""
        if self.worker:
            self.worker.retire()

    async def stop(self) -> None:
        """Ends what runs, then closes the connections to everything outside."""
        if self.worker:
            await self.worker.drain(GRACE)
        await self.scheduler.stop()
        await self.listener.stop()
        closing = (self.deps.engine.close(), self.deps.storage.close(), self.deps.payments.close())
        await asyncio.gather(*closing, return_exceptions=True)
        await asyncio.to_thread(imaging.close)
        await self.disconnect()

    async def disconnect(self) -> None:
        """Closes the connections to the database."""
        for database in self.databases:
            await database.dispose()

    async def first_admin_link(self) -> str | None:
        """A new one-time link while there is no administrator; earlier ones stop working."""
        async with self.deps.transaction() as session:
            return await links.first_admin(session, self.deps)


def build(settings: Settings, url: str) -> Product:
    """All parts, chosen by the settings and connected; nothing runs yet."""
    secret = keys.installation_secret(settings)
    database, lookups = make_engine(url), make_engine(url, pool_size=5, autocommit=True)
    storage = configured(settings, secret)
    deps = Deps(
        transaction=make_transaction(database),
        reading=make_reading(lookups),
        settings=settings,
        now=lambda: datetime.now(UTC),
        new_id=uuid4,
        new_seed=lambda: secrets.randbelow(2**31),
        engine=_engine(settings, storage),
        storage=storage,
        payments=configured_payments(settings),
        secret=secret,
        faces=FaceMemory() if configured_faces.looks(settings) else None,
    )
    worker = Worker(deps, kinds=KINDS, ticks=TICKS) if settings.role != "web" else None
    scheduler = Scheduler(worker.duties if worker else {})
    listener = Listener(url, missed=lambda: catching_up.missed(deps))
    if worker:
        listener.subscribe(worker.heard)
    health = Health(deps, listener, scheduler)
    return Product(deps, health, listener, scheduler, worker, (database, lookups))


def _engine(settings: Settings, storage: Storage) -> Engine:
    """The best that is configured, or the one that ENGINE names. Raises CannotStart."""
    real = settings.gpu_worker_url or settings.together_api_key
    if settings.engine == "preview" or (settings.engine == "auto" and not real):
        return PreviewEngine(storage, Renderer())
    from services.engines.together import make_engine  # the SDK is slow to import

    try:
        return make_engine(settings)
    except ValueError as error:
        raise CannotStart(str(error)) from error
