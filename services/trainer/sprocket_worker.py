"""The worker as a Together Dedicated Container: `python -m services.trainer.sprocket_worker`.

Sprocket (from Together's own package index only) takes jobs from Together's queue and hands them
to `predict`. What its source (0.1.4) asks of us: an AsyncSprocket, since a sync one stops the
heartbeats; payloads with nested URLs, since it fetches those at the top level; and
TERMINATION_GRACE_PERIOD_SECONDS above the longest job, since it cuts `predict` there. A running
job is canceled by the reply of its progress_url only.
"""

import asyncio
import logging
import os
import shutil
from typing import Any

import sprocket

from services.trainer import hardware
from services.trainer.callback import Callback
from services.trainer.config import WorkerConfig
from services.trainer.spec import Code, ProgressInfo, from_wire
from services.trainer.supervisor import Supervisor

log = logging.getLogger(__name__)

GRACE = "TERMINATION_GRACE_PERIOD_SECONDS"
LONGEST_JOB = 5400  # seconds


class Trainer(sprocket.AsyncSprocket):  # type: ignore[misc]
    """Runs each job in a process of its own and reports its progress as the job's info."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.emit = getattr(sprocket, "emit_info", None)  # documented, absent in 0.1.4

    async def setup(self) -> None:
        """Say so if long jobs would be cut."""
        if int(os.environ.get(GRACE, "300")) < LONGEST_JOB:
            log.warning("%s is below %s: long trainings will be cut", GRACE, LONGEST_JOB)

    async def predict(self, args: dict[str, Any]) -> dict[str, Any]:
        """One job; an exception fails it, and its repr becomes the job's info["error"]."""
        payload = from_wire(args)
        folder = self.supervisor.config.work_dir / "jobs" / payload.client_job_id

        def on_cancel() -> None:
            self.supervisor.request_stop(Code.CANCELED)

        async with Callback(payload.progress_url, payload.client_job_id, on_cancel) as callback:

            async def on_info(info: ProgressInfo) -> None:
                callback.note(info)
                if self.emit is not None:
                    await _maybe(self.emit(info.model_dump(mode="json", exclude_none=True)))

            try:
                return await self.supervisor.run(payload, folder, on_info)
            finally:
                shutil.rmtree(folder, ignore_errors=True)  # photos do not outlive their job

    async def shutdown(self) -> None:
        """End the job's process."""
        await self.supervisor.close()


async def _maybe(answer: Any) -> None:
    if asyncio.iscoroutine(answer):
        await answer


class ReportingRunner(sprocket.Runner):  # type: ignore[misc]
    """Sprocket's own runner, which also keeps the present request id, so that progress has one."""

    def __init__(self, trainer: Trainer, model_name: str) -> None:
        super().__init__(trainer, model_name)
        self.request_id = ""
        trainer.emit = trainer.emit or self.report

    async def handle_job(self, inputs: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Note the request id, then do as before."""
        self.request_id = request_id
        outputs: dict[str, Any] = await super().handle_job(inputs, request_id)
        return outputs

    async def report(self, info: dict[str, Any]) -> None:
        """Store progress as the job's info, by the call that also refreshes the claim."""
        await self.queue_client.update_job_status(self.request_id, "running", info=info)


def main() -> None:
    """Serve Together's queue under the deployment's name."""
    logging.basicConfig(level=logging.INFO)
    name = os.environ.get("TOGETHER_DEPLOYMENT_NAME", "likeness-trainer")
    config = WorkerConfig.from_environment()
    log.info("jobs run on %s", hardware.require(config))
    trainer = Trainer(Supervisor(config))
    asyncio.run(ReportingRunner(trainer, name).run())


if __name__ == "__main__":
    main()
