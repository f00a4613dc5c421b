"""Files that are there whole or not at all."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, flush it to the disk, then put it in the place of path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.partial")
    write(temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value as `write_whole` does."""
    write_whole(path, lambda temporary: temporary.write_text(json.dumps(value)))


def read_json(path: Path) -> Any:
    """The JSON value in a file, or None where there is no such file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def sha256(path: Path) -> str:
    """The file's SHA-256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def same_files(one: str, other: str, part: str, known: Path) -> bool:
    """Whether two folders hold the same files in a part of them; hashes are kept in `known`."""
    parts = [_listed(Path(folder) / part) for folder in (one, other)]
    sizes = [{path.name: path.stat().st_size for path in files} for files in parts]
    if not sizes[0] or sizes[0] != sizes[1]:
        return False
    hashes = read_json(known) or {}
    sums = [[_known_sum(path, hashes) for path in files] for files in parts]
    write_json(known, hashes)
    return sums[0] == sums[1]


def _listed(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file())


def _known_sum(path: Path, hashes: dict[str, str]) -> str:
    """Its hash, computed once for each state of the file: a base's parts have many GB."""
    status = path.stat()
    key = f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"
    if key not in hashes:
        hashes[key] = sha256(path)
    return hashes[key]
