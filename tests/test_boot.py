"""The program as an operator meets it: first start, stop, second start, and what is wrong."""

import os
import re
import shutil
import signal
import socket
from pathlib import Path

import httpx
import psycopg
import pytest

from db import migrate
from db.embedded.server import EmbeddedPostgres
from tests.programs import ORDINARY_USER, ordinary_python, postmasters
from tests.starting import Start
from tests.starting import data_dir as data_dir
from tests.starting import start as start
from tests.waiting import eventually_sync

LINK = re.compile(r"http://127\.0\.0\.1:\d+/register\?token=\S+")


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
    assert "ENGINE is not valid" in start.refusal(ENGINE="nonsense")


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
    elsewhere = re.sub(r"/\w+(\?|$)", r"/no_such\1", database_url)
    assert "does not exist" in start.refusal(DATABASE_URL=elsewhere)


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


def test_no_other_account_can_read_what_is_kept(start: Start, data_dir: Path) -> None:
    """Also where an earlier release, or a careless hand, left it open."""
    photo = data_dir / "files" / "a" / "models" / "b" / "photos" / "c" / "full.jpg"
    for path in (photo, data_dir / "uploads" / "half", data_dir / "secret"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"s" * 32)
        path.chmod(0o644)
    for folder in (data_dir, data_dir / "files", data_dir / "uploads"):
        folder.chmod(0o755)
    with start() as program:
        program.wait_for("is ready")
        assert program.get("/readyz").status_code == 200  # it has written a file and removed it
        assert readable_by_others(data_dir) == []
        for name in ("files", "uploads"):
            assert (data_dir / name).stat().st_mode & 0o777 == 0o700
        assert data_dir.stat().st_mode & 0o066 == 0
        assert program.end() == 0


def readable_by_others(folder: Path) -> list[Path]:
    """Files under `folder` that the group or others may read, PostgreSQL's programs excepted."""
    found = []
    for path in folder.iterdir():
        mode = path.stat().st_mode
        if path.is_dir() and mode & 0o011 and not path.name.startswith("software-"):
            found += readable_by_others(path)
        elif path.is_file() and mode & 0o044:
            found.append(path)
    return found


def test_a_new_data_dir_is_closed_whatever_the_umask(start: Start, data_dir: Path) -> None:
    start.data_dir = deep = data_dir / "far" / "down"
    data_dir.mkdir(mode=0o711)
    before = os.umask(0o000)
    try:
        with start() as program:
            program.wait_for("is ready")
            assert program.get("/readyz").status_code == 200
            assert readable_by_others(deep) == []
            assert deep.stat().st_mode & 0o066 == 0
            assert program.end() == 0
    finally:
        os.umask(before)


def test_an_embedded_database_that_is_killed_is_started_again(start: Start, data_dir: Path) -> None:
    """While a member is signed in and goes on working."""
    with start() as program, httpx.Client(base_url=f"{program.url}", timeout=30) as member:
        program.wait_for("is ready")
        account = {"email": "anna@example.com", "password": "four quiet words here"}
        assert member.post("/api/auth/register", json=account).is_success
        for _ in range(2):
            (killed,) = postmasters(data_dir / "postgres")
            os.kill(killed, signal.SIGKILL)
            eventually_sync(lambda: program.get("/healthz").status_code == 503, timeout=30)
            eventually_sync(lambda: program.get("/healthz").status_code == 200, timeout=60)
            eventually_sync(lambda: program.get("/readyz").status_code == 200, timeout=60)
            assert member.get("/api/auth/me").json()["email"] == account["email"]
        assert program.end() == 0
    assert postmasters(data_dir / "postgres") == []


def test_a_program_whose_database_cannot_come_back_ends_and_says_why(
    start: Start, data_dir: Path
) -> None:
    with start() as program:
        program.wait_for("is ready")
        (killed,) = postmasters(data_dir / "postgres")
        (data_dir / "postgres" / "data" / "global").rename(data_dir / "postgres" / "elsewhere")
        os.kill(killed, signal.SIGKILL)
        eventually_sync(lambda: program.get("/healthz").status_code == 503, timeout=30)
        _, err = program.rest()
    assert program.process.returncode == 1
    assert err.splitlines()[-1].startswith("Likeness has stopped. The database died")
    assert postmasters(data_dir / "postgres") == []
