"""The real worker with real processes: killed, stopped, and short of memory in mid-training."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.trainer.config import WorkerConfig
from services.trainer.spec import GeneratePayload, ProgressInfo, TrainPayload, to_wire
from services.trainer.supervisor import Supervisor
from tests.trainer import tiny
from tests.trainer.bucket import Bucket
from tests.trainer.conftest import Run
from tests.trainer.worker import Worker, running_worker
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(300)  # a dozen processes, each of which imports torch
Trainings = Callable[..., TrainPayload]
RECIPE = {"steps": 300, "checkpoint_every": 20}
LONG = RECIPE | {"steps": 800}  # an image is made before the end of it, also on a fast machine


@pytest.fixture(scope="module")
def worker(base_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A running worker, whose trainings soon pause for images."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TRAINER_TURN_SECONDS", "0.1")
        with running_worker(base_dir, tmp_path_factory.mktemp("worker") / "work") as worker:
            yield worker


def _submit(worker: Worker, payload: TrainPayload | GeneratePayload) -> str:
    body = {"model": "tiny", "payload": to_wire(payload)}
    answer = worker.post("submit", body)
    assert answer.status_code == 200, answer.text
    request_id: str = answer.json()["requestId"]
    return request_id


def _reaches(worker: Worker, job: str, condition: Callable[[dict[str, Any]], bool]) -> Any:
    def there() -> Any:
        status = worker.status(job)
        return status if condition(status) else None

    return eventually_sync(there, timeout=250)


def _ended(status: dict[str, Any]) -> bool:
    return status.get("status") in {"done", "failed", "canceled"}


def _checkpoints(worker: Worker, job: str) -> list[str]:
    folder = worker.work_dir / "jobs" / job / "checkpoints"
    return sorted(path.stem for path in folder.glob("*.pt")) if folder.exists() else []


def test_a_worker_that_is_killed_stopped_and_paused_makes_the_same_lora(
    worker: Worker, run: Run, training: Trainings, generation: Callable[..., Any], bucket: Bucket
) -> None:
    job = _submit(worker, training("killed-job", samples=1, recipe=LONG))
    _reaches(worker, job, lambda status: status["info"].get("step", 0) >= 30)
    worker.end(signal.SIGKILL)
    made = _checkpoints(worker, job)
    assert made
    worker.start()
    status = _reaches(worker, job, lambda status: status["info"].get("step", 0) > int(made[-1]))
    assert (status["status"], status["retries"]) == ("running", 1)
    worker.end(signal.SIGTERM)
    assert int(_checkpoints(worker, job)[-1]) < LONG["steps"]
    worker.start()
    image = _submit(worker, generation("image-between"))
    assert _reaches(worker, image, _ended)["status"] == "done"
    assert worker.status(job)["status"] in {"pending", "running"}
    status = _reaches(worker, job, _ended)
    assert status["status"] == "done", status
    whole = run(training("uninterrupted", samples=1, recipe=LONG))
    assert status["outputs"]["weights"]["sha256"] == whole.weights.sha256
    assert bucket.puts.count("/killed-job/sample-0.jpg") == 1

    payload = generation("image-of-it", lora_url=bucket.url("/killed-job/lora.safetensors"))
    assert _reaches(worker, _submit(worker, payload), _ended)["status"] == "done"


def test_a_canceled_training_ends_and_one_that_loses_its_process_goes_on(
    worker: Worker, training: Trainings, bucket: Bucket
) -> None:
    job = _submit(worker, training("canceled-run", recipe={"steps": 10_000}))
    _reaches(worker, job, lambda status: status["info"].get("step", 0) >= 10)
    assert worker.post("cancel", {"model": "tiny", "request_id": job}).status_code == 200
    next_job = _submit(worker, training("child-killed", recipe=RECIPE))
    _reaches(worker, next_job, lambda status: status["info"].get("step", 0) >= 30)
    assert worker.status(job)["status"] == "canceled"
    assert worker.process
    os.kill(_youngest_child_of(worker.process.pid), signal.SIGKILL)
    assert _reaches(worker, next_job, _ended)["status"] == "done"
    assert "/canceled-run/lora.safetensors" not in bucket.objects


def _youngest_child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[-1])


async def test_memory_that_is_short_costs_no_step_done_before(
    config: WorkerConfig, training: Trainings, tmp_path: Path
) -> None:
    supervisor = Supervisor(config, command=(sys.executable, "-m", "tests.trainer.faulty_child"))
    infos: list[ProgressInfo] = []

    async def on_info(info: ProgressInfo) -> None:
        infos.append(info)

    payload = training("small-gpu-job", recipe={"steps": 30, "checkpoint_every": 10})
    outputs = await supervisor.run(payload, tmp_path / "job", on_info)
    await supervisor.close()
    assert outputs["recipe"]["gradient_checkpointing"]
    assert not outputs["recipe"]["fp8"]
    assert outputs["recipe"]["rank"] == tiny.RECIPE["rank"]
    assert outputs["last_loss"] < outputs["first_loss"]
    again = max(at for at, info in enumerate(infos) if info.sequence <= infos[at - 1].sequence)
    assert next(info.step for info in infos[again:] if info.stage == "training") == 10
