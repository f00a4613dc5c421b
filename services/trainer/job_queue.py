"""The queue of one worker: images before trainings, then priority, then order of arrival.

At most one job of each kind runs at a time, each kind in a process of its own; see `scheduling`.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.trainer.bases import find_base, locate
from services.trainer.callback import Callback
from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed
from services.trainer.hardware import Hardware
from services.trainer.room import Room
from services.trainer.scheduling import Standing, decide
from services.trainer.spec import (
    Code,
    Failure,
    GeneratePayload,
    ProgressInfo,
    Stage,
    TrainPayload,
    digest,
    from_wire,
    to_wire,
)
from services.trainer.store import FINAL, JobStore, StoredJob, kind_of
from services.trainer.supervisor import COMMAND, Supervisor

log = logging.getLogger(__name__)

DAY = 86400.0
LOOK_EVERY = 1.0  # seconds between two looks at whether a training's turn is over
PAUSE = 5.0  # seconds until the next try when the disk is full


class Conflict(Exception):
    """The id of a job was used for another one before."""


@dataclass(slots=True)
class _Lane:
    """One kind of job: the process for it, and what runs in it. learning_since: monotonic time."""

    kind: str
    supervisor: Supervisor
    job: StoredJob | None = None
    task: asyncio.Task[None] | None = None
    learning_since: float | None = None
    pausing: bool = False


class JobQueue:
    """Takes, runs and remembers jobs; `serve` is its loop, `stop` its end in good order."""

    def __init__(
        self, config: WorkerConfig, hardware: Hardware, command: Sequence[str] = COMMAND
    ) -> None:
        self.config, self._room = config, Room(config, hardware)
        self._images, self._trainings = (
            _Lane(kind, Supervisor(config, command=command, lane=kind))
            for kind in ("generate", "train")
        )
        self._store = JobStore(config.work_dir)
        self._news = asyncio.Event()
        self._stopping = False
        self.on_end: Callable[[StoredJob], None] = lambda _job: None
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
        profile = payload.profile if isinstance(payload, GeneratePayload) else "quality"
        locate(self.config, base.profile(profile))
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
        for lane in (self._images, self._trainings):
            if job is lane.job:
                lane.supervisor.request_stop(Code.CANCELED)
        self._finish(job, "canceled")
        self._news.set()
        return True

    def of(self, model: str) -> list[StoredJob]:
        """All jobs of a model, the earliest first."""
        return sorted((j for j in self._store if j.model == model), key=lambda j: j.created_at)

    def keep(self, job: StoredJob) -> None:
        """Write down what was noted in a job's `info`."""
        self._store.save(job)

    def park(self, job: StoredJob) -> None:
        """Lay a job aside, at the edge of its step; submitted again, it goes on from there."""
        if job.status not in {"pending", "running"}:
            return
        for lane in (self._images, self._trainings):
            if job is lane.job:
                lane.supervisor.request_stop(Code.STOPPED)
        job.status, job.done_at, job.payload = "parked", time.time(), None
        self._store.save(job)
        self._news.set()

    def forget(self, job: StoredJob) -> bool:
        """Drop a job with all that it left; False where its process has not ended yet."""
        if any(job is lane.job for lane in (self._images, self._trainings)):
            return False
        self._store.forget(job)
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

    def _pending(self, kind: str | None = None) -> list[StoredJob]:
        waiting = [
            job
            for job in self._store
            if job.status == "pending" and (kind is None or kind == kind_of(job))
        ]
        return sorted(waiting, key=lambda job: (-job.priority, job.created_at))

    async def serve(self) -> None:
        """Run jobs until stopped."""
        while not self._stopping:
            self._news.clear()
            await self._schedule()
            if not (self._pending() or self._images.job or self._trainings.job):
                self._store.purge(self.config.keep_jobs_days * DAY)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_EVERY)

    async def _schedule(self) -> None:
        """Start or pause what `decide` says."""
        image = next(iter(self._pending("generate")), None)
        training = next(iter(self._pending("train")), None)
        decision = decide(self._standing(image, training), minimum_turn=self.config.turn_seconds)
        if decision.pause_training and not self._trainings.pausing:
            log.info("the training pauses for images")
            self._trainings.pausing = True
            self._trainings.supervisor.request_stop(Code.STOPPED)
        if decision.start_images and image:
            self._start(self._images, image)
        elif decision.start_training and training:
            if not self._room.for_both(training, self._images.job or image):
                await self._images.supervisor.close()  # its base leaves the GPU
            self._start(self._trainings, training)

    def _standing(self, image: StoredJob | None, training: StoredJob | None) -> Standing:
        running = self._trainings.job
        since = self._trainings.learning_since
        return Standing(
            images_wait=image is not None,
            images_run=self._images.job is not None,
            training_waits=training is not None,
            training_runs=running is not None,
            together=self._room.for_both(running or training, self._images.job or image),
            turn=None if since is None else time.monotonic() - since,
            seconds_left=running.info.get("seconds_left") if running else None,
        )

    def _start(self, lane: _Lane, job: StoredJob) -> None:
        if self._stopping:
            return
        lane.job, lane.learning_since, lane.pausing = job, None, False
        lane.task = asyncio.create_task(self._run_safely(lane, job))
        self._news.set()  # something else may start beside it

    async def _run_safely(self, lane: _Lane, job: StoredJob) -> None:
        """Run a job; a work folder that can't be written delays the queue and never ends it."""
        try:
            await self._run(lane, job)
        except OSError:
            log.exception("the work folder can't be written")
            await asyncio.sleep(PAUSE)
        finally:
            lane.job = None
            self._news.set()

    async def stop(self) -> None:
        """Stop what runs at the edge of its step, with a checkpoint; it stays queued."""
        self._stopping = True
        self._news.set()
        for lane in (self._images, self._trainings):
            if lane.job:
                lane.supervisor.request_stop(Code.STOPPED)
        tasks = [lane.task for lane in (self._images, self._trainings) if lane.task]
        await asyncio.gather(*tasks)

    async def close(self) -> None:
        """End the processes that jobs run in."""
        await asyncio.gather(self._images.supervisor.close(), self._trainings.supervisor.close())

    async def _run(self, lane: _Lane, job: StoredJob) -> None:
        if job.status != "pending":  # ended before it began
            return
        job.status, job.claimed_at = "running", time.time()
        try:
            self._store.save(job)
            outputs = await self._outputs(lane, job)
        except JobFailed as error:
            self._ended(job, error.failure)
        except OSError:
            job.status = "pending"
            raise
        except Exception as error:
            log.exception("job %s could not be run", job.request_id)
            self._ended(job, Failure(code=Code.CRASHED, message=f"{type(error).__name__}"))
        else:
            if job.status == "running":
                self._finish(job, "done", outputs=outputs)
        finally:
            if job.status in FINAL:
                self._store.save(job)  # once more: the process may have written files meanwhile

    async def _outputs(self, lane: _Lane, job: StoredJob) -> dict[str, Any]:
        payload = from_wire(job.payload)

        def on_cancel() -> None:
            self.cancel(job)

        async with Callback(payload.progress_url, job.request_id, on_cancel) as callback:

            async def on_info(info: ProgressInfo) -> None:
                callback.note(info)
                job.info = {**job.info, **info.model_dump(mode="json", exclude_none=True)}
                if lane.learning_since is None and info.stage is Stage.TRAINING:
                    lane.learning_since = time.monotonic()

            return await lane.supervisor.run(payload, self._store.folder(job), on_info)

    def _ended(self, job: StoredJob, failure: Failure) -> None:
        """A job without a result: ended before, put back because the worker stops, or failed."""
        if job.status in {"canceled", "parked"}:
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
        self.on_end(job)
