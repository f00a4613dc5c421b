"""What this machine has for the worker, as far as can be told without loading torch."""

import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from services.settings import Settings
from services.trainer.config import WorkerConfig

# Of the NVIDIA driver: on Linux, and under WSL2. Whether the GPU can do it, the worker finds out.
DEVICES = ("/dev/nvidia0", "/proc/driver/nvidia/version", "/dev/dxg")
FOLDER = "local"  # in DATA_DIR


def has_gpu() -> bool:
    """Whether there is a driver of a GPU."""
    return any(Path(device).exists() for device in DEVICES)


def missing(settings: Settings) -> str | None:
    """Why no worker is started here, in plain words; None if one is."""
    if settings.local_gpu == "off":
        return "LOCAL_GPU=off."
    if settings.role == "web":
        return "ROLE=web serves pages only."
    if not (settings.local_gpu_python or find_spec("torch")):
        return "The extra “trainer” is not installed."
    if settings.local_gpu == "auto" and not has_gpu():
        return (
            "No NVIDIA GPU was found on this machine. LOCAL_GPU=on makes instant pictures on its "
            "CPU, where memory suffices; how long one takes is measured first."
        )
    return None


def config_of(settings: Settings) -> WorkerConfig:
    """The worker's own choices: TRAINER_* of the environment, but for what is ours to say."""
    given = WorkerConfig.from_environment()
    folder = settings.data_dir.absolute() / FOLDER
    models = given.base_dir if os.environ.get("TRAINER_BASE_DIR") else folder / "models"
    return replace(
        given,
        work_dir=folder / "work",
        base_dir=models.absolute(),
        base_model=settings.base_model or given.base_model,
        device=given.device if has_gpu() else "cpu",
    )


def environment(config: WorkerConfig) -> dict[str, str]:
    """What the worker's process is given: nothing of what is set for the app, keys least of all."""
    ours = {name.upper() for name in Settings.model_fields}
    theirs = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    return theirs | config.environment()


def place(settings: Settings) -> str:
    """A name for this container's worker and its work folder, made once and kept beside them."""
    path = settings.data_dir / FOLDER / "place"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"place.{os.getpid()}")
        draft.write_text(os.urandom(8).hex())
        draft.replace(path)
    return path.read_text()
