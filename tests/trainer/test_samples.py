"""Samples on the way: made together where memory allows, and never the end of a training."""

from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch

from services.trainer import device, samples
from services.trainer.sampling import make_images
from services.trainer.spec import TrainPayload
from tests.trainer import tiny
from tests.trainer.bucket import Bucket
from tests.trainer.conftest import Run

BASES = [tiny.KLEIN, tiny.FLUX1]
Payloads = Callable[..., TrainPayload]


def test_a_sample_that_can_t_be_made_fails_nothing(
    run: Run, training: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(samples, "make_images", too_large)
    outputs = run(training("without-samples", samples=1, recipe={"steps": 5}))
    assert outputs.samples == ()
    assert "Sample 0 was left out" in outputs.warnings[0]


def test_a_sample_that_can_t_be_put_fails_nothing(
    run: Run, training: Payloads, bucket: Bucket
) -> None:
    bucket.failures["/one-refused/sample-0.jpg"] = [403]
    outputs = run(training("one-refused", samples=2, recipe={"steps": 6}))
    assert [sample.index for sample in outputs.samples] == [1]
    assert "Sample 0 was left out" in outputs.warnings[0]


@pytest.mark.parametrize("base", BASES)
def test_samples_of_a_round_are_made_together_where_memory_allows(
    base: str, run: Run, training: Payloads, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def at_most_two(*arguments: Any, seeds: tuple[int, ...], **rest: Any) -> Any:
        sizes.append(len(seeds))
        if len(seeds) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return make_images(*arguments, seeds=seeds, **rest)

    recipe = {"steps": 3, "samples_per_round": 4}
    run(training("one-by-one-round", samples=4, recipe=recipe, base_model=base))
    monkeypatch.setattr(samples, "make_images", at_most_two)
    for batch, name in ((2, "round-of-two"), (4, "round-of-four")):
        monkeypatch.setattr(device, "batch_of", lambda _device, batch=batch: batch)
        outputs = run(training(name, samples=4, recipe=recipe, base_model=base))
        assert [sample.index for sample in outputs.samples] == [0, 1, 2, 3]
    assert sizes == [2, 2, 4, 1, 1, 1, 1]
    for index in range(4):
        path = f"sample-{index}.jpg"
        alone = bucket.picture(f"/one-by-one-round/{path}")
        assert numpy.abs(bucket.picture(f"/round-of-two/{path}") - alone).mean() < 1
