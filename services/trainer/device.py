"""The device of a job's process: which one, its number format, and what it has used."""

import gc
import resource
import sys
from typing import Any

import torch

from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed
from services.trainer.spec import Code


def device_of(config: WorkerConfig) -> Any:
    """The configured device, else the GPU; raises JobFailed(NO_GPU) where there is none.

    The CPU has to be asked for: a training that fell back on it would take days.
    """
    if config.device is None and not torch.cuda.is_available():
        raise JobFailed(Code.NO_GPU, "The worker's GPU is not there any more.")
    return torch.device(config.device or "cuda")


def dtype_of(config: WorkerConfig) -> Any:
    """The configured number format, else bfloat16 on a GPU and float32 on the CPU."""
    default = "float32" if device_of(config).type == "cpu" else "bfloat16"
    return getattr(torch, config.dtype or default)


def free_bytes(device: Any) -> int | None:
    """GPU memory that nobody uses at present; None on the CPU."""
    if device.type != "cuda":
        return None
    free_memory()
    free: int = torch.cuda.mem_get_info(device)[0]
    return free


def batch_of(device: Any) -> int:
    """How many pictures are made at once: a batch keeps a GPU busy, and a CPU only waiting."""
    return 4 if device.type == "cuda" else 1


def allocated() -> int:
    """GPU memory that this process holds, in bytes."""
    return torch.cuda.memory_reserved() if torch.cuda.is_available() else 0


def free_memory() -> None:
    """Give back what nothing refers to any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def vram_peak() -> int | None:
    """The most GPU memory that this process has had allocated, in bytes; None without a GPU."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None


def ram_peak() -> int:
    """The most memory that this process has had resident, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
