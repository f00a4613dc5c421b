"""What a worker may run on: a table of refusals, and the real program without a GPU."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from services.trainer import device, hardware
from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed
from services.trainer.hardware import Hardware
from services.trainer.spec import Code

CARD = Hardware(
    device="cuda",
    torch="2.15.0+cu130",
    cuda="13.0",
    driver="580.65.06",
    gpu="NVIDIA GeForce RTX 4090",
    memory_bytes=24 * 2**30,
    compute=(8, 9),
)
NO_GPU = dataclasses.replace(CARD, device="cpu", gpu=None, memory_bytes=None, compute=None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"torch": None, "cuda": None}, "not installed"),
        ({"torch": "2.15.0+cpu", "cuda": None}, "built without CUDA"),
        ({"driver": None}, "--gpus all"),
        ({"driver": "550.54.14"}, "driver 550.54.14 is too old for CUDA 13.0: install 580"),
        ({"driver": "570.1", "cuda": "12.8"}, "finds no GPU, though"),
        ({}, "finds no GPU, though there is an NVIDIA driver 580.65.06"),
    ],
)
def test_no_gpu_is_refused_with_what_to_do(change: dict[str, str | None], reason: str) -> None:
    found = dataclasses.replace(NO_GPU, **change)  # type: ignore[arg-type]
    refusal = hardware.refusal(found, WorkerConfig())
    assert refusal
    assert reason in refusal
    assert "TRAINER_DEVICE=cpu" in refusal
    assert hardware.refusal(found, WorkerConfig(device="cpu")) is None


def test_a_card_is_taken_by_what_it_computes() -> None:
    assert hardware.refusal(CARD, WorkerConfig()) is None
    old = dataclasses.replace(CARD, gpu="NVIDIA GeForce RTX 2080 Ti", compute=(7, 5))
    refusal = hardware.refusal(old, WorkerConfig())
    assert refusal
    assert "RTX 2080 Ti does not compute in bfloat16" in refusal
    assert hardware.refusal(old, WorkerConfig(dtype="float32")) is None


def test_a_card_is_named_with_all_that_a_report_needs() -> None:
    assert str(CARD) == "NVIDIA GeForce RTX 4090 (24 GiB, driver 580.65.06, CUDA 13.0)"
    assert hardware.from_json(dataclasses.asdict(CARD)) == CARD


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_the_program_does_not_start_without_a_gpu(tmp_path: Path) -> None:
    environment = {key: os.environ[key] for key in os.environ if not key.startswith("TRAINER_")}
    answer = subprocess.run(
        [sys.executable, "-m", "services.trainer", "serve", "--work-dir", str(tmp_path / "work")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=100,
    )
    assert answer.returncode == 1
    assert "set TRAINER_DEVICE=cpu" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_went_away_is_no_reason_to_use_the_cpu() -> None:
    with pytest.raises(JobFailed) as failed:
        device.device_of(WorkerConfig())
    assert failed.value.code is Code.NO_GPU
    assert failed.value.failure.retryable
