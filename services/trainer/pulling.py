"""Pull mode: the worker asks the app for work, so that no port of its own has to be open.

One loop for images and one for trainings, so that images go on while a training is under way; the
worker's own queue runs and pauses them as in every other mode. Each job is attended by a task that
keeps its lease, hears of a cancel, and brings what came of it until the app has taken it.
"""

import asyncio
import logging
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import ValidationError

from services.trainer.app_client import (
    AppClient,
    Given,
    Lost,
    Rejected,
    Revoked,
    Unreachable,
)
from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed
from services.trainer.hardware import Hardware
from services.trainer.job_queue import Conflict, JobQueue
from services.trainer.offers import offers
from services.trainer.spec import Code, Failure, from_wire
from services.trainer.store import FINAL, StoredJob, kind_of
from services.trainer.supervisor import COMMAND

log = logging.getLogger(__name__)

MODEL = "pull"  # the name under which the worker's own queue keeps these jobs
KINDS = ("generate", "train")
REPORT_EVERY = 3.0  # seconds between two reports; the app's shortest lease is 20
PAUSES = (1.0, 30.0)  # seconds before an app that does not answer is called again

T = TypeVar("T")


async def ask(config: WorkerConfig, hardware: Hardware, url: str, key: str) -> None:
    """Ask an app for work until SIGTERM or Ctrl-C. Raises Revoked, ValueError for its address."""
    puller = Puller(config, hardware, AppClient(url, key))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, puller.stop)
    await puller.run()


class Puller:
    """Asks, works and brings until `stop`; `run` raises Revoked when the key is no longer good."""

    def __init__(
        self,
        config: WorkerConfig,
        hardware: Hardware,
        app: AppClient,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """command: of the processes that jobs run in."""
        self.queue = JobQueue(config, hardware, command)
        self.queue.on_end = self._ended
        self._config, self._hardware, self._app = config, hardware, app
        self._held: dict[str, tuple[str, asyncio.Task[None]]] = {}  # kind and attendant, by id
        self._ends: dict[str, asyncio.Event] = {}
        self._freed = asyncio.Event()
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Begin to end: what runs stops at the edge of its step, and is given back."""
        self._stop.set()

    async def run(self) -> None:
        """Work until `stop`. Raises Revoked."""
        revoked = False
        try:
            await self._resume()
            await self._work()
        except Revoked:
            revoked = True
            raise
        finally:
            await self._end(revoked)

    async def _work(self) -> None:
        """Until `stop`, or until one of the loops fails."""
        loops: list[asyncio.Task[Any]] = [asyncio.create_task(self.queue.serve())]
        loops += [asyncio.create_task(self._claim_forever(kind)) for kind in KINDS]
        stop = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait([*loops, stop], return_when=asyncio.FIRST_COMPLETED)
            for task in loops:
                if task.done():
                    task.result()
        finally:
            for task in (*loops[1:], stop):
                task.cancel()
            await asyncio.gather(*loops[1:], stop, return_exceptions=True)
            await self.queue.stop()
            await asyncio.gather(loops[0], return_exceptions=True)

    async def _claim_forever(self, kind: str) -> None:
        failures = 0
        while True:
            await self._room_for(kind)
            try:
                given = await self._claim(kind)
                failures = 0
            except (Unreachable, Rejected) as error:
                failures += 1
                log.warning("the app gives no work: %s", error)
                await asyncio.sleep(_pause(failures))
                continue
            if given:
                await self._take(kind, given)

    async def _room_for(self, kind: str) -> None:
        """Wait until no job of a kind is held. Raises what its attendant raised: Revoked."""
        while True:
            self._freed.clear()
            attendants = [task for held, task in self._held.values() if held == kind]
            if not attendants:
                return
            for task in attendants:
                if task.done():
                    task.result()
            await self._freed.wait()

    async def _claim(self, kind: str) -> Given | None:
        return await self._app.claim(
            kind,
            offers=offers(self._config),
            hardware=str(self._hardware),
            busy=bool(self._held),
        )

    async def _take(self, kind: str, given: Given) -> None:
        """Into the queue; what this worker can't do at all ends here."""
        try:
            job = self._submit(given)
        except (ValidationError, JobFailed, Conflict) as error:
            reason = _failure(error)
            await self._insist(lambda: self._app.fail(given.job_id, given.token, reason))
            return
        job.info = {**job.info, "token": given.token, "told": False}
        self.queue.keep(job)
        self._attend(kind, job)

    def _submit(self, given: Given) -> StoredJob:
        payload = from_wire(given.payload)
        known = self.queue.get(MODEL, given.job_id)
        if known and known.status == "canceled" and not self.queue.forget(known):
            raise JobFailed(Code.STOPPED, "The worker is still ending this job.")
        return self.queue.submit(model=MODEL, payload=payload, info={}, priority=0)

    async def _resume(self) -> None:
        """What the worker had when it was stopped or killed: still its own, or laid aside."""
        for job in self.queue.of(MODEL):
            if job.status in {"done", "failed"} and not job.info.get("told"):
                self._attend(str((job.outputs or {}).get("kind", "generate")), job)
            elif job.status == "pending" and await self._is_held(job):
                self._attend(kind_of(job), job)

    async def _is_held(self, job: StoredJob) -> bool:
        """Whether the app still counts on this worker; if not, the job is laid aside or ended."""
        token = str(job.info.get("token", "0"))
        goes_on = await self._insist(
            lambda: self._app.progress(job.request_id, token, job.info), lost=None
        )
        if goes_on is None:
            self.queue.park(job)
        elif not goes_on:
            self.queue.cancel(job)
        return bool(goes_on)

    def _attend(self, kind: str, job: StoredJob) -> None:
        if job.request_id not in self._held:
            self._ends[job.request_id] = asyncio.Event()
            task = asyncio.create_task(self._attended(job))
            self._held[job.request_id] = kind, task
            task.add_done_callback(lambda _: self._freed.set())

    async def _attended(self, job: StoredJob) -> None:
        """Keep the lease until the job ends, then bring what came of it."""
        while job.status not in FINAL:
            try:
                token = str(job.info.get("token", "0"))
                if not await self._app.progress(job.request_id, token, job.info):
                    self.queue.cancel(job)
                    break
            except Lost:
                log.warning("job %s is no longer this worker's", job.request_id)
                self.queue.park(job)
                break
            except (Unreachable, Rejected) as error:
                log.warning("a report on a job did not arrive: %s", error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ends[job.request_id].wait(), REPORT_EVERY)
        if job.status in {"done", "failed"}:
            await self._bring(job)
        self._held.pop(job.request_id, None)

    async def _bring(self, job: StoredJob) -> None:
        """Say how a job ended until the app has heard it; who lost the job need say nothing."""
        await self._insist(lambda: self._tell(job))
        job.info = {**job.info, "told": True}
        self.queue.keep(job)

    async def _tell(self, job: StoredJob) -> None:
        id, token = job.request_id, str(job.info.get("token", "0"))
        if job.status == "failed":
            return await self._app.fail(id, token, Failure.parse(job.info.get("error")))
        try:
            return await self._app.finish(id, token, job.info, job.outputs or {})
        except Rejected as error:
            log.error("the app does not take what came of job %s: %s", id, error)
            broken = Failure(code=Code.CRASHED, message="The worker brought nothing usable.")
            return await self._app.fail(id, token, broken)

    async def _insist(self, call: Callable[[], Awaitable[T]], lost: T | None = None) -> T | None:
        """The answer to a call, as soon as the app gives one; `lost` where the job is lost."""
        failures = 0
        while True:
            try:
                return await call()
            except (Lost, Rejected):
                return lost
            except Unreachable as error:
                failures += 1
                log.warning("the app does not answer: %s", error)
                await asyncio.sleep(_pause(failures))

    def _ended(self, job: StoredJob) -> None:
        if ended := self._ends.get(job.request_id):
            ended.set()

    async def _end(self, revoked: bool) -> None:
        """Give back what is held, for others to have at once; a revoked worker keeps nothing."""
        attendants = [task for _, task in self._held.values()]
        for task in attendants:
            task.cancel()
        await asyncio.gather(*attendants, return_exceptions=True)
        for job in self.queue.of(MODEL):
            if revoked:
                self.queue.forget(job)
            elif job.status in {"pending", "running"}:
                await self._release(job)
        await self.queue.close()
        await self._app.close()

    async def _release(self, job: StoredJob) -> None:
        with suppress(Unreachable, Revoked, Lost, Rejected):
            await self._app.release(job.request_id, str(job.info.get("token", "0")))
            self.queue.park(job)


def _failure(error: ValidationError | JobFailed | Conflict) -> Failure:
    if isinstance(error, JobFailed):
        return error.failure
    message = "The worker does not understand this job: is it of the app's release?"
    return Failure(code=Code.INVALID_PAYLOAD, message=message)


def _pause(failures: int) -> float:
    """Seconds, longer with every failure, and less up to a half so that not all workers come."""
    shortest, longest = PAUSES
    wait: float = min(longest, shortest * 2 ** min(failures - 1, 10))
    return wait * random.uniform(0.5, 1)  # noqa: S311  # jitter, not a secret
