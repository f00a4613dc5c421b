"""What the app chooses from: the LoRAs of the last rounds, portraits at angles, an honest loss."""

from collections.abc import Callable

import pytest

from services.trainer import bands, loras
from services.trainer.captions import SAMPLE_SCENES
from services.trainer.errors import JobFailed
from services.trainer.recipe import Recipe
from services.trainer.spec import Code, TrainOutputs, TrainPayload
from tests.trainer.bucket import Bucket
from tests.trainer.conftest import Run

RECIPE = {"steps": 12, "checkpoint_every": 100, "ema_decay": 0.5}
Payloads = Callable[..., TrainPayload]


def _payload(training: Payloads, bucket: Bucket, job: str, *, kept: int = 2) -> TrainPayload:
    """Four rounds of one sample each, of which so many before the last are kept."""
    urls = [bucket.url(f"/{job}/round-{i}.safetensors") for i in range(kept)]
    return training(job, samples=4, recipe=RECIPE, checkpoint_put_urls=urls)


def _steps(outputs: TrainOutputs) -> list[tuple[int, int | None]]:
    return [(file.index, file.step) for file in outputs.checkpoints]


def test_a_round_has_three_portraits_one_half_body_and_one_without_the_trigger() -> None:
    scenes = SAMPLE_SCENES[: Recipe().samples_per_round]
    assert [scene.portrait for scene in scenes] == [True, True, True, False, False]
    assert [scene.person for scene in scenes] == [True, True, True, True, False]
    assert Recipe().sample_size == 768


def test_the_loras_of_the_last_rounds_arrive(
    run: Run, training: Payloads, bucket: Bucket, tmp_path: object
) -> None:
    outputs = run(_payload(training, bucket, "kept-rounds"))
    assert _steps(outputs) == [(0, 6), (1, 9)]
    assert all(sample.portrait for sample in outputs.samples)
    files = [bucket.objects[f"/kept-rounds/round-{i}.safetensors"] for i in range(2)]
    files.append(bucket.objects["/kept-rounds/lora.safetensors"])
    assert len(set(files)) == 3
    path = run.config.work_dir / "round.safetensors"
    path.write_bytes(files[0])
    assert loras.read_metadata(path)["recipe"]["step"] == 6
    assert not list((run.config.work_dir / "kept-rounds").glob("round-*"))


def test_a_round_that_can_t_be_put_fails_nothing(
    run: Run, training: Payloads, bucket: Bucket
) -> None:
    bucket.failures["/one-not-kept/round-0.safetensors"] = [403]
    outputs = run(_payload(training, bucket, "one-not-kept"))
    assert _steps(outputs) == [(1, 9)]
    assert "Round 0 was not kept" in outputs.warnings[0]


def test_rounds_are_put_once_and_bands_measured_once_over_a_restart(
    run: Run, training: Payloads, bucket: Bucket
) -> None:
    payload = _payload(training, bucket, "kept-once", kept=3)

    def wish() -> Code | None:
        return Code.STOPPED if run.infos and run.infos[-1].step >= 9 else None

    with pytest.raises(JobFailed, match="stopped"):
        run(payload, wish=wish)
    outputs = run(payload)
    assert _steps(outputs) == [(0, 3), (1, 6), (2, 9)]
    assert bucket.puts.count("/kept-once/round-0.safetensors") == 1
    assert [band[0] for band in outputs.bands] == [0, 12]


def test_the_bands_are_of_the_same_noise_and_fall(run: Run, training: Payloads) -> None:
    outputs = run(training("bands-job", recipe={"steps": 50}))
    first, last = outputs.bands
    assert all(end < begin for begin, end in zip(first[1:], last[1:], strict=True))
    again = run(training("bands-again", recipe={"steps": 50}))
    assert again.bands == outputs.bands
    assert [len(bands.steps(total)) for total in (5, 1200, 3000)] == [2, 13, 13]
    assert run.infos[-1].bands == again.bands
