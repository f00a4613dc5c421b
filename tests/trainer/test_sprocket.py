"""The worker on Together's queue: Sprocket's part is a double, the rest is real."""

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from services.trainer.config import WorkerConfig
from services.trainer.spec import Code, Failure, GeneratePayload, ProgressInfo, to_wire
from services.trainer.supervisor import Supervisor
from tests.trainer import sprocket_double
from tests.trainer.serving import FAKE


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, with the double in Sprocket's place."""
    monkeypatch.setitem(sys.modules, "sprocket", sprocket_double)
    monkeypatch.delitem(sys.modules, "services.trainer.sprocket_worker", raising=False)
    from services.trainer import sprocket_worker

    return sprocket_worker


async def test_jobs_of_together_s_queue_are_run_and_reported(
    worker: ModuleType,
    config: WorkerConfig,
    generation: Callable[..., GeneratePayload],
    caplog: pytest.LogCaptureFixture,
) -> None:
    trainer = worker.Trainer(Supervisor(config, command=FAKE))
    runner = worker.ReportingRunner(trainer, "likeness-trainer")
    runner.queue_client.waiting = [
        ("request-1", to_wire(generation("first-job"))),
        ("request-2", to_wire(generation("second-job", prompt="fail lora_mismatch"))),
        ("request-3", {"job": {"kind": "paint"}}),
    ]
    await runner.run()
    await trainer.shutdown()
    reports = runner.queue_client.reports
    assert [report[:2] for report in reports] == [
        ("request-1", "running"),
        ("request-1", "done"),
        ("request-2", "running"),
        ("request-2", "failed"),
        ("request-3", "failed"),
    ]
    assert ProgressInfo.model_validate(reports[0][2]).progress == 0.5
    assert reports[1][2]["client_job_id"] == "first-job"
    failure = Failure.parse(reports[3][2]["error"])
    assert failure == Failure(code=Code.LORA_MISMATCH, message="As the test wanted.")
    assert "long trainings will be cut" in caplog.text
    assert not (config.work_dir / "jobs" / "first-job").exists()
