"""The queue's jobs on disk: one folder each, with one small file that says how it stands."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from services.trainer.files import read_json, write_json

Status = Literal["pending", "running", "parked", "done", "failed", "canceled"]
FINAL = {"done", "failed", "canceled"}
PARKED = 3600.0  # seconds that a job lies aside, with the photos that it was trained on


@dataclass(slots=True)
class StoredJob:
    """One job. Times are seconds since 1970; payload is None once the job has ended.

    parked: laid aside, with its checkpoint, for a while: another worker may have it.

    digest: of the payload without its URLs, which are signed anew for each attempt.
    """

    request_id: str
    model: str
    payload: dict[str, Any] | None
    digest: str
    priority: int
    created_at: float
    status: Status = "pending"
    info: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] | None = None
    retries: int = 0
    claimed_at: float | None = None
    done_at: float | None = None


class JobStore:
    """Every known job, in memory and on disk; `save` is what makes a change last."""

    def __init__(self, work_dir: Path) -> None:
        self._root = work_dir / "jobs"
        self._jobs = {job.request_id: job for job in self._read()}

    def _read(self) -> Iterator[StoredJob]:
        for path in self._root.glob("*/job.json"):
            yield StoredJob(**read_json(path))

    def __iter__(self) -> Iterator[StoredJob]:
        return iter(list(self._jobs.values()))

    def get(self, request_id: str) -> StoredJob | None:
        """The job of that id."""
        return self._jobs.get(request_id)

    def folder(self, job: StoredJob) -> Path:
        """The job's own folder."""
        return self._root / job.request_id

    def save(self, job: StoredJob) -> None:
        """Write the job down; when it has ended, photos, checkpoints and signed URLs go."""
        if job.status in FINAL:
            job.payload = None
        self._jobs[job.request_id] = job
        write_json(self.folder(job) / "job.json", asdict(job))
        if job.status in FINAL:
            self._strip(self.folder(job))

    def _strip(self, folder: Path, tries: int = 3) -> None:
        """Remove all but the job's own file; a process that still ends may write meanwhile."""
        try:
            self._strip_once(folder)
        except OSError:
            if tries <= 1:
                raise
            self._strip(folder, tries - 1)

    def _strip_once(self, folder: Path) -> None:
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "job.json":
                path.unlink()

    def forget(self, job: StoredJob) -> None:
        """Remove a job and its folder."""
        self._jobs.pop(job.request_id, None)
        shutil.rmtree(self.folder(job), ignore_errors=True)

    def purge(self, older_than: float) -> None:
        """Forget jobs that ended more than so many seconds ago, and parked ones after an hour."""
        for job in self:
            limit = min(older_than, PARKED) if job.status == "parked" else older_than
            if job.done_at is not None and job.done_at < time.time() - limit:
                self.forget(job)


def kind_of(job: StoredJob) -> str:
    """What a job that has not ended does: "train" or "generate"."""
    return str((job.payload or {}).get("job", {}).get("kind"))
