"""The folder beside the repository with data that tests may check against."""

import os
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """`../shared`, also from a worktree; tests skip where it is absent."""
    if named := os.environ.get("LIKENESS_SHARED"):
        return Path(named)
    here = Path(__file__).parent
    command = ["git", "rev-parse", "--path-format=absolute", "--git-common-dir"]
    answer = subprocess.run(command, cwd=here, capture_output=True, text=True)
    repository = Path(answer.stdout.strip()).parent if answer.returncode == 0 else here.parent
    shared = repository.parent / "shared"
    if not shared.is_dir():
        pytest.skip("there is no ../shared beside this repository")
    return shared
