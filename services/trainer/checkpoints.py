"""Checkpoints: all that a training needs to go on bit by bit as if it had never stopped."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from services.trainer.files import write_whole

KEEP = 2


def config_hash(*parts: Any) -> str:
    """A name for everything that a checkpoint depends on; parts are JSON values."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def save(folder: Path, step: int, config: str, state: dict[str, Any]) -> None:
    """Write the state after `step` steps, and keep the newest two."""
    content = {"config": config, "step": step, **state}
    write_whole(folder / f"{step:06d}.pt", lambda path: torch.save(content, path))
    for old in sorted(folder.glob("*.pt"))[:-KEEP]:
        old.unlink()


def load(folder: Path, config: str) -> dict[str, Any] | None:
    """The newest readable state of the same configuration, or None; others are removed."""
    for path in sorted(folder.glob("*.pt"), reverse=True):
        try:
            content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception:
            content = {}  # half a file can't be here, a damaged one can: it fails in any way
        if content.get("config") == config:
            return content
        path.unlink()
    return None
