"""What lies in a folder, for tests that nothing is left behind."""

from pathlib import Path


def leftovers(folder: Path) -> list[str]:
    """The names of all files under `folder`, sorted."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())
