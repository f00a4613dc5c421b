"""Trainings on tiny pipelines of both architectures: what a member gets, and what goes wrong."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from services.trainer import loras
from services.trainer.errors import JobFailed
from services.trainer.files import read_json
from services.trainer.spec import Code, TrainOutputs, TrainPayload
from services.trainer.training import Training
from tests.trainer import tiny
from tests.trainer.bucket import Bucket
from tests.trainer.conftest import Run, jpeg, portrait, worker_config, zipped

BASES = [tiny.KLEIN, tiny.FLUX1]
Payloads = Callable[..., TrainPayload]


@pytest.fixture(scope="module", params=BASES)
def trained(
    request: pytest.FixtureRequest,
    base_dir: Path,
    training: Payloads,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[TrainPayload, TrainOutputs, Run]:
    """One full training of each base, with samples half-way and at the end."""
    run = Run(worker_config(base_dir, tmp_path_factory.mktemp("work")))
    payload = training(f"trained-{BASES.index(request.param)}", samples=2, base_model=request.param)
    return payload, run(payload), run


def test_the_loss_falls(trained: tuple[TrainPayload, TrainOutputs, Run]) -> None:
    _, outputs, run = trained
    assert outputs.last_loss < 0.6 * outputs.first_loss
    assert outputs.loss_curve[0][1] > outputs.loss_curve[-1][1]
    assert outputs.loss_curve[-1][0] == outputs.steps == 100
    assert [info.step for info in run.infos] == sorted(info.step for info in run.infos)
    assert all(len(info.model_dump_json()) < 4096 for info in run.infos)
    assert {"training", "sampling", "uploading"} <= {info.stage for info in run.infos}


def test_samples_come_on_the_way_and_change(
    trained: tuple[TrainPayload, TrainOutputs, Run], bucket: Bucket
) -> None:
    payload, outputs, run = trained
    assert [(sample.index, sample.step) for sample in outputs.samples] == [(0, 50), (1, 100)]
    first, last = (bucket.picture(f"/{payload.client_job_id}/sample-{i}.jpg") for i in range(2))
    assert first.shape == (64, 64, 3)
    assert numpy.abs(first - last).mean() > 2
    assert (0,) in [info.samples for info in run.infos if info.step == 50]


def test_the_lora_loads_in_stock_diffusers(
    trained: tuple[TrainPayload, TrainOutputs, Run],
    bucket: Bucket,
    base_dir: Path,
    tmp_path: Path,
) -> None:
    payload, _, _ = trained
    (tmp_path / "lora.safetensors").write_bytes(
        bucket.objects[f"/{payload.client_job_id}/lora.safetensors"]
    )
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained(base_dir / str(payload.base_model))
    pipe.set_progress_bar_config(disable=True)
    base = _picture(pipe)
    pipe.load_lora_weights(str(tmp_path), weight_name="lora.safetensors", local_files_only=True)
    adapted = _picture(pipe)
    assert numpy.abs(adapted - base).mean() > 0.02
    assert pipe.transformer.peft_config["default_0"].lora_alpha == 16


def _picture(pipe: Any) -> Any:
    return pipe(
        prompt="photo of ohwx person",
        width=64,
        height=64,
        num_inference_steps=4,
        generator=torch.Generator().manual_seed(1),
        max_sequence_length=64,
        output_type="np",
    ).images[0]


def test_the_file_says_what_it_is_for(
    trained: tuple[TrainPayload, TrainOutputs, Run], bucket: Bucket, tmp_path: Path
) -> None:
    payload, outputs, _ = trained
    path = tmp_path / "lora.safetensors"
    path.write_bytes(bucket.objects[f"/{payload.client_job_id}/lora.safetensors"])
    metadata = loras.read_metadata(path)
    assert metadata["recipe"] == outputs.recipe
    assert metadata["recipe"]["base_model"] == payload.base_model
    other = {**metadata["base"], "architecture": "another"}
    with pytest.raises(JobFailed, match="lora_mismatch"):
        loras.require_fit(path, other)


@pytest.mark.parametrize("base", BASES)
def test_every_linear_layer_of_the_blocks_is_adapted(base: str, base_dir: Path) -> None:
    from services.trainer.architectures import architecture
    from services.trainer.bases import BASES as KNOWN
    from services.trainer.pipelines import load_transformer

    transformer = load_transformer(
        architecture(KNOWN[base].architecture),
        str(base_dir / base),
        device="cpu",
        dtype=torch.float32,
    )
    loras.add_adapter(transformer, rank=4, alpha=4, seed=0)
    names = [name for name, _ in transformer.named_modules() if name.startswith(loras.BLOCKS)]
    plain = [
        name
        for name, module in transformer.named_modules()
        if type(module) is torch.nn.Linear and "lora" not in name and "base_layer" not in name
    ]
    assert names
    assert not [name for name in plain if name.startswith(loras.BLOCKS)]
    assert all(p.dtype == torch.float32 for p in transformer.parameters() if p.requires_grad)


class Stop:
    """A wish to stop at the first check after so many steps have been trained."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: Code, after: int) -> None:
        self.steps = 0
        self._code, self._after = code, after
        run_step = Training.run_step

        def counted(training: Training) -> None:
            run_step(training)
            self.steps += 1

        monkeypatch.setattr(Training, "run_step", counted)

    def __call__(self) -> Code | None:
        return self._code if self.steps >= self._after else None


@pytest.mark.parametrize("base", BASES)
def test_a_stopped_training_goes_on_bit_by_bit(
    base: str, run: Run, training: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = {"steps": 30, "checkpoint_every": 10}
    whole = run(training("uninterrupted", base_model=base, recipe=recipe))
    stop = Stop(monkeypatch, Code.STOPPED, after=17)
    with pytest.raises(JobFailed, match="stopped"):
        run(training("interrupted", base_model=base, recipe=recipe), wish=stop)
    assert stop.steps == 17
    resumed = run(training("interrupted", base_model=base, recipe=recipe))
    assert stop.steps == 30
    assert resumed.weights.sha256 == whole.weights.sha256
    assert resumed.loss_curve == whole.loss_curve


def test_a_training_killed_between_checkpoints_repeats_only_those_steps(
    run: Run, training: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = {"steps": 30, "checkpoint_every": 10}
    whole = run(training("uninterrupted", recipe=recipe))
    stop = Stop(monkeypatch, Code.CANCELED, after=17)  # as a kill: no checkpoint is made
    with pytest.raises(JobFailed, match="canceled"):
        run(training("killed-at-17", recipe=recipe), wish=stop)
    resumed = run(training("killed-at-17", recipe=recipe))
    assert stop.steps == 17 + 20
    assert resumed.weights.sha256 == whole.weights.sha256


def test_a_damaged_checkpoint_is_passed_over(
    run: Run, training: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = {"steps": 30, "checkpoint_every": 10}
    stop = Stop(monkeypatch, Code.STOPPED, after=25)
    with pytest.raises(JobFailed):
        run(training("damaged-job", recipe=recipe), wish=stop)
    folder = run.config.work_dir / "damaged-job" / "checkpoints"
    assert sorted(path.name for path in folder.iterdir()) == ["000020.pt", "000025.pt"]
    (folder / "000025.pt").write_bytes(b"half a file")
    run(training("damaged-job", recipe=recipe))
    assert stop.steps == 25 + 10


def test_another_recipe_never_goes_on_from_a_checkpoint(
    run: Run, training: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Stop(monkeypatch, Code.STOPPED, after=15)
    with pytest.raises(JobFailed):
        run(training("two-recipes", recipe={"steps": 20}), wish=stop)
    run(training("two-recipes", recipe={"steps": 20, "learning_rate": 1e-3}))
    assert stop.steps == 15 + 20


def test_cancel_takes_effect_within_a_step(
    run: Run, training: Payloads, monkeypatch: pytest.MonkeyPatch, bucket: Bucket
) -> None:
    stop = Stop(monkeypatch, Code.CANCELED, after=3)
    with pytest.raises(JobFailed) as failed:
        run(training("canceled-job"), wish=stop)
    assert failed.value.code is Code.CANCELED
    assert stop.steps == 3
    assert "/canceled-job/lora.safetensors" not in bucket.objects


def test_a_done_job_is_not_done_again(run: Run, training: Payloads, bucket: Bucket) -> None:
    payload = training("done-twice", recipe={"steps": 5})
    first = run(payload)
    puts = len(bucket.puts)
    assert run(payload) == first
    assert len(bucket.puts) == puts


@pytest.mark.parametrize("rung", [1, 2, 5])
def test_every_way_to_save_memory_trains(run: Run, training: Payloads, rung: int) -> None:
    outputs = run(training(f"on-rung-{rung}", recipe={"steps": 40, "rank": 32}), rung=rung)
    assert outputs.last_loss < outputs.first_loss
    assert outputs.recipe["gradient_checkpointing"]
    assert outputs.recipe["fp8"] == (rung >= 2)
    assert outputs.recipe["rank"] == (16 if rung == 5 else 32)


def test_checkpointed_gradients_change_nothing(run: Run, training: Payloads) -> None:
    plain = run(training("plain-gradients", recipe={"steps": 8}))
    checkpointed = run(training("checkpointed", recipe={"steps": 8}), rung=1)
    assert checkpointed.last_loss == pytest.approx(plain.last_loss, rel=1e-5)


class BadLoss:
    """Makes the loss NaN in the chosen calls; counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, calls: Callable[[int], bool]) -> None:
        self.count = 0
        loss = Training.loss

        def faulty(training: Training, draw: Any) -> Any:
            value = loss(training, draw)
            if not torch.is_grad_enabled():  # measured, not learned from
                return value
            self.count += 1
            return value * math.nan if calls(self.count) else value

        monkeypatch.setattr(Training, "loss", faulty)


def test_a_step_that_is_not_finite_is_skipped(
    run: Run, training: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    BadLoss(monkeypatch, lambda count: count in {4, 9})
    outputs = run(training("two-bad-steps", recipe={"steps": 40}))
    assert outputs.last_loss < outputs.first_loss
    assert outputs.recipe["rate_factor"] == 1.0
    assert outputs.warnings == ()


def test_three_in_a_row_go_back_at_half_the_rate(
    run: Run, training: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = BadLoss(monkeypatch, lambda count: 14 <= count <= 16)
    outputs = run(training("three-bad-steps", recipe={"steps": 40, "checkpoint_every": 10}))
    assert bad.count == 40 + 10  # the ten from the checkpoint on were done again
    assert outputs.recipe["rate_factor"] == 0.5
    assert "went back" in outputs.warnings[0]
    assert outputs.last_loss < outputs.first_loss


def test_a_second_time_it_has_diverged(
    run: Run, training: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    BadLoss(monkeypatch, lambda count: count >= 12)
    with pytest.raises(JobFailed) as failed:
        run(training("diverging-job", recipe={"steps": 60, "checkpoint_every": 10}))
    assert failed.value.code is Code.DIVERGED
    assert not failed.value.failure.retryable


def test_samples_are_not_made_again_after_a_restart(
    run: Run, training: Payloads, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Stop(monkeypatch, Code.STOPPED, after=25)
    payload = training("sampled-once", samples=2, recipe={"steps": 40, "checkpoint_every": 20})
    with pytest.raises(JobFailed):
        run(payload, wish=stop)
    outputs = run(payload)
    assert [sample.step for sample in outputs.samples] == [20, 40]
    assert bucket.puts.count("/sampled-once/sample-0.jpg") == 1


def test_a_corrupt_photo_is_left_out(run: Run, training: Payloads, bucket: Bucket) -> None:
    payload = training("one-corrupt", recipe={"steps": 5, "min_photos": 2})
    whole = jpeg(portrait())
    files = [("a.jpg", whole), ("b.jpg", whole[: len(whole) // 2]), ("c.jpg", whole)]
    bucket.objects["/one-corrupt/dataset.zip"] = zipped(files)
    outputs = run(payload)
    assert outputs.photos == 2
    assert outputs.warnings[0].startswith("b.jpg was left out")


def test_too_few_photos_are_refused(run: Run, training: Payloads) -> None:
    with pytest.raises(JobFailed) as failed:
        run(training("too-few-photos", recipe={"min_photos": 4}))
    assert failed.value.code is Code.DATASET_INVALID
    assert "Only 3 photos" in str(failed.value)


def test_weights_that_can_t_be_put_fail_at_the_end_only(
    run: Run, training: Payloads, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Stop(monkeypatch, Code.STOPPED, after=10**9)
    payload = training("expired-url", recipe={"steps": 12})
    bucket.failures["/expired-url/lora.safetensors"] = [403]
    with pytest.raises(JobFailed) as failed:
        run(payload)
    assert failed.value.failure.retryable
    run(payload)  # with a new URL
    assert stop.steps == 12


def test_face_weights_move_the_training(run: Run, training: Payloads) -> None:
    faces = run(training("with-face-boxes", recipe={"steps": 5}))
    none = run(training("without-face-boxes", recipe={"steps": 5}, face_boxes=[]))
    assert faces.weights.sha256 != none.weights.sha256


def test_no_photo_is_left_in_the_record(run: Run, training: Payloads) -> None:
    run(training("manifest-job", recipe={"steps": 5}))
    manifest = read_json(run.config.work_dir / "manifest-job" / "manifest.json")
    assert manifest["kind"] == "train"
    assert "http" not in str(manifest)


@pytest.fixture(autouse=True)
def _same_result_everywhere() -> Iterator[None]:
    """Bits are compared on the CPU, with deterministic kernels."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)
