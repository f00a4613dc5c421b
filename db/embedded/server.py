"""The embedded PostgreSQL: a private server under one directory, over a Unix socket only.

Two lock files, freed by the kernel even after kill -9, order its life. A process holds `start.lock`
while it starts or stops the server, and each program that uses the server holds a shared lock on
`users.lock`. A warden process (see `db.embedded.warden`) stops the server when its last user has
ended.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from db.embedded import warden
from db.embedded.binaries import as_user, choose, reachable, service_user, within_reach
from db.errors import CannotStart

DATABASE = "likeness"
START_SECONDS = 120
LONGEST_SOCKET_DIRECTORY = 85  # bytes; a Unix socket's path may have 103 (macOS) or 107
OPTIONS = {"listen_addresses": "", "shared_buffers": "64MB", "max_connections": "100"}


class EmbeddedPostgres:
    """One server under `root`, which several programs of this machine may share."""

    def __init__(self, root: Path, *, options: Mapping[str, str] | None = None) -> None:
        self.root = root.absolute()
        self.data = self.root / "data"
        self.log = self.root / "postgres.log"
        self._options = OPTIONS | dict(options or {})
        self._user = service_user()
        self._bin = Path()
        self._users: IO[str] | None = None
        self._warden: subprocess.Popen[bytes] | None = None

    def exists(self) -> bool:
        """Return whether there is a database from an earlier start."""
        return (self.data / "PG_VERSION").exists()

    def start(self) -> str:
        """Start or join the server; return the URL of its database. Raises CannotStart."""
        try:
            self._check_root()
            with warden.exclusive(self.root / "start.lock"):
                self._prepare()
                self._join()
                self._run_server()
                self._create_database()
        except OSError as error:
            self.stop()
            raise CannotStart(
                f"The database cannot be kept in {self.root} ({error.strerror}): set DATA_DIR to "
                "a directory that this user may write to, or set DATABASE_URL."
            ) from error
        except BaseException:
            self.stop()
            raise
        return self.url()

    def runs(self) -> bool:
        """Return whether the server's process exists."""
        return warden.server_pid(self.data) is not None

    def revive(self) -> None:
        """Start the server again if it does not answer. Raises CannotStart."""
        with warden.exclusive(self.root / "start.lock"):
            self._run_server()

    def stop(self) -> None:
        """Leave the server; return when it has stopped, or at once if others use it."""
        users, process = self._users, self._warden
        self._users = self._warden = None
        if users is None or process is None or process.stdin is None:
            return
        users.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(warden.GOODBYE)
            process.stdin.close()
        process.wait(warden.STOP_SECONDS + 5)

    def url(self, database: str = DATABASE) -> str:
        """Return a `postgresql://` URL of one database, password included: never log it."""
        password = (self.root / "password").read_text().strip()
        return f"postgresql://postgres:{password}@/{database}?host={self._sockets()}&port=5432"

    def answers(self) -> bool:
        """Return whether the server accepts connections: the only proof that it runs."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=3).close()
        except (psycopg.OperationalError, OSError):
            return False
        return True

    def _check_root(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        if self._user:  # whatever the umask
            self.root.chmod(0o711)
        if not reachable(self.root, self._user):
            name = self._user.pw_name if self._user else "this user"
            raise CannotStart(
                f"The database's system user {name} cannot reach {self.root}: "
                "set DATA_DIR to a directory outside closed homes, such as /var/lib/likeness."
            )

    def _prepare(self) -> None:
        binaries = choose(self.data)
        self._bin = within_reach(binaries, self.root, self._user).directory
        self._options["unix_socket_directories"] = str(self._sockets())
        self._private(self._sockets())
        if not self.exists():
            self._create_cluster(binaries.major)

    def _sockets(self) -> Path:
        directory = self.root / "run"
        if len(os.fsencode(directory)) < LONGEST_SOCKET_DIRECTORY:
            return directory
        return Path(tempfile.gettempdir()) / f"likeness-{self.root.stat().st_ino}"

    def _private(self, directory: Path) -> None:
        """Create a directory that only the server's user may enter; refuse another user's."""
        owner = self._user.pw_uid if self._user else os.geteuid()
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            found = directory.lstat()
            if directory.is_symlink() or found.st_uid not in {owner, os.geteuid()}:
                raise CannotStart(
                    f"{directory} belongs to another user: remove it, then start again."
                ) from None
        if self._user:
            os.chown(directory, self._user.pw_uid, self._user.pw_gid)

    def _create_cluster(self, major: int) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # left by an initdb that was interrupted
        self._private(self.data)
        password = secrets.token_urlsafe(24) + "\n"
        self._write_private(self.root / "password", password, owned_by_server=False)
        draft = self.root / "password.draft"
        self._write_private(draft, password, owned_by_server=True)
        locale = ["--locale=C.UTF-8"]
        if major >= 17:  # the same order on every platform, without the system's locales
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        try:
            self._call(
                "initdb", "-D", self.data, "-U", "postgres", "--pwfile", draft,
                "-A", "scram-sha-256", "-E", "UTF8", *locale,
            )  # fmt: skip
        except CannotStart:
            shutil.rmtree(self.data, ignore_errors=True)
            raise
        finally:
            draft.unlink()

    def _write_private(self, path: Path, text: str, *, owned_by_server: bool) -> None:
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
        if owned_by_server and self._user:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _run_server(self) -> None:
        if self.answers():
            return
        if warden.server_pid(self.data) is not None and self._becomes_ready():
            return  # the server was in recovery after a crash
        for lock_file in (self.data / "postmaster.pid", self._sockets() / ".s.PGSQL.5432.lock"):
            if warden.pid_named_in(lock_file, self.data) is None:
                lock_file.unlink(missing_ok=True)
        if not self.log.exists():
            self._write_private(self.log, "", owned_by_server=True)
        options = " ".join(f"-c {name}='{value}'" for name, value in self._options.items())
        self._call(
            "pg_ctl", "-D", self.data, "-w", "-t", START_SECONDS,
            "-l", self.log, "-o", options, "start",
        )  # fmt: skip

    def _becomes_ready(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while warden.server_pid(self.data) is not None and time.monotonic() < deadline:
            if self.answers():
                return True
            time.sleep(0.1)
        return False

    def _create_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            query = "select 1 from pg_database where datname = %s"
            if not connection.execute(query, (DATABASE,)).fetchone():
                create = sql.SQL("create database {}").format(sql.Identifier(DATABASE))
                connection.execute(create)

    def _join(self) -> None:
        """Register this process as a user of the server until the process ends, in whatever way."""
        self._users = (self.root / "users.lock").open("a")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        user = self._user
        ids = (user.pw_uid, user.pw_gid) if user else (os.geteuid(), os.getegid())
        arguments = [self.root, self._bin / "pg_ctl", *ids]
        self._warden = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                str(Path(warden.__file__).absolute()),
                *map(str, arguments),
            ],
            stdin=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
        )

    def _call(self, program: str, *arguments: object) -> None:
        """Run one of PostgreSQL's programs to its end; CannotStart carries its output."""
        with tempfile.TemporaryFile("w+") as output:  # pg_ctl's child keeps its output open
            result = subprocess.run(
                [self._bin / program, *map(str, arguments)],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                umask=0o077,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                **as_user(self._user),
            )
            output.seek(0)
            printed = output.read()
        if result.returncode:
            raise CannotStart(
                f"PostgreSQL did not start ({program} answered {result.returncode}); "
                f"{self.log} has the details: {self._last_words(printed)}"
            )

    def _last_words(self, printed: str) -> str:
        with contextlib.suppress(OSError):
            printed += self.log.read_text(errors="replace")
        lines = [line.strip() for line in printed.splitlines() if line.strip()]
        telling = [line for line in lines if "FATAL" in line or "rror" in line]
        return (telling or lines or ["no output"])[-1]
