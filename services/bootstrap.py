"""Wires the product: reads the settings, opens the database, chooses the parts, starts and stops.

The only module that knows every implementation; everything else knows the protocols.
"""

import asyncio
import contextlib
import errno
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine

from db import migrate
from db.embedded import EmbeddedPostgres
from db.errors import CannotStart
from db.session import make_engine, make_transaction
from services import (
    erasing,
    generation_runs,
    housekeeping,
    jobs,
    keys,
    links,
    membership,
    plans,
    privacy,
    recovery,
    runs,
    training_runs,
)
from services.deps import Deps
from services.engines.preview.engine import PreviewEngine
from services.engines.preview.process import Renderer
from services.errors import Invalid
from services.health import Health
from services.jobs import Handler, Kind, Worker
from services.notify import Listener
from services.payments.off import PaymentsOff
from services.scheduler import Scheduler
from services.settings import Settings
from services.storage.base import Storage
from services.storage.local import LocalStorage

__all__ = ["CannotStart", "Product", "build", "opened_database", "read_settings"]

Say = Callable[[str], None]
GRACE = timedelta(seconds=5)  # for jobs under way at a stop; then others may have them

# What waits for an engine has its own deadlines; attempts only count our own failures.
KINDS: dict[str, Kind] = {
    privacy.KIND: Kind(privacy.erase, max_attempts=20),
    recovery.KIND: Kind(recovery.handle),
    erasing.KIND: Kind(erasing.handle, max_attempts=20),
    runs.CANCEL: Kind(runs.handle_cancel),
    training_runs.KIND: Kind(training_runs.handle, training_runs.abandoned, max_attempts=20),
    generation_runs.KIND: Kind(generation_runs.handle, generation_runs.abandoned, max_attempts=20),
}
TICKS: dict[str, tuple[timedelta, Handler]] = {
    "housekeeping": (housekeeping.INTERVAL, housekeeping.run),
    "jobs.prune": (jobs.PRUNING, jobs.prune),
    "membership.renew": (membership.RENEWAL, membership.renew),
}


def read_settings() -> Settings:
    """The operator's settings. Raises CannotStart with the name of a setting that is not valid."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "A setting"
        raise CannotStart(
            f"{name} is not valid ({first['msg']}): .env.example says what it may be."
        ) from None


def secrets_of(settings: Settings) -> list[str]:
    """What must never be in a log."""
    values = [getattr(settings, name) for name in Settings.model_fields]
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def check_port(settings: Settings) -> None:
    """Raises CannotStart where the address can't be listened on: before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"Port {settings.port} is in use: stop the program that uses it, "
            "or set PORT to another number.",
            errno.EACCES: f"Port {settings.port} is reserved for root: set PORT to 1024 or more.",
        }
        otherwise = (
            f"HOST {settings.host} is not an address of this machine ({error.strerror}): "
            "set HOST to 127.0.0.1, or to 0.0.0.0 for all of its addresses."
        )
        raise CannotStart(reasons.get(error.errno or 0, otherwise)) from error


@contextlib.contextmanager
def opened_database(settings: Settings, say: Say) -> Iterator[str]:
    """The URL of a database that is up to date; an embedded one is stopped after the block."""
    _prepare(settings.data_dir)
    if settings.database_url:
        url = _checked(settings.database_url.get_secret_value())
        say("Bringing the database up to date.")
        _upgrade(settings, url)
        yield url
        return
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    say(f"{'Opening' if server.exists() else 'Setting up'} the database in {server.root}.")
    try:
        url = server.start()
        _upgrade(settings, url)
        yield url
    finally:
        server.stop()


def _prepare(data_dir: Path) -> None:
    """Makes DATA_DIR: others may pass through it (the database's user has to), not look into it."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
        probe = data_dir / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"DATA_DIR {data_dir.absolute()} cannot be written to ({error.strerror}): "
            "make it writable for this user, or set DATA_DIR to another directory."
        ) from error


def _upgrade(settings: Settings, url: str) -> None:
    """Brings the schema up to this release, and the default plan to the operator's choice."""
    migrate.upgrade(url)
    try:
        with migrate.connected(url) as connection:
            plans.choose_default(connection, settings)
    except Invalid as error:
        raise CannotStart(str(error)) from error


def _checked(database_url: str) -> str:
    """The URL in libpq's own form; SQLAlchemy's `postgresql+driver://` is understood too."""
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):
        url = URL.create("")
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise CannotStart(
            "DATABASE_URL is not a PostgreSQL address: "
            "write it as postgresql://user:password@host:5432/database."
        )
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True)
class Product:
    """Everything that runs in this process; `worker` is None where ROLE is web."""

    deps: Deps
    health: Health
    listener: Listener
    scheduler: Scheduler
    worker: Worker | None
    database: AsyncEngine

    async def start(self) -> None:
        """Begins to listen and to work; has to be called in the running event loop."""
        await self.listener.start()
        self.scheduler.start()

    async def stop(self) -> None:
        """Ends what runs, then closes the connections to everything outside."""
        if self.worker:
            await self.worker.drain(GRACE)
        await self.scheduler.stop()
        await self.listener.stop()
        closing = (self.deps.engine.close(), self.deps.storage.close())
        await asyncio.gather(*closing, return_exceptions=True)
        await self.database.dispose()

    async def first_admin_link(self) -> str | None:
        """A new one-time link while there is no administrator; earlier ones stop working."""
        async with self.deps.transaction() as session:
            return await links.first_admin(session, self.deps)


def build(settings: Settings, url: str) -> Product:
    """All parts, chosen by the settings and connected; nothing runs yet."""
    secret = keys.installation_secret(settings)
    database = make_engine(url)
    storage = _storage(settings, secret)
    deps = Deps(
        transaction=make_transaction(database),
        settings=settings,
        now=lambda: datetime.now(UTC),
        new_id=uuid4,
        new_seed=lambda: secrets.randbelow(2**31),
        engine=PreviewEngine(storage, Renderer()),
        storage=storage,
        payments=PaymentsOff(),
        secret=secret,
    )
    worker = Worker(deps, kinds=KINDS, ticks=TICKS) if settings.role != "web" else None
    scheduler = Scheduler(worker.duties if worker else {})
    listener = Listener(url)
    if worker:
        listener.subscribe(worker.heard)
    health = Health(deps, listener, scheduler)
    return Product(deps, health, listener, scheduler, worker, database)


def _storage(settings: Settings, secret: bytes) -> Storage:
    return LocalStorage(
        settings.data_dir / "files",
        secret=secret,
        base_url=settings.base_url,
        cdn_url=settings.cdn_base_url or "",
    )
