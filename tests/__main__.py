"""`python -m tests`: installs what the tests need and runs every check; arguments go to pytest.

`python -m tests inner` runs what a developer runs at each save; `python -m tests coverage` runs
all tests of the app once more slowly, and prints how much of the sources they reached.

Standard library only, so that it runs before anything else does.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import audit, browsers

PYTHON = sys.executable
ROOT = Path(__file__).parents[1]
TRAINER = ROOT / ".venv-trainer"
TRAINER_TESTS = ["jsonschema", "pytest", "pytest-asyncio", "pytest-timeout", "pyyaml"]

# One more than cores: of a test's time two fifths are waiting, for servers and browsers.
WORKERS = min(8, (os.cpu_count() or 2) + 1)
PARALLEL = ["-n", str(WORKERS), "--dist", "worksteal", "--durations", "15", "--cache-clear"]
MOST = "not slow and not quiet"
INNER = ["tests/services", "tests/components", "tests/test_sources.py"]
NOT_INNER = "not (slow or quiet or e2e or process or pictures)"
ROOMS = ("components", "db", "pages", "services")
COVERED = [*(f"--cov={room}" for room in ROOMS), "--cov-report=term:skip-covered"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # of each process

LAST_FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
SOME_FAILED = 1  # pytest's exit code; others stand for a run that did not get to its end
FEW = 4  # more failures than these are no accident of a busy machine

Results = dict[str, tuple[bool | None, float]]
Check = Callable[[], tuple[bool | None, float]]


def main(arguments: list[str]) -> int:
    """Every check, even after one failed; 0 only if all passed."""
    os.chdir(ROOT)
    os.environ |= {name: os.environ.get(name, value) for name, value in ONE_THREAD.items()}
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each process compiles all it imports
    if arguments == ["inner"]:
        return report(in_turn({"inner": pytest(*PARALLEL, "-m", NOT_INNER, *INNER)}))
    install_browser()
    if arguments == ["coverage"]:
        return report(in_turn({"coverage": pytest(*PARALLEL, "-m", MOST, *COVERED)}))
    if arguments:
        return report(in_turn(static_checks() | {"tests": pytest(*arguments)}))
    with ThreadPoolExecutor(max_workers=1) as beside:
        static = beside.submit(in_turn, static_checks())
        python = prepare_trainer()  # first, as the tests of the app start its worker
        more = {"trainer": lambda: test_trainer(python), "audit": audit_dependencies}
        rest = beside.submit(in_turn, more)
        unsteady: list[str] = []
        results = in_turn({"tests": lambda: test_in_parallel(unsteady)})
        results = static.result() | rest.result() | results
    results |= in_turn({"quiet": pytest("-m", "quiet and not slow", *files_that_name("quiet"))})
    return report(results, unsteady)


def files_that_name(marker: str) -> list[str]:
    """The modules with a marker: to collect all others for a few tests takes ten seconds."""
    found = (ROOT / "tests").rglob("test_*.py")
    return sorted(str(path) for path in found if f"mark.{marker}" in path.read_text())


def in_turn(checks: dict[str, Check]) -> Results:
    """Runs checks one after the other."""
    return {name: check() for name, check in checks.items()}


def static_checks() -> dict[str, Check]:
    """What reads the source and runs nothing of it."""
    return {
        "lint": program("lint", PYTHON, "-m", "ruff", "check", "."),
        "format": program("format", PYTHON, "-m", "ruff", "format", "--check", "."),
        "types": program("types", PYTHON, "-m", "mypy"),
        "layers": program("layers", str(Path(PYTHON).with_name("lint-imports"))),
    }


def pytest(*arguments: str) -> Check:
    """The tests of the app; what they print is seen at once."""

    def run() -> tuple[bool, float]:
        code, seconds = shown("tests", [PYTHON, "-m", "pytest", *arguments])
        return code == 0, seconds

    return run


def test_in_parallel(unsteady: list[str]) -> tuple[bool, float]:
    """All tests but the long and the quiet ones. Where a few fail, they are run again, alone.

    Those that pass then stop nobody, but are named at the end: something is to be mended in them
    or in what they test.
    """
    command = [PYTHON, "-m", "pytest"]
    code, seconds = shown("tests", [*command, *PARALLEL, "-m", MOST])
    failed = list(json.loads(LAST_FAILED.read_text())) if LAST_FAILED.exists() else []
    if code != SOME_FAILED or not 0 < len(failed) <= FEW:
        return code == 0, seconds
    code, more = shown("once more, alone", [*command, "-n", "0", *failed])
    if code == 0:
        unsteady += failed
    return code == 0, seconds + more


def program(name: str, *command: str) -> Check:
    """A check that runs beside the tests: what it prints is shown in one piece, at its end."""

    def run() -> tuple[bool, float]:
        started = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        say(f"\n== {name}\n{done.stdout.rstrip()}")
        return done.returncode == 0, time.monotonic() - started

    return run


def shown(name: str, command: list[str]) -> tuple[int, float]:
    """Runs a program whose lines are seen at once; its exit code, and seconds."""
    say(f"== {name}")
    started = time.monotonic()
    code = subprocess.run(command).returncode
    return code, time.monotonic() - started


def audit_dependencies() -> tuple[bool | None, float]:
    """Whether no dependency has a known vulnerability; None where no database answered."""
    say("== audit")
    started = time.monotonic()
    return audit.audit(dict(os.environ)), time.monotonic() - started


def report(results: Results, unsteady: Sequence[str] = ()) -> int:
    """Prints one line a check, and the tests that passed only alone; 1 if a check failed."""
    say("== summary")
    words = {True: "passed", False: "FAILED", None: "not audited: no database of vulnerabilities"}
    for name, (passed, seconds) in results.items():
        say(f"{name:8} {words[passed]}  {seconds:6.1f} s")
    for name in unsteady:
        say(f"UNSTEADY {name}")
    return 1 if any(passed is False for passed, _ in results.values()) else 0


def install_browser() -> None:
    """Leaves a Chromium on PATH, or Playwright's own where that can't be had."""
    if browsers.installed():
        return
    say("== installing Chromium for the browser tests")
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-q"])
        install = ["apt-get", "install", "-yq", "--no-install-recommends", "chromium"]
        if subprocess.run(install).returncode == 0:
            return
    subprocess.run([PYTHON, "-m", "playwright", "install", "chromium"], check=True)


def test_trainer(python: str | None) -> tuple[bool | None, float]:
    """The GPU worker's tests, on the CPU, in the environment that it ships with."""
    if python is None:
        return False, 0.0
    folder = "tests/trainer"
    return program("trainer", python, "-m", "pytest", folder, "--confcutdir", folder)()


def prepare_trainer() -> str | None:
    """Its own environment, made once for each set of pins; its Python, None if it can't be made."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["project"]["optional-dependencies"]["trainer"]
    pins = project["tool"]["uv"]["constraint-dependencies"]
    wanted = hashlib.sha256("\n".join([*packages, *pins]).encode()).hexdigest()
    python, stamp = str(TRAINER / "bin" / "python"), TRAINER / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    say("== installing the trainer's packages")
    try:
        install_trainer(python, packages, pins)
    except subprocess.CalledProcessError as error:
        say(f"The trainer's environment could not be made: {error}")
        return None
    stamp.write_text(wanted)
    return python


def install_trainer(python: str, packages: list[str], pins: list[str]) -> None:
    """Makes the environment anew. Raises CalledProcessError."""
    if uv := os.environ.get("UV"):
        make = [uv, "venv", "-q", "--seed", "--clear", "--python", PYTHON, str(TRAINER)]
    else:
        make = [PYTHON, "-m", "venv", "--clear", str(TRAINER)]
    subprocess.run(make, check=True)
    constraints = TRAINER / "constraints.txt"
    constraints.write_text("\n".join(pins))
    pip = [python, "-m", "pip", "install", "-qq", "-c", str(constraints)]
    install_torch(python, pip, constraints)
    subprocess.run([*pip, *packages, *TRAINER_TESTS], check=True)


def install_torch(python: str, pip: list[str], constraints: Path) -> None:
    """The build for the CPU, a fraction of CUDA's: by uv, else wherever pip is set up to look."""
    if uv := os.environ.get("UV"):
        small = ["pip", "install", "-q", "--torch-backend=cpu", "--python", python]
        command = [uv, *small, "-c", str(constraints), "torch"]
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0:
            return
    subprocess.run([*pip, "torch"], check=True)


def say(line: str) -> None:
    """One line, before whatever the next program prints."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
