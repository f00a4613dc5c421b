"""What the worker runs on, and whether it can: asked once, in a process of its own.

`python -m services.trainer.hardware` prints it as JSON; the server itself never imports torch.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from services.trainer.config import WorkerConfig

GIB = 2**30
MIN_COMPUTE = (8, 0)  # the first generation with bfloat16: Ampere
# The oldest Linux driver of each CUDA: CUDA toolkit release notes, "minor version compatibility".
DRIVERS = {11: 450, 12: 525, 13: 580}
KERNEL_MODULE = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True, slots=True)
class Hardware:
    """A worker's device. memory_bytes, compute (major, minor), driver: None without a GPU.

    device: what jobs run on. cuda: the one that torch was built for; None for a CPU build.
    """

    device: str
    torch: str | None = None
    cuda: str | None = None
    driver: str | None = None
    gpu: str | None = None
    memory_bytes: int | None = None
    compute: tuple[int, int] | None = None

    def __str__(self) -> str:
        if self.gpu is None:
            return f"the CPU (torch {self.torch})"
        gib = (self.memory_bytes or 0) / GIB
        return f"{self.gpu} ({gib:.0f} GiB, driver {self.driver}, CUDA {self.cuda})"


def refusal(found: Hardware, config: WorkerConfig) -> str | None:
    """Why no job could run as it should, with what to do; None if all is well.

    Without this a training would silently take days on the CPU.
    """
    if config.device == "cpu":
        return None
    if found.gpu is None:
        return f"{_no_gpu(found)} To run on the CPU all the same, set TRAINER_DEVICE=cpu."
    if found.compute and found.compute < MIN_COMPUTE and config.dtype is None:
        return (
            f"The {found.gpu} does not compute in bfloat16, as FLUX needs: an NVIDIA GPU of the "
            "RTX 30 series or newer does. To try another format, set TRAINER_DTYPE=float32."
        )
    return None


def _no_gpu(found: Hardware) -> str:
    if found.torch is None:
        return "Torch is not installed."
    if found.cuda is None:
        return f"Torch {found.torch} was built without CUDA: install its CUDA build."
    if found.driver is None:
        return (
            "No NVIDIA driver was found. In a container, start it with `--gpus all` and the "
            "NVIDIA Container Toolkit; under Windows, use WSL2 with the driver of Windows."
        )
    needed = DRIVERS.get(int(found.cuda.split(".")[0]), 0)
    if int(found.driver.split(".")[0]) < needed:
        return (
            f"The NVIDIA driver {found.driver} is too old for CUDA {found.cuda}: install {needed} "
            "or newer."
        )
    return f"Torch {found.torch} finds no GPU, though there is an NVIDIA driver {found.driver}."


def probe() -> Hardware:
    """Look with torch; takes some seconds."""
    import torch

    known = {"torch": torch.__version__, "cuda": torch.version.cuda, "driver": _driver()}
    if not torch.cuda.is_available():
        return Hardware(device="cpu", **known)
    properties = torch.cuda.get_device_properties(0)
    return Hardware(
        device="cuda",
        gpu=properties.name,
        memory_bytes=properties.total_memory,
        compute=(properties.major, properties.minor),
        **known,
    )


def look(config: WorkerConfig) -> Hardware:
    """What `probe` finds, in a process of its own; nothing is looked for where the CPU is wanted.

    Raises RuntimeError with the last line that the process said.
    """
    if config.device == "cpu" or _version("torch") is None:
        return Hardware(device="cpu", torch=_version("torch"))
    command = [sys.executable, "-m", "services.trainer.hardware"]
    answer = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if answer.returncode:
        last = answer.stderr.strip().splitlines()[-1:]
        raise RuntimeError(" ".join(last) or f"status {answer.returncode}")
    return from_json(json.loads(answer.stdout))


def require(config: WorkerConfig) -> Hardware:
    """The hardware, where it can do the work; else exit with why and what to do."""
    try:
        found = look(config)
    except RuntimeError as error:
        raise SystemExit(f"The GPU could not be asked: {error}") from None
    if reason := refusal(found, config):
        raise SystemExit(reason)
    return found


def from_json(value: dict[str, Any]) -> Hardware:
    """The hardware in what `asdict` made, after a way as JSON."""
    compute = value.get("compute")
    return Hardware(**{**value, "compute": tuple(compute) if compute else None})


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _driver() -> str | None:
    """The NVIDIA driver's version, by nvidia-smi (also under WSL2), else by its kernel module."""
    smi = shutil.which("nvidia-smi", path=f"{os.environ.get('PATH', '')}:/usr/lib/wsl/lib")
    if smi:
        command = [smi, "--query-gpu=driver_version", "--format=csv,noheader"]
        answer = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
        if answer.returncode == 0 and answer.stdout.strip():
            return answer.stdout.split()[0]
    if KERNEL_MODULE.exists():
        found = re.search(r"\b(\d{3}\.\d+(\.\d+)?)\b", KERNEL_MODULE.read_text())
        return found[1] if found else None
    return None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(probe())))
