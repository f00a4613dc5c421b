"""Saves the database to one file, and restores it; neither changes its schema.

Uses PostgreSQL's own pg_dump and pg_restore, so that the file outlives this program. Photos and
results are files in DATA_DIR/files or in the bucket, and are copied like any other files.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from db import migrate
from db.embedded import binaries
from db.errors import CannotStart

OURS = "alembic_version"  # the table that marks a database of Likeness
# Without this, what a newer release added would break the migrations of the restored database.
EMPTY = "drop schema public cascade; create schema public"
DUE = "update public.job_ticks set due_at = now()"  # work done since has to be done again


def save(url: str, file: Path) -> None:
    """Write a consistent copy of the database at `url`, also while it is in use.

    Raises CannotStart, and leaves an earlier file as it was.
    """
    with migrate.connected(url) as connection:
        if not connection.scalar(text("select to_regclass(:name)"), {"name": OURS}):
            raise CannotStart("There is nothing of Likeness in this database: check DATABASE_URL.")
    draft = file.with_name(file.name + ".part")
    try:
        draft.touch(mode=0o600)  # the file holds all members' data
        _run("pg_dump", url, "--format=custom", "--no-owner", "--no-acl", f"--file={draft}")
        draft.replace(file)
    except OSError as error:
        raise CannotStart(f"{file} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


def restore(url: str, file: Path) -> None:
    """Replace the database at `url` by a saved one, completely or not at all.

    The database may be of any release, or empty. Raises CannotStart while anything else is
    connected to it, and for a file that is no backup of Likeness.
    """
    if not file.is_file():
        raise CannotStart(f"There is no file {file}.")
    if f" TABLE public {OURS} " not in _run("pg_restore", url, "--list", str(file), connects=False):
        raise CannotStart(f"{file} is not a backup of Likeness.")
    with migrate.connected(url) as connection:
        others = text(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
            " and backend_type = 'client backend'"  # the server's own vacuum yields
        )
        if connection.scalar(others):
            raise CannotStart("The database is in use: stop Likeness, then restore.")
    with tempfile.TemporaryDirectory() as folder:  # open to its owner only
        script = f"--file={folder}/restore.sql"
        _run("pg_restore", url, "--no-owner", "--no-acl", script, str(file), connects=False)
        together = ("--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        _run("psql", url, *together, f"--command={EMPTY}", script, f"--command={DUE}")


def _run(program: str, url: str, *arguments: str, connects: bool = True) -> str:
    """Run one of PostgreSQL's clients and return its output; its command line has no password."""
    address = make_url(url)
    nameless = address._replace(password=None).render_as_string()
    answer = subprocess.run(  # noqa: S603  # a list of our own, and no shell
        [_clients(url) / program, *(["--dbname", nameless] if connects else []), *arguments],
        env={"PATH": os.environ.get("PATH", ""), "PGPASSWORD": address.password or ""},
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"]
        said = next((line for line in lines if "error" in line.lower()), lines[0])  # skips notices
        raise CannotStart(f"{program} failed: {said}")
    return answer.stdout


def _clients(url: str) -> Path:
    """Return the folder of the oldest programs that are not older than the server.

    So that the server can read what they write.
    """
    with migrate.connected(url) as connection:
        server: int = connection.scalar(text("show server_version_num"))
        major = int(server) // 10000
    fitting = [found for found in binaries.installed() if found.major >= major]
    if not fitting:
        raise CannotStart(f"The programs of PostgreSQL {major} are not here: install them.")
    return min(fitting, key=lambda found: found.major).directory
