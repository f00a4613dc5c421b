"""Whether this machine's memory suffices for pictures on its CPU: by the sizes of the files."""

from pathlib import Path

from services.trainer.bases import BASES, folder_of
from services.trainer.config import WorkerConfig
from services.trainer.placement import PLACEMENTS, Pictures, image_bytes, sizes_of

ONE_BY_ONE = PLACEMENTS[2]  # resident, decoded in tiles
PICTURE = Pictures(1024, 1024, count=1, references=1)
MEMORY = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def needed(config: WorkerConfig) -> int | None:
    """Bytes for one picture, by arithmetic; None while the weights are not here."""
    base = BASES.get(config.base_model)
    sizes = sizes_of(folder_of(config.base_dir, base.fast.hub)) if base else None
    if sizes is None:
        return None
    wide = 1 if config.dtype in {"bfloat16", "float16"} else 2  # float32 on a CPU
    return wide * image_bytes(ONE_BY_ONE, sizes, PICTURE)


def free() -> int | None:
    """Bytes that this container may still have; None where it can't be told."""
    found = [each for each in (_machine(), _container()) if each is not None]
    return min(found, default=None)


def objection(config: WorkerConfig) -> str | None:
    """Why it does not fit, in plain words; None if it does, or if that can't be told."""
    wanted, there = needed(config), free()
    if wanted is None or there is None or wanted <= there:
        return None
    return (
        f"Pictures on the CPU need about {wanted / 1e9:.0f} GB of memory, and {there / 1e9:.0f} GB "
        "are free."
    )


def _machine() -> int | None:
    try:
        lines = MEMORY.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration):
        return None


def _container() -> int | None:
    """By the limit of the control group (v2), where there is one."""
    try:
        limit = int((CGROUP / "memory.max").read_text())
        return limit - int((CGROUP / "memory.current").read_text())
    except (OSError, ValueError):
        return None
