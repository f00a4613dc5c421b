"""Migrates a database to the schema of this release; several processes may try at once."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from db.embedded.server import EmbeddedPostgres
from db.errors import CannotStart

SCRIPTS = Path(__file__).with_name("migrations")
LOCK_KEY = 0x6C696B656E657373  # "likeness" in ASCII
FILE_TEMPLATE = "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s"


def upgrade(url: str) -> None:
    """Apply missing migrations, all of them or none; wait while another process does it.

    Raises CannotStart when the database is out of reach or newer than this release.
    """
    with connected(url) as connection:
        connection.execute(text("set local lock_timeout = '10min'"))
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        connection.execute(text("set local lock_timeout = '5s'"))
        if needs_upgrade(connection):
            command.upgrade(config(connection), "head")


def needs_upgrade(connection: Connection) -> bool:
    """Return whether a migration is missing. Raises CannotStart if a newer release was here."""
    scripts = ScriptDirectory.from_config(config(connection))
    known = {script.revision for script in scripts.walk_revisions()}
    present = set(MigrationContext.configure(connection).get_current_heads())
    if present - known:
        raise CannotStart(
            "This database was written by a newer release of Likeness: install that release, "
            "or restore the backup from before the upgrade."
        )
    return present != set(scripts.get_heads())


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for work over an open connection."""
    result = Config(attributes={"connection": connection})
    result.set_main_option("script_location", str(SCRIPTS))
    result.set_main_option("file_template", FILE_TEMPLATE)
    return result


@contextlib.contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Open one transaction on a `postgresql://` URL and commit it at the end of the block.

    Raises CannotStart when the database is out of reach, or refuses a request of the block.
    """
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        connect_args={"connect_timeout": 10},
    )
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[-1]
        raise CannotStart(
            f"The database cannot be used ({reason}): check DATABASE_URL, and that it runs."
        ) from error


def write_revision(message: str) -> None:
    """Compare the models with the migrations on an empty server and write a migration."""
    with tempfile.TemporaryDirectory(prefix="likeness-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg", options={"fsync": "off"})
        url = server.start()
        try:
            upgrade(url)
            with connected(url) as connection:
                command.revision(config(connection), message, autogenerate=True)
        finally:
            server.stop()


if __name__ == "__main__":
    write_revision(" ".join(sys.argv[1:]))
