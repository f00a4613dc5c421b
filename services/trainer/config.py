"""The operator's choices for one worker, from TRAINER_* environment variables."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """Where things are and what is allowed.

    base_dir: holds one folder for each base, named like its hub repository's last part.
    hub: whether a base that is not there may be fetched from the Hugging Face hub.
    accepted_licences: names of bases whose licence the operator says to hold.
    device: None takes the GPU and refuses to start without one; "cpu" has to be asked for.
    dtype: None takes bfloat16 on a GPU and float32 on the CPU.
    threads: of a job's process on the CPU. compile: torch.compile of the transformer's blocks.
    turn_seconds: how long a training learns before it pauses for waiting images.
    captioner: `package.module:function` that describes photos without a caption, see `captioning`.
    keep_jobs_days: how long a finished job can be asked for. lora_cache_*: see `loras`.
    """

    work_dir: Path = Path("trainer-data")
    base_dir: Path = Path("models")
    base_model: str = "FLUX.2-klein-base-4B"
    accepted_licences: frozenset[str] = frozenset()
    hub: bool = False
    device: str | None = None
    dtype: str | None = None
    threads: int | None = None
    compile: bool = False
    captioner: str | None = None
    key: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    turn_seconds: float = 60.0
    keep_jobs_days: float = 7.0
    lora_cache_hours: float = 24.0
    lora_cache_bytes: int = 20 * 2**30

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "WorkerConfig":
        """Read TRAINER_WORK_DIR, TRAINER_BASE_DIR and so on; what is unset keeps its default."""
        default = cls()

        def text(name: str, otherwise: str) -> str:
            return environment.get(f"TRAINER_{name}") or otherwise

        return cls(
            work_dir=Path(text("WORK_DIR", str(default.work_dir))),
            base_dir=Path(text("BASE_DIR", str(default.base_dir))),
            base_model=text("BASE_MODEL", default.base_model),
            accepted_licences=frozenset(text("ACCEPT_LICENCES", "").replace(",", " ").split()),
            hub=text("HUB", "0") == "1",
            device=text("DEVICE", "") or None,
            dtype=text("DTYPE", "") or None,
            threads=int(text("THREADS", "0")) or None,
            compile=text("COMPILE", "0") == "1",
            captioner=text("CAPTIONER", "") or None,
            key=text("KEY", "") or None,
            host=text("HOST", default.host),
            port=int(text("PORT", str(default.port))),
            turn_seconds=float(text("TURN_SECONDS", str(default.turn_seconds))),
            keep_jobs_days=float(text("KEEP_JOBS_DAYS", str(default.keep_jobs_days))),
            lora_cache_hours=float(text("LORA_CACHE_HOURS", str(default.lora_cache_hours))),
            lora_cache_bytes=int(text("LORA_CACHE_BYTES", str(default.lora_cache_bytes))),
        )

    def environment(self) -> dict[str, str]:
        """The same choices as TRAINER_* variables, for the job's process; never the key."""
        flags = {"HUB": self.hub, "COMPILE": self.compile}
        texts = {
            "WORK_DIR": str(self.work_dir),
            "BASE_DIR": str(self.base_dir),
            "BASE_MODEL": self.base_model,
            "ACCEPT_LICENCES": " ".join(sorted(self.accepted_licences)),
            "DEVICE": self.device or "",
            "DTYPE": self.dtype or "",
            "THREADS": str(self.threads or 0),
            "CAPTIONER": self.captioner or "",
            "LORA_CACHE_HOURS": str(self.lora_cache_hours),
            "LORA_CACHE_BYTES": str(self.lora_cache_bytes),
        }
        return {
            f"TRAINER_{name}": value
            for name, value in (texts | {n: str(int(v)) for n, v in flags.items()}).items()
        }


def worker_key(config: WorkerConfig) -> str:
    """The bearer key: TRAINER_KEY, or one that is made once and kept in the work folder (0600)."""
    if config.key:
        return config.key
    path = config.work_dir / "key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()
