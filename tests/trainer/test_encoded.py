"""Photos are encoded once for a training, however often it is stopped or paused."""

from collections.abc import Callable
from typing import Any

import pytest

from services.trainer import pipelines
from services.trainer.encoded import FILE
from services.trainer.errors import JobFailed
from services.trainer.spec import Code, TrainPayload
from tests.trainer.conftest import Run

RECIPE = {"steps": 20, "checkpoint_every": 10}


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes each time that encoders are loaded."""
    load, noted = pipelines.load_encoders, []

    def noting(kind: Any, source: str, **rest: Any) -> Any:
        noted.append(source)
        return load(kind, source, **rest)

    monkeypatch.setattr(pipelines, "load_encoders", noting)
    return noted


def _stopped(run: Run, payload: TrainPayload) -> None:
    def wish() -> Code | None:
        return Code.STOPPED if run.infos and run.infos[-1].step >= 10 else None

    with pytest.raises(JobFailed, match="stopped"):
        run(payload, wish=wish)


def test_a_resumed_training_needs_no_encoders(
    run: Run, training: Callable[..., TrainPayload], loads: list[str]
) -> None:
    payload = training("stopped-once", samples=1, recipe=RECIPE)
    _stopped(run, payload)
    resumed = run(payload)
    assert len(loads) == 1
    whole = run(training("never-stopped", samples=1, recipe=RECIPE))
    assert resumed.weights.sha256 == whole.weights.sha256
    assert [sample.sha256 for sample in resumed.samples] == [
        sample.sha256 for sample in whole.samples
    ]


@pytest.mark.parametrize("what", ["damaged", "other caption"])
def test_what_can_not_be_used_is_encoded_anew(
    what: str, run: Run, training: Callable[..., TrainPayload], loads: list[str]
) -> None:
    payload = training("encoded-anew", recipe=RECIPE)
    _stopped(run, payload)
    if what == "damaged":
        (run.config.work_dir / "encoded-anew" / FILE).write_bytes(b"half a file")
    else:
        payload = payload.model_copy(update={"captions": ("in a park",)})
    run(payload)
    assert len(loads) == 2
