"""Commands as an operator meets them: they connect, do their one thing, and change nothing else."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from db import migrate
from db.embedded.server import EmbeddedPostgres
from services.app.commands import COMMANDS
from services.app.version import VERSION
from tests.programs import REPOSITORY, environment, postmasters
from tests.starting import Start
from tests.starting import data_dir as data_dir
from tests.starting import start as start

WRONG_ENGINES = [{"ENGINE": "worker"}, {"ENGINE": "nonsense"}, {"FACE_CHECKS": "maybe"}]


def ask(*arguments: str, **settings: str) -> str:
    """What the program says to a command that succeeds."""
    return said(arguments, settings, code=0)


def refusal(*arguments: str, code: int = 1, **settings: str) -> str:
    """What the program says to a command that it refuses."""
    return said(arguments, settings, code=code)


def said(arguments: Sequence[str], settings: Mapping[str, str], *, code: int) -> str:
    """Both channels of a program that has to end with `code`, and without a traceback."""
    answer = subprocess.run(
        [sys.executable, REPOSITORY / "main.py", *arguments],
        env=environment(**settings),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
    )
    output = answer.stdout + answer.stderr
    assert answer.returncode == code, output
    assert "Traceback" not in output
    return output


def revision(url: str) -> str:
    """The revision of the schema that a database has."""
    with psycopg.connect(url) as connection:
        ((found,),) = connection.execute("select version_num from alembic_version").fetchall()
    return str(found)


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database of this test with nothing in it."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("drop database if exists nothing with (force)")
        connection.execute("create database nothing")
        yield postgres.url("nothing")
        connection.execute("drop database nothing with (force)")


@pytest.fixture
def old_database(empty_database: str) -> str:
    """A database as the release before this schema left it."""
    with migrate.connected(empty_database) as connection:
        alembic = migrate.config(connection)
        head = ScriptDirectory.from_config(alembic).get_revision("head")
        assert isinstance(head.down_revision, str)
        command.upgrade(alembic, head.down_revision)
    return empty_database


def test_help_needs_no_settings_and_names_every_command() -> None:
    answer = ask("--help", PORT="not a number")
    for each in COMMANDS:
        assert each.name
        assert re.search(rf"^  {each.name} +\S", answer, re.MULTILINE)
        own = ask(each.name, "--help", PORT="not a number")
        assert f"Usage: main.py {each.name}" in own
        assert len(own.splitlines()) > 6  # usage, what it does, options


def test_the_version_is_the_release() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert ask("--version") == f"Likeness {VERSION}\n"
    assert project["version"] == VERSION


def test_every_command_line_of_the_readme_is_there() -> None:
    named = set(re.findall(r"main\.py ([a-z][a-z-]+)", (REPOSITORY / "README.md").read_text()))
    assert named == {each.name for each in COMMANDS}


def test_a_command_that_is_not_there_leads_to_the_help() -> None:
    assert "No such command 'dance'" in refusal("dance", code=2)
    assert "main.py --help" in refusal("dance", code=2)
    assert "Missing argument 'FILE'" in refusal("backup", code=2)


def test_a_backup_leaves_the_database_of_an_older_release_as_it_is(
    old_database: str, tmp_path: Path
) -> None:
    before, file = revision(old_database), tmp_path / "likeness.dump"
    assert f"Saved to {file}." in ask("backup", str(file), DATABASE_URL=old_database)
    assert revision(old_database) == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_restored_database_is_brought_up_to_date_by_the_server_alone(
    start: Start, old_database: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "likeness.dump")
    before = revision(old_database)
    ask("backup", file, DATABASE_URL=old_database)
    with psycopg.connect(old_database) as connection:
        connection.execute("update alembic_version set version_num = 'fromthefuture'")
    refusal = start.refusal(DATABASE_URL=old_database)
    assert "restore the backup from before the upgrade" in refusal
    assert f"Restored from {file}." in ask("restore", file, DATABASE_URL=old_database)
    assert revision(old_database) == before
    with start(DATABASE_URL=old_database) as program:
        program.wait_for("is ready")
        assert program.end() == 0
    with migrate.connected(old_database) as connected:
        assert not migrate.needs_upgrade(connected)


@pytest.mark.parametrize("wrong", WRONG_ENGINES, ids=str)
def test_wrong_settings_of_other_parts_block_neither_backup_nor_restore(
    database_url: str, tmp_path: Path, wrong: dict[str, str]
) -> None:
    file = str(tmp_path / "likeness.dump")
    ask("backup", file, DATABASE_URL=database_url, **wrong)
    ask("restore", file, DATABASE_URL=database_url, **wrong)


def test_a_backup_decides_nothing_for_the_members(database_url: str, tmp_path: Path) -> None:
    chosen = "select name from plans where is_default"
    with psycopg.connect(database_url) as connection:
        connection.execute("update plans set is_default = false")
        connection.execute("update plans set is_default = true where name = 'creator'")
    ask("backup", str(tmp_path / "likeness.dump"), DATABASE_URL=database_url)
    with psycopg.connect(database_url) as connection:
        assert connection.execute(chosen).fetchall() == [("creator",)]


def test_a_backup_beside_the_running_program_moves_it_to_another_place(
    start: Start, data_dir: Path, tmp_path: Path
) -> None:
    file, other = str(tmp_path / "likeness.dump"), data_dir.parent / "other"
    with start() as program:
        program.wait_for("is ready")
        ask("backup", file, DATA_DIR=str(data_dir))
        answer = refusal("restore", file, DATA_DIR=str(data_dir))
        assert "stop Likeness, then restore" in answer
        assert set(program.get("/readyz").json().values()) == {"ready"}
        assert program.end() == 0
    answer = ask("restore", file, DATA_DIR=str(other))
    assert f"Setting up the database in {other}/postgres." in answer
    assert postmasters(other / "postgres") == []
    server = EmbeddedPostgres(other / "postgres")
    with migrate.connected(server.start()) as connected:
        assert not migrate.needs_upgrade(connected)
    server.stop()


def test_a_backup_of_nothing_is_refused(data_dir: Path, empty_database: str) -> None:
    file = str(data_dir.parent / "likeness.dump")
    answer = refusal("backup", file, DATA_DIR=str(data_dir))
    assert f"There is no database in {data_dir}/postgres" in answer
    assert not data_dir.exists()
    answer = refusal("backup", file, DATABASE_URL=empty_database)
    assert "nothing of Likeness" in answer
    assert not Path(file).exists()


def test_a_backup_that_cannot_be_written_says_so(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "no such folder" / "likeness.dump"
    answer = refusal("backup", str(file), DATABASE_URL=database_url)
    assert answer == f"{file} cannot be written (No such file or directory).\n"
    answer = refusal("restore", str(file), DATABASE_URL=database_url)
    assert answer == f"There is no file {file}.\n"


def test_commands_say_which_database_is_out_of_reach(tmp_path: Path) -> None:
    url = "postgresql://u:verysecret@127.0.0.1:1/x"
    for arguments in (["backup", str(tmp_path / "d")], ["stripe-setup"]):
        answer = refusal(*arguments, DATABASE_URL=url)
        assert "check DATABASE_URL" in answer
        assert "verysecret" not in answer


def test_stripe_is_not_set_up_for_an_older_schema(old_database: str) -> None:
    before = revision(old_database)
    answer = refusal("stripe-setup", DATABASE_URL=old_database)
    assert "start Likeness once" in answer
    assert revision(old_database) == before
