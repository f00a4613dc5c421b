"""LoRAs fetched for generation: kept for hours on disk, by name, and never for longer.

A LoRA stands for a person. Files older than the configured hours, and the oldest beyond the
configured size, are removed before each job.
"""

import hashlib
import time
from pathlib import Path

from services.trainer.config import WorkerConfig
from services.trainer.loras import MAX_LORA_BYTES
from services.trainer.transfer import fetch


def cached(config: WorkerConfig, url: str, lora_id: str | None) -> Path:
    """The file of a LoRA, fetched unless one of the same id is there."""
    folder = config.work_dir / "loras"
    folder.mkdir(parents=True, exist_ok=True)
    prune(config, folder)
    name = hashlib.sha256((lora_id or url).encode()).hexdigest()
    path = folder / f"{name}.safetensors"
    if not path.exists():
        fetch(url, path, max_bytes=MAX_LORA_BYTES)
    return path


def prune(config: WorkerConfig, folder: Path) -> None:
    """Remove what is too old, then the oldest of what is too much."""
    oldest_allowed = time.time() - config.lora_cache_hours * 3600
    size = 0
    for path in sorted(folder.glob("*.safetensors"), key=_fetched_at, reverse=True):
        size += path.stat().st_size
        if _fetched_at(path) < oldest_allowed or size > config.lora_cache_bytes:
            path.unlink()


def _fetched_at(path: Path) -> float:
    return path.stat().st_mtime
