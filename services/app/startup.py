"""Checks and prepares settings, port, DATA_DIR and database before anything runs.

Every problem becomes a CannotStart: one sentence for the operator.
"""

import contextlib
import errno
import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from db import migrate
from db.embedded.binaries import service_user
from db.embedded.guard import Guard
from db.embedded.server import EmbeddedPostgres
from db.errors import CannotStart, DatabaseLost
from services.credits import plans
from services.engines import configured
from services.errors import Invalid
from services.settings import DatabaseSettings, Settings

__all__ = [
    "CannotStart",
    "DatabaseLost",
    "Opened",
    "check_engine",
    "check_port",
    "check_schema",
    "connected_database",
    "opened_database",
    "prepare",
    "read_settings",
    "say",
    "secrets_of",
]
FOLDERS = ("files", "uploads")  # in DATA_DIR: photos and pictures, and unfinished uploads

Say = Callable[[str], None]
S = TypeVar("S", bound=DatabaseSettings)


def say(line: str) -> None:
    """Print one line for the person who started the program."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def read_settings(kind: type[S]) -> S:
    """Return the operator's settings. Raises CannotStart naming a setting that is not valid."""
    try:
        return kind()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "A setting"
        raise CannotStart(
            f"{name} is not valid ({first['msg']}): .env.example says what it may be."
        ) from None


def secrets_of(settings: Settings) -> list[str]:
    """Return the values that must never be in a log."""
    values = [getattr(settings, name) for name in Settings.model_fields]
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def check_port(settings: Settings) -> None:
    """Raise CannotStart if the address can't be listened on, before anything is started."""
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


def check_engine(settings: Settings) -> None:
    """Raise CannotStart if ENGINE names no engine, before anything is started."""
    configured.chosen(settings)


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that is up to date. alive: whether an embedded one runs; True for any other."""

    url: str
    alive: Callable[[], bool] = lambda: True


@contextlib.contextmanager
def opened_database(settings: Settings, say: Say) -> Iterator[Opened]:
    """Yield the server's database: brought up to date, and guarded if it is an embedded one.

    Raises CannotStart, and DatabaseLost after the block.
    """
    prepare(settings, say)
    if settings.database_url:
        url = _checked(settings.database_url.get_secret_value())
        say("Bringing the database up to date.")
        _upgrade(settings, url, say)
        yield Opened(url)
        return
    with _embedded(settings, say) as server, Guard(server) as guard:
        _upgrade(settings, server.url(), say)
        yield Opened(server.url(), guard.up)


@contextlib.contextmanager
def connected_database(
    settings: DatabaseSettings, say: Say, *, create: bool = False
) -> Iterator[str]:
    """Yield the URL of the database as it is; stop an embedded one after the block.

    create: set up an embedded one where there is none. Raises CannotStart.
    """
    if settings.database_url:
        yield _checked(settings.database_url.get_secret_value())
        return
    root = settings.data_dir / "postgres"
    if not EmbeddedPostgres(root).exists():
        if not create:
            raise CannotStart(
                f"There is no database in {root.absolute()}: "
                "set DATA_DIR or DATABASE_URL as for the running Likeness."
            )
        prepare(settings, say)
    with _embedded(settings, say) as server:
        yield server.url()


@contextlib.contextmanager
def _embedded(settings: DatabaseSettings, say: Say) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    say(f"{'Opening' if server.exists() else 'Setting up'} the database in {server.root}.")
    try:
        server.start()
        yield server
    finally:
        server.stop()


def check_schema(url: str) -> None:
    """Raise CannotStart unless the database is up to date."""
    with migrate.connected(url) as connection:
        if migrate.needs_upgrade(connection):
            raise CannotStart(
                "The database is not up to date with this release: start Likeness once, "
                "which brings it up to date."
            )


def prepare(settings: DatabaseSettings, say: Say) -> None:
    """Create DATA_DIR, and close it to the other accounts of this machine. Raises CannotStart.

    If the embedded database has its own system user, that user has to pass through DATA_DIR, so
    other users may pass too; but they can't list it, and its files are closed to them.
    """
    data_dir = settings.data_dir
    passable = 0 if settings.database_url or not service_user() else stat.S_IXGRP | stat.S_IXOTH
    try:
        _make(data_dir, stat.S_IRWXU | passable)
        for name in FOLDERS:
            _make(data_dir / name, stat.S_IRWXU)
        probe = data_dir / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"DATA_DIR {data_dir.absolute()} cannot be written to ({error.strerror}): "
            "make it writable for this user, or set DATA_DIR to another directory."
        ) from error
    for path in (data_dir, *(data_dir / name for name in (*FOLDERS, "secret"))):
        if not _close(path, but=passable if path == data_dir else 0):
            say(f"Other accounts of this machine can read {path}: take that right from them.")


def _make(folder: Path, mode: int) -> None:
    """Create a directory and its parents, whatever the umask; leave an existing one as it is."""
    if not folder.is_dir():
        _make(folder.parent, mode)
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)


def _close(path: Path, *, but: int = 0) -> bool:
    """Remove the rights of group and others, except `but`; return False where that is refused."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if excess := mode & (stat.S_IRWXG | stat.S_IRWXO) & ~but:
            path.chmod(mode & ~excess)
    except FileNotFoundError:
        return True
    except OSError:  # owned by another user, or on a file system without modes
        return False
    return True


def _upgrade(settings: Settings, url: str, say: Say) -> None:
    """Migrate the schema; where pages are served, bring the plans in line with the settings.

    A worker changes no plan: it may be started without settings that only pages need.
    """
    migrate.upgrade(url)
    if settings.role == "worker":
        return
    try:
        with migrate.connected(url) as connection:
            plans.choose_default(connection, settings)
            plans.choose_prices(connection, settings)
            if title := plans.kept_default(connection, settings):
                say(f"DEFAULT_PLAN is not set: members keep the plan {title}, as chosen before.")
    except Invalid as error:
        raise CannotStart(str(error)) from error


def _checked(database_url: str) -> str:
    """Return the URL in libpq's own form; `postgresql+driver://` of SQLAlchemy is accepted too."""
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
