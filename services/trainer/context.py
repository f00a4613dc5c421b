"""What every part of a running job is handed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.trainer.config import WorkerConfig
from services.trainer.reporting import Reporter


@dataclass(slots=True)
class Context:
    """What a job works with. folder: its own, kept until it ends; rung: see `ladder`.

    warm: what one job leaves in memory for the next in the same process.
    """

    config: WorkerConfig
    folder: Path
    report: Reporter
    rung: int = 0
    warm: dict[str, Any] = field(default_factory=dict)
