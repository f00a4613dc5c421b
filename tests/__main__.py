"""`python -m tests`: installs what the tests need and runs every check; arguments go to pytest.

Standard library only, so that it runs before anything else does.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from tests import audit, browsers

ROOT = Path(__file__).parents[1]
TRAINER = ROOT / ".venv-trainer"
TRAINER_TESTS = ["jsonschema", "pytest", "pytest-asyncio", "pytest-timeout", "pyyaml"]

Results = dict[str, tuple[bool | None, float]]


def main(arguments: list[str]) -> int:
    """Every check in turn, even after one failed; 0 only if all passed."""
    os.chdir(ROOT)
    install_browser()
    python = [sys.executable, "-m"]
    checks = {
        "lint": [*python, "ruff", "check", "."],
        "format": [*python, "ruff", "format", "--check", "."],
        "types": [*python, "mypy"],
        "layers": [str(Path(sys.executable).with_name("lint-imports"))],
        "tests": [*python, "pytest", *arguments],
    }
    results: Results = {}
    if not arguments:
        results["audit"] = audit_dependencies()
        results["trainer"] = test_trainer()  # first: the tests of the app start its worker
    results |= {name: run(name, command) for name, command in checks.items()}
    return report(results)


def run(name: str, command: list[str]) -> tuple[bool, float]:
    """Runs one check; whether it passed, and in how many seconds."""
    say(f"== {name}")
    started = time.monotonic()
    code = subprocess.run(command).returncode
    return code == 0, time.monotonic() - started


def audit_dependencies() -> tuple[bool | None, float]:
    """Whether no dependency has a known vulnerability; None where no database answered."""
    say("== audit")
    started = time.monotonic()
    return audit.audit(dict(os.environ)), time.monotonic() - started


def report(results: Results) -> int:
    """Prints one line a check; 1 if one failed."""
    say("== summary")
    words = {True: "passed", False: "FAILED", None: "not audited: no database of vulnerabilities"}
    for name, (passed, seconds) in results.items():
        say(f"{name:8} {words[passed]}  {seconds:6.1f} s")
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
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def test_trainer() -> tuple[bool, float]:
    """The GPU worker's tests, on the CPU, in the environment that it ships with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    started = time.monotonic()
    try:
        python = prepare_trainer(
            project["project"]["optional-dependencies"]["trainer"],
            project["tool"]["uv"]["constraint-dependencies"],
        )
    except subprocess.CalledProcessError as error:
        say(f"The trainer's environment could not be made: {error}")
        return False, time.monotonic() - started
    passed, _ = run(
        "trainer", [python, "-m", "pytest", "tests/trainer", "--confcutdir", "tests/trainer"]
    )
    return passed, time.monotonic() - started


def prepare_trainer(packages: list[str], pins: list[str]) -> str:
    """Its own environment, made once for each set of pins; returns its Python."""
    wanted = hashlib.sha256("\n".join([*packages, *pins]).encode()).hexdigest()
    python, stamp = str(TRAINER / "bin" / "python"), TRAINER / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    say("== installing the trainer's packages")
    if uv := os.environ.get("UV"):
        make = [uv, "venv", "-q", "--seed", "--clear", "--python", sys.executable, str(TRAINER)]
    else:
        make = [sys.executable, "-m", "venv", "--clear", str(TRAINER)]
    subprocess.run(make, check=True)
    constraints = TRAINER / "constraints.txt"
    constraints.write_text("\n".join(pins))
    pip = [python, "-m", "pip", "install", "-qq", "-c", str(constraints)]
    install_torch(python, pip, constraints)
    subprocess.run([*pip, *packages, *TRAINER_TESTS], check=True)
    stamp.write_text(wanted)
    return python


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
