"""What has to be true before anything runs: settings, port, DATA_DIR and database.

Whatever is wrong becomes a CannotStart: one sentence for the operator.
"""

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from db import migrate
from db.embedded.server import EmbeddedPostgres
from db.errors import CannotStart
from services.credits import plans
from services.errors import Invalid
from services.settings import Settings

__all__ = ["CannotStart", "check_port", "opened_database", "read_settings", "say", "secrets_of"]

Say = Callable[[str], None]


def say(line: str) -> None:
    """One line for the person who started the program."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


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
        _upgrade(settings, url, say)
        yield url
        return
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    say(f"{'Opening' if server.exists() else 'Setting up'} the database in {server.root}.")
    try:
        url = server.start()
        _upgrade(settings, url, say)
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


def _upgrade(settings: Settings, url: str, say: Say) -> None:
    """Brings the schema up to this release, and where pages are served the plans to the settings.

    A worker decides no plan: it may be started without settings that only pages need.
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
