"""Builds the product: chooses its parts by the settings, lists all jobs, starts and stops it.

The only module that imports every implementation; all other modules know the protocols.
"""

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from db.errors import CannotStart
from db.session import make_engine, make_reading, make_transaction
from services import imaging
from services.accounts import mail_job, one_time_links
from services.analytics import configured as configured_analytics
from services.app.health import Health
from services.app.scheduler import Scheduler, Work
from services.billing import backfill, closing, events, past_due
from services.credits import renewals
from services.deps import Deps, Transaction, engine_of
from services.engines import configured as configured_engines
from services.engines.registry import Registry
from services.faces import configured as configured_faces
from services.faces.memory import FaceMemory
from services.figures import counting
from services.files import erasing, uploads
from services.gallery import purging
from services.jobs import Kind, Tick, Worker, pruning
from services.jobs.modules import kinds, ticking, ticks
from services.kit import installation_secret
from services.kit.notify import Listener
from services.limits import calls
from services.limits.calls import Calls
from services.maintenance import (
    certificate_rotation,
    expired_rows,
    funnel,
    missed_notices,
    reports,
    runs_without_engine,
    storage_orphans,
    stuck_runs,
    unmarked_pictures,
)
from services.notifications import ended, push_job
from services.payments.configured import configured as configured_payments
from services.privacy import deleted_members, member_erasure
from services.provenance import certificates, marks, verifying
from services.remote import cancellation, connections
from services.settings import Settings
from services.storage.configured import configured
from services.studio import generation_job
from services.training import sheet_job, training_job
from services.workers import presence
from services.workers.line import WorkerLine

GRACE = timedelta(seconds=5)  # for running jobs at a stop; then other processes may lease them

KINDS: dict[str, Kind] = kinds(
    [
        closing,
        events,
        member_erasure,
        mail_job,
        ended,
        push_job,
        erasing,
        cancellation,
        training_job,
        sheet_job,
        generation_job,
    ]
)
TICKS: dict[str, tuple[timedelta, Tick]] = ticks(
    [
        stuck_runs,
        runs_without_engine,
        presence,
        past_due,
        deleted_members,
        purging,
        certificate_rotation,
        expired_rows,
        pruning,
        storage_orphans,
        unmarked_pictures,
        renewals,
        counting,
        reports,
    ]
)
# run only by processes with payments, since they would do nothing in others
PAYMENT_TICKS: dict[str, tuple[timedelta, Tick]] = ticks([backfill])
# the same for processes with analytics
ANALYTICS_TICKS: dict[str, tuple[timedelta, Tick]] = ticks([funnel])
# Names of release 1.0.0: one of its processes may still run, or may have left jobs behind.
FORMER_KINDS: dict[str, Kind] = {
    "end_subscription": KINDS[closing.KIND],
    **dict.fromkeys(mail_job.FORMER, KINDS[mail_job.KIND]),
    "loose_ends": ticking(stuck_runs.tick),
    "runs.without_engine": ticking(runs_without_engine.tick),
    "gallery.purge": ticking(purging.tick),
    "housekeeping": ticking(expired_rows.tick),
    "jobs.prune": ticking(pruning.tick),
    "reconcile": ticking(storage_orphans.tick),
    "membership.renew": ticking(renewals.tick),
    "deleted_members": ticking(deleted_members.tick),
}
# An engine in this process runs a few jobs at a time; the rest waits for whichever process is
# free. Two generations, so that one is drawn while the other's pictures are stored.
IN_PROCESS_SLOTS = {
    training_job.KIND: 1,
    generation_job.KIND: 2,
    sheet_job.KIND: 1,
    cancellation.KIND: 2,
}
IN_PROCESS_TIMEOUT = timedelta(minutes=30)  # for a whole run, which takes seconds


@dataclass(frozen=True, slots=True)
class Product:
    """All parts that run in this process; `worker` is None where ROLE is web."""

    deps: Deps
    health: Health
    listener: Listener
    scheduler: Scheduler
    worker: Worker | None
    line: WorkerLine
    databases: tuple[AsyncEngine, ...]

    async def start(self) -> None:
        """Start listening and working; has to be called in the running event loop."""
        await asyncio.to_thread(uploads.sweep, self.deps)
        await connections.reload(self.deps)
        self.deps.engines.start()
        await self.listener.start()
        self.scheduler.start()

    def retire(self) -> None:
        """Start no more jobs; safe to call from a signal handler."""
        self.line.bell.close()
        if self.worker:
            self.worker.retire()

    async def stop(self) -> None:
        """Stop all running work, then close all connections."""
        if self.worker:
            await self.worker.drain(GRACE)
        await self.scheduler.stop()
        await self.listener.stop()
        deps = self.deps
        outside = (deps.engines, deps.storage, deps.payments, deps.analytics)
        await asyncio.gather(*(part.close() for part in outside), return_exceptions=True)
        await asyncio.to_thread(imaging.close)
        await asyncio.to_thread(verifying.close)
        await self.disconnect()

    async def disconnect(self) -> None:
        """Close the connections to the database."""
        for database in self.databases:
            await database.dispose()

    async def first_admin_link(self) -> str | None:
        """Create a one-time link and void earlier ones; None if there is an administrator."""
        async with self.deps.transaction() as session:
            return await one_time_links.first_admin(session, self.deps)


def build(settings: Settings, url: str) -> Product:
    """Build all parts by the settings, and connect them; nothing runs yet."""
    secret = installation_secret.installation_secret(settings)
    _check_certificate(settings)
    database, lookups = make_engine(url), make_engine(url, pool_size=5, autocommit=True)
    storage = configured(settings, secret)
    reading, transaction = make_reading(lookups), make_transaction(database)
    line = WorkerLine(transaction)
    deps = Deps(
        transaction=transaction,
        reading=reading,
        settings=settings,
        now=_now,
        new_id=uuid4,
        new_seed=lambda: secrets.randbelow(2**31),
        engines=configured_engines.build(settings, storage, line),
        storage=storage,
        payments=configured_payments(settings),
        secret=secret,
        faces=FaceMemory() if configured_faces.looks(settings) else None,
        judge=configured_faces.judge(settings),
        calls=_calls(settings, secret, reading),
        analytics=configured_analytics.configured(settings),
    )
    worker = make_worker(deps) if settings.role != "web" else None
    scheduler = Scheduler((worker.duties if worker else {}) | _limiting(deps))
    listener = Listener(url, missed=lambda: missed_notices.missed(deps))
    listener.subscribe(connections.Follower(deps).heard)
    listener.subscribe(line.heard)
    if worker:
        listener.subscribe(worker.heard)
    health = Health(deps, listener, scheduler)
    return Product(deps, health, listener, scheduler, worker, line, (database, lookups))


def _now() -> datetime:
    return datetime.now(UTC)


def _calls(settings: Settings, secret: bytes, reading: Transaction) -> Calls | None:
    """Return the call counts of a process that answers calls, None in any other process."""
    if settings.call_limits == "off" or settings.role == "worker":
        return None
    return Calls(secret=secret, reading=reading, now=_now)


def _limiting(deps: Deps) -> dict[str, tuple[timedelta, Work]]:
    return {"call counts": (calls.EVERY, deps.calls.exchange)} if deps.calls else {}


def make_worker(deps: Deps) -> Worker:
    """Return a worker for all kinds of job, and for the ticks that this process can run."""
    ticks = TICKS
    if deps.payments.enabled:
        ticks = ticks | PAYMENT_TICKS
    if deps.analytics.enabled:
        ticks = ticks | ANALYTICS_TICKS
    return Worker(deps, kinds=FORMER_KINDS | kinds_for(deps.engines), ticks=ticks)


def kinds_for(engines: Registry) -> dict[str, Kind]:
    """Return all kinds; runs of engines inside this process get their own slots."""
    here = [name for name, engine in engines.connected.items() if engine.info.in_process]
    if not here:
        return KINDS
    return KINDS | {
        kind: replace(
            KINDS[kind],
            apart={engine_of(name): slots for name in here},
            timeout=IN_PROCESS_TIMEOUT,
        )
        for kind, slots in IN_PROCESS_SLOTS.items()
    }


def _check_certificate(settings: Settings) -> None:
    """Raise CannotStart if the operator's certificate cannot sign."""
    try:
        marks.check(settings)
    except certificates.BadCertificate as error:
        raise CannotStart(str(error)) from error
