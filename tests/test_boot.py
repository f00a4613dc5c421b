"""The program as an operator meets it: first start, stop, second start, and what is wrong."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import psycopg
import pytest

from db import migrate
from db.embedded.server import EmbeddedPostgres
from tests.programs import (
    ORDINARY_USER,
    REPOSITORY,
    environment,
    free_port,
    ordinary_python,
    postmasters,
    running,
)
from tests.waiting import eventually_sync

START_SECONDS = 60
STOP_SECONDS = 15
LINK = re.compile(r"http://127\.0\.0\.1:\d+/register\?token=\S+")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A DATA_DIR that the database's own user can reach; no server may outlive the test."""
    folder = Path(tempfile.mkdtemp(prefix="likeness-"))
    folder.chmod(0o711)
    yield folder / "data"
    left = postmasters(folder / "data" / "postgres")
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)
    assert left == []


class Program:
    """`python main.py`, and what it says."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.said = ""

    def wait_for(self, words: str) -> str:
        """Reads what it prints up to the line with these words; fails if it ends before."""
        assert self.process.stdout
        while line := self.process.stdout.readline():
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"it ended without {words!r}: {self.said}{self.rest()[1]}")

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10, headers={"Accept": "application/json"})

    def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.process.send_signal(number)
        self.rest()
        return self.process.returncode

    def rest(self) -> tuple[str, str]:
        """What is left of its output, and its errors, when it has ended."""
        return self.process.communicate(timeout=STOP_SECONDS)


@pytest.fixture
def start(data_dir: Path) -> "Start":
    return Start(data_dir)


class Start:
    """Starts the program with settings; what is not said is safe to run beside other tests."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._open: list[AbstractContextManager[subprocess.Popen[str]]] = []

    def __call__(
        self, *arguments: str, python: Sequence[str] = (sys.executable,), **settings: str
    ) -> "Running":
        port = settings.setdefault("PORT", str(free_port()))
        env = environment(DATA_DIR=str(self.data_dir)) | settings
        command = [*python, str(REPOSITORY / "main.py"), *arguments]
        return Running(running(command, env=env, cwd="/"), int(port) if port.isdigit() else 0)

    def refusal(self, python: Sequence[str] = (sys.executable,), **settings: str) -> str:
        """What it says when it can't start: one sentence on standard error and an exit code."""
        with self(python=python, **settings) as program:
            out, err = program.rest()
        assert program.process.returncode == 1, (out, err)
        assert err.startswith("Likeness cannot start. "), err
        assert err.count("\n") == 1, err
        assert "Traceback" not in out + err
        return err


class Running:
    """A context in which a program runs."""

    def __init__(self, process: AbstractContextManager[subprocess.Popen[str]], port: int) -> None:
        self._process = process
        self._port = port

    def __enter__(self) -> Program:
        return Program(self._process.__enter__(), self._port)

    def __exit__(self, *error: object) -> None:
        self._process.__exit__(None, None, None)


def test_first_start_clean_stop_and_second_start(start: Start, data_dir: Path) -> None:
    with start() as program:
        link = LINK.search(program.wait_for("/register?token="))
        assert link
        assert program.said.startswith(f"Setting up the database in {data_dir}/postgres.\n")
        assert f"Likeness is ready at {program.url}\n" in program.said
        assert set(program.get("/readyz").json().values()) == {"ready"}
        assert program.get("/healthz").json() == {"status": "ok"}
        assert program.end(signal.SIGTERM) == 0
    assert postmasters(data_dir / "postgres") == []
    assert (data_dir / "secret").stat().st_mode & 0o777 == 0o600
    secret = (data_dir / "secret").read_bytes()

    with start() as program:
        again = LINK.search(program.wait_for("/register?token="))
        assert again
        assert program.said.startswith("Opening the database")
        token = again[0].partition("token=")[2]
        assert token not in link[0]
        assert tokens(data_dir) == 1  # the one that nobody used is void
        assert program.end(signal.SIGINT) == 0
    assert postmasters(data_dir / "postgres") == []
    assert (data_dir / "secret").read_bytes() == secret


def tokens(data_dir: Path) -> int:
    """How many links to become the first administrator work."""
    with psycopg.connect(EmbeddedPostgres(data_dir / "postgres").url()) as connection:
        row = connection.execute("select count(*) from one_time_tokens").fetchone()
        assert row
        return int(row[0])


def test_kill_9_blocks_no_restart_and_leaves_no_server(start: Start, data_dir: Path) -> None:
    with start() as program:
        program.wait_for("is ready")
        program.end(signal.SIGKILL)
        eventually_sync(lambda: postmasters(data_dir / "postgres") == [])
        assert tmp_sockets(data_dir) == []
    with start() as program:
        program.wait_for("is ready")
        assert program.end() == 0


def tmp_sockets(data_dir: Path) -> list[Path]:
    """Sockets that a stopped server left behind."""
    return list((data_dir / "postgres" / "run").glob(".s.*"))


def test_an_ordinary_user_needs_no_more_than_a_folder(start: Start, data_dir: Path) -> None:
    python = ordinary_python()
    data_dir.mkdir()
    if len(python) > 1:
        shutil.chown(data_dir, ORDINARY_USER)
    with start(python=python) as program:
        program.wait_for("is ready")
        assert program.get("/readyz").status_code == 200
        assert program.end() in {0, -signal.SIGTERM}  # the latter from runuser itself
        eventually_sync(lambda: postmasters(data_dir / "postgres") == [])


def test_a_stop_during_the_start_is_clean(start: Start, data_dir: Path) -> None:
    with start() as program:
        program.wait_for("Setting up")
        assert program.end() == 0
    assert postmasters(data_dir / "postgres") == []


def test_a_port_in_use(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port} is in use" in start.refusal(PORT=str(port))
    assert not start.data_dir.exists()


def test_an_address_of_another_machine(start: Start) -> None:
    assert "HOST 192.0.2.1 is not an address" in start.refusal(HOST="192.0.2.1")


def test_a_setting_that_is_not_valid(start: Start) -> None:
    assert "PORT is not valid" in start.refusal(PORT="eighty")
    assert "ROLE is not valid" in start.refusal(ROLE="boss")


def test_a_data_dir_that_cannot_be_written(start: Start) -> None:
    start.data_dir.parent.chmod(0o511)
    for path in ("/proc/likeness", "/dev/null/likeness", str(start.data_dir)):
        said = start.refusal(ordinary_python(), DATA_DIR=path)
        assert f"DATA_DIR {path} cannot be written to" in said
        assert "set DATA_DIR" in said


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:p@localhost/x", "postgresql://user:password@host:5432/database"),
        ("not an address", "postgresql://user:password@host:5432/database"),
        ("postgresql://u:verysecret@127.0.0.1:1/x", "check DATABASE_URL"),
        ("postgresql://u:verysecret@does-not-exist.invalid/x", "check DATABASE_URL"),
    ],
)
def test_a_wrong_database_url(start: Start, url: str, words: str) -> None:
    said = start.refusal(DATABASE_URL=url)
    assert words in said
    assert "verysecret" not in said


def test_a_database_that_is_not_there(start: Start, database_url: str) -> None:
    assert "does not exist" in start.refusal(DATABASE_URL=database_url.replace("/test_", "/no_"))


def test_a_wrong_password(start: Start, database_url: str) -> None:
    wrong = re.sub("postgres:[^@]*@", "postgres:guess@", database_url)
    assert "password authentication failed" in start.refusal(DATABASE_URL=wrong)


def test_a_database_of_a_newer_release(start: Start, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("update alembic_version set version_num = 'fromthefuture'")
    assert "newer release of Likeness" in start.refusal(DATABASE_URL=database_url)


def test_a_data_dir_of_a_newer_postgresql(start: Start, data_dir: Path) -> None:
    (data_dir / "postgres" / "data").mkdir(parents=True)
    (data_dir / "postgres" / "data" / "PG_VERSION").write_text("99\n")
    assert "written by PostgreSQL 99" in start.refusal()


def test_a_container_of_pages_and_one_of_jobs(start: Start, database_url: str) -> None:
    """Both on one database; the other roles' work is not done."""
    with (
        start(DATABASE_URL=database_url, ROLE="web") as web,
        start(DATABASE_URL=database_url, ROLE="worker") as worker,
    ):
        web.wait_for("is ready")
        worker.wait_for("is ready")
        assert web.get("/login").status_code == 200
        assert worker.get("/login").status_code == 404
        assert worker.get("/readyz").status_code == 200
        assert worker.end() == 0
        assert "token" not in worker.said
        assert web.end() == 0


def test_numbers_for_prometheus_stay_inside(start: Start, database_url: str) -> None:
    with start(DATABASE_URL=database_url) as program:
        program.wait_for("is ready")
        program.get("/login")
        counted = 'likeness_requests_total{method="GET",route="/login",status="200"} 1.0'
        assert counted in program.get("/metrics").text
        outside = {"X-Forwarded-For": "93.184.216.34", "Accept": "application/json"}
        assert httpx.get(program.url + "/metrics", headers=outside).status_code == 404
        program.end()


def test_backup_and_restore_from_the_command_line(
    start: Start, database_url: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "likeness.dump")
    for command, said in (("backup", "Saved to"), ("restore", "Restored from")):
        with start(command, file, DATABASE_URL=database_url) as program:
            program.wait_for(f"{said} {file}.")
            program.rest()
            assert program.process.returncode == 0


def test_a_command_that_is_not_there(start: Start, database_url: str) -> None:
    for arguments, said in ((["dance"], "There is no command dance"), (["backup"], "one file")):
        with start(*arguments, DATABASE_URL=database_url) as program:
            _, err = program.rest()
        assert program.process.returncode == 1
        assert said in err
        assert err.count("\n") == 1


def test_two_programs_may_migrate_at_once(postgres: EmbeddedPostgres, start: Start) -> None:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("drop database if exists fresh with (force)")
        connection.execute("create database fresh")
    url = postgres.url("fresh")
    with start(DATABASE_URL=url) as one, start(DATABASE_URL=url) as two:
        one.wait_for("is ready")
        two.wait_for("is ready")
        assert (one.end(), two.end()) == (0, 0)
    with migrate.connected(url) as database:
        assert not migrate.needs_upgrade(database)
