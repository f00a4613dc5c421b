"""A backup brings back what was there, and only that."""

from pathlib import Path

import psycopg
import pytest

from db import migrate
from db.errors import CannotStart
from services.deps import Deps
from services.maintenance import backup
from tests.builders import make_user


async def test_what_was_saved_comes_back_and_what_came_later_is_gone(
    live_deps: Deps, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "likeness.dump"
    async with live_deps.transaction() as session:
        await make_user(session, email="kept@example.com")
        await make_user(session, email="deleted-later@example.com")
    backup.save(database_url, file)
    async with live_deps.transaction() as session:
        await make_user(session, email="too-late@example.com")
    assert file.stat().st_mode & 0o777 == 0o600

    with pytest.raises(CannotStart, match="stop Likeness"):
        backup.restore(database_url, file)  # the pool is still connected
    terminate_others(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("delete from users where email = 'deleted-later@example.com'")
        connection.execute("create table of_a_newer_release (x int)")
    backup.restore(database_url, file)
    with psycopg.connect(database_url) as connection:
        found = connection.execute("select email from users order by email").fetchall()
        newer = connection.execute("select to_regclass('of_a_newer_release')").fetchone()
    assert found == [("deleted-later@example.com",), ("kept@example.com",)]
    assert newer == (None,)
    with migrate.connected(database_url) as restored:
        assert not migrate.needs_upgrade(restored)


def test_what_the_server_runs_itself_is_nobody_at_work(database_url: str, tmp_path: Path) -> None:
    """Such as its vacuum, which comes when it likes; a stream for a standby comes when asked."""
    backup.save(database_url, tmp_path / "likeness.dump")
    with psycopg.connect(database_url, replication="database", autocommit=True):
        backup.restore(database_url, tmp_path / "likeness.dump")


def terminate_others(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_a_damaged_file_changes_nothing(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "likeness.dump"
    with pytest.raises(CannotStart, match="There is no file"):
        backup.restore(database_url, file)
    backup.save(database_url, file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with psycopg.connect(database_url) as connection:
        connection.execute("create table kept (x int)")
    with pytest.raises(CannotStart, match="pg_restore failed"):
        backup.restore(database_url, file)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from users").fetchone() == (0,)
