"""Compiled images: the same pictures, and another LoRA or scale compiles nothing anew."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from torch._dynamo.testing import CompileCounter

from services.trainer import compiled
from services.trainer.spec import GeneratePayload, TrainPayload
from tests.trainer.bucket import Bucket
from tests.trainer.conftest import Run


def test_loras_are_swapped_without_compiling_anew(
    run: Run,
    training: Callable[..., TrainPayload],
    generation: Callable[..., GeneratePayload],
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counter = CompileCounter()
    monkeypatch.setattr(compiled, "BACKEND", counter)
    for rank in (8, 4):
        recipe = {"steps": 30, "rank": rank, "alpha": rank}
        run(training(f"lora-of-rank-{rank}", recipe=recipe))
    small, large = (bucket.url(f"/lora-of-rank-{rank}/lora.safetensors") for rank in (4, 8))
    jobs: dict[str, dict[str, Any]] = {
        "first-plain": {},
        "large-lora": {"lora_url": large},
        "small-lora": {"lora_url": small},
        "half-scale": {"lora_url": small, "lora_scale": 0.5},
        "plain-again": {},
        "large-again": {"lora_url": large},
    }
    for job, changes in jobs.items():
        run(generation(f"{job}-as-is", **changes))
    run.config = dataclasses.replace(run.config, compile=True)
    run.warm.clear()
    frames: list[int] = []
    for job, changes in jobs.items():
        run(generation(f"{job}-compiled", **changes))
        frames.append(counter.frame_count)
    assert frames[0] == 0
    assert frames[1] > 0
    assert frames[1:] == frames[1:2] * 5
    for job in jobs:
        one, other = (bucket.picture(f"/{job}-{how}/0") for how in ("as-is", "compiled"))
        assert numpy.abs(one.astype(float) - other).max() <= 1, job
    assert (
        numpy.abs(
            bucket.picture("/large-lora-compiled/0") - bucket.picture("/plain-again-compiled/0")
        ).mean()
        > 1
    )

    # A larger LoRA than the place holds makes it grow, once.
    monkeypatch.setattr(compiled, "RANK", 4)
    run.warm.clear()
    for job, url in (("grown-from-small", small), ("grown-to-large", large)):
        run(generation(job, lora_url=url))
    grown, known = (bucket.picture(f"/{job}/0") for job in ("grown-to-large", "large-lora-as-is"))
    assert numpy.abs(grown.astype(float) - known).max() <= 1
