"""The queue of one worker: strict priority, then order of arrival; one job runs at a time."""

import asyncio
import logging
import time
from typing import Any

from services.trainer.bases import find_base, locate
from services.trainer.callback import Callback
from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed
from services.trainer.spec import (
    Code,
    Failure,
    GeneratePayload,
    ProgressInfo,
    TrainPayload,
    from_wire,
    to_wire,
)
from services.trainer.store import FINAL, JobStore, StoredJob, digest
from services.trainer.supervisor import Supervisor

log = logging.getLogger(__name__)

DAY = 86400.0
PAUSE = 5.0  # seconds until the next try when the disk is full


class Conflict(Exception):
    """The id of a job was used for another one before."""


class JobQueue:
    """Takes, runs and remembers jobs; `serve` is its loop, `stop` its end in good order."""

    def __init__(self, config: WorkerConfig, supervisor: Supervisor) -> None:
        self.config, self._supervisor = config, supervisor
        self._store = JobStore(config.work_dir)
        self._running: StoredJob | None = None
        self._news = asyncio.Event()
        self._stopping = False
        for job in self._store:  # what ran when the worker was killed goes on first
            if job.status == "running":
                job.status, job.retries = "pending", job.retries + 1
                self._store.save(job)

    def submit(
        self,
        *,
        model: str,
        payload: TrainPayload | GeneratePayload,
        info: dict[str, Any],
        priority: int,
    ) -> StoredJob:
        """Queue a job; the same again is the job that is there, a failed one goes on.

        Raises Conflict, or JobFailed where the base is missing or its licence not accepted.
        """
        base = find_base(self.config, payload.base_model)
        fast = isinstance(payload, GeneratePayload) and payload.profile == "fast"
        locate(self.config, base.fast if fast else base.quality)
        plain = payload.model_dump(mode="json")
        known = self._store.get(payload.client_job_id)
        if known and (known.model, known.digest) != (model, digest(plain)):
            raise Conflict("This client_job_id was used for another job.")
        if known and known.status in {"running", "done", "canceled"}:
            return known
        job = StoredJob(
            request_id=payload.client_job_id,
            model=model,
            payload=to_wire(payload),
            digest=digest(plain),
            priority=priority,
            created_at=known.created_at if known else time.time(),
            info=info,
            retries=known.retries if known else 0,
        )
        self._store.save(job)
        self._news.set()
        return job

    def get(self, model: str, request_id: str) -> StoredJob | None:
        """A job, with its newest progress."""
        job = self._store.get(request_id)
        return job if job and job.model == model else None

    def cancel(self, job: StoredJob) -> bool:
        """End a job for good, pending or running; False if it has ended already."""
        if job.status in FINAL:
            return False
        if job is self._running:
            self._supervisor.request_stop(Code.CANCELED)
        self._finish(job, "canceled")
        return True

    def clear(self, model: str) -> int:
        """Cancel all pending jobs of a model; how many there were."""
        pending = [job for job in self._pending() if job.model == model]
        for job in pending:
            self._finish(job, "canceled")
        return len(pending)

    def counts(self, model: str) -> tuple[int, int]:
        """How many jobs of a model run and wait."""
        jobs = [job for job in self._store if job.model == model]
        running = sum(job.status == "running" for job in jobs)
        return running, sum(job.status == "pending" for job in jobs)

    def _pending(self) -> list[StoredJob]:
        waiting = [job for job in self._store if job.status == "pending"]
        return sorted(waiting, key=lambda job: (-job.priority, job.created_at))

    async def serve(self) -> None:
        """Run jobs until stopped."""
        while not self._stopping:
            self._news.clear()
            if job := next(iter(self._pending()), None):
                await self._run_safely(job)
                continue
            self._store.purge(self.config.keep_jobs_days * DAY)
            await self._news.wait()

    async def _run_safely(self, job: StoredJob) -> None:
        """Run a job; a work folder that can't be written delays the queue and never ends it."""
        try:
            await self._run(job)
        except OSError:
            log.exception("the work folder can't be written")
            await asyncio.sleep(PAUSE)

    async def stop(self) -> None:
        """Stop the running job at the edge of its step, with a checkpoint; it stays queued."""
        self._stopping = True
        self._news.set()
        if self._running:
            self._supervisor.request_stop(Code.STOPPED)

    async def close(self) -> None:
        """End the process that jobs run in."""
        await self._supervisor.close()

    async def _run(self, job: StoredJob) -> None:
        job.status, job.claimed_at = "running", time.time()
        self._store.save(job)
        self._running = job
        try:
            outputs = await self._outputs(job)
        except JobFailed as error:
            self._ended(job, error.failure)
        except Exception as error:
            log.exception("job %s could not be run", job.request_id)
            self._ended(job, Failure(code=Code.CRASHED, message=f"{type(error).__name__}"))
        else:
            if job.status == "running":
                self._finish(job, "done", outputs=outputs)
        finally:
            self._running = None
            if job.status in FINAL:
                self._store.save(job)  # once more: the process may have written files meanwhile

    async def _outputs(self, job: StoredJob) -> dict[str, Any]:
        payload = from_wire(job.payload)

        def on_cancel() -> None:
            self.cancel(job)

        async with Callback(payload.progress_url, job.request_id, on_cancel) as callback:

            async def on_info(info: ProgressInfo) -> None:
                callback.note(info)
                job.info = {**job.info, **info.model_dump(mode="json", exclude_none=True)}

            return await self._supervisor.run(payload, self._store.folder(job), on_info)

    def _ended(self, job: StoredJob, failure: Failure) -> None:
        """A job without a result: canceled before, put back because the worker stops, or failed."""
        if job.status == "canceled":
            return
        if failure.code is Code.STOPPED:
            job.status, job.claimed_at = "pending", None
            self._store.save(job)
            return
        job.info["error"] = str(failure)
        self._finish(job, "canceled" if failure.code is Code.CANCELED else "failed")

    def _finish(
        self, job: StoredJob, status: Any, *, outputs: dict[str, Any] | None = None
    ) -> None:
        job.status, job.outputs, job.done_at = status, outputs, time.time()
        self._store.save(job)
