"""Images from tiny pipelines: seeds, LoRAs, profiles, and what goes wrong."""

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image

from services.trainer import device, generate, lora_cache, pipelines
from services.trainer.errors import JobFailed
from services.trainer.placement import PLACEMENTS, Placement
from services.trainer.sampling import make_images
from services.trainer.spec import Code, GeneratePayload, TrainPayload
from tests.trainer import tiny
from tests.trainer.bucket import Bucket
from tests.trainer.conftest import Run, worker_config

Payloads = Callable[..., GeneratePayload]


@pytest.fixture(scope="module")
def lora(
    base_dir: Path,
    bucket: Bucket,
    training: Callable[..., TrainPayload],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """The URL of a LoRA for each base."""
    run = Run(worker_config(base_dir, tmp_path_factory.mktemp("work")))
    for base in (tiny.KLEIN, tiny.FLUX1):
        run(training(f"lora-of-{base[:6].replace('.', '-')}", base_model=base))
    return {
        base: bucket.url(f"/lora-of-{base[:6].replace('.', '-')}/lora.safetensors")
        for base in (tiny.KLEIN, tiny.FLUX1)
    }


@pytest.mark.parametrize("base", [tiny.KLEIN, tiny.FLUX1])
def test_a_lora_changes_the_picture_by_its_scale(
    base: str, run: Run, generation: Payloads, lora: dict[str, str], bucket: Bucket
) -> None:
    run(generation("plain-image", base_model=base))
    for job, scale in {"scale-none": 0.0, "scale-half": 0.5, "scale-full": 1.0}.items():
        run(generation(job, base_model=base, lora_url=lora[base], lora_scale=scale))
    run(generation("plain-again", base_model=base))
    plain = bucket.picture("/plain-image/0")
    distance = {
        job: numpy.abs(bucket.picture(f"/{job}/0") - plain).mean()
        for job in ("scale-none", "scale-half", "scale-full", "plain-again")
    }
    assert distance["plain-again"] == 0
    assert distance["scale-none"] < 0.5
    assert 2 < distance["scale-half"] < distance["scale-full"]


def test_the_base_stays_loaded_and_loras_are_swapped(
    run: Run, generation: Payloads, lora: dict[str, str], bucket: Bucket
) -> None:
    bases = []
    for number in range(generate.MAX_ADAPTERS + 2):
        name = f"lora-number-{number}"
        run(generation(name, lora_url=lora[tiny.KLEIN], lora_id=f"lora {number}"))
        bases.append(run.warm["base"])
    base = bases[0]
    assert all(known is base for known in bases)
    assert len(base.adapters) == generate.MAX_ADAPTERS
    run(generation("lora-again", lora_url=bucket.url("/gone"), lora_id="lora 5"))
    first, again = (bucket.objects[f"/{job}/0"] for job in ("lora-number-0", "lora-again"))
    assert first == again


def test_a_seed_is_a_picture(run: Run, generation: Payloads, bucket: Bucket) -> None:
    outputs = run(generation("three-seeds", seeds=(1, 2, 1)))
    images = [bucket.objects[f"/three-seeds/{index}"] for index in range(3)]
    assert images[0] == images[2] != images[1]
    assert [image.seed for image in outputs.images] == [1, 2, 1]
    assert outputs.recipe["prompt"] == "photo of ohwx person, in a park"
    done = [info.done_images for info in run.infos]
    assert (0,) in done
    assert (0, 1) in done


@pytest.mark.parametrize("batch", [2, 3])
def test_a_batch_makes_the_same_pictures(
    batch: int, run: Run, generation: Payloads, bucket: Bucket
) -> None:
    run(generation("one-by-one", seeds=(5, 6, 7)))
    run.warm["base"].batch = batch
    run(generation("in-batches", seeds=(5, 6, 7)))
    for index in range(3):
        alone, together = (
            bucket.picture(f"/{job}/{index}") for job in ("one-by-one", "in-batches")
        )
        assert numpy.abs(alone - together).max() <= 1


@pytest.mark.parametrize(("profile", "steps", "guidance"), [("fast", 4, 1.0), ("quality", 28, 4.0)])
def test_a_profile_brings_its_steps(
    profile: str, steps: int, guidance: float, run: Run, generation: Payloads
) -> None:
    outputs = run(generation("profile-job", profile=profile, steps=None))
    assert (outputs.recipe["steps"], outputs.recipe["guidance_scale"]) == (steps, guidance)
    assert run.infos[-1].total_steps == steps


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_picture_comes_in_the_format_asked_for(
    kind: str, run: Run, generation: Payloads, bucket: Bucket
) -> None:
    outputs = run(generation("format-job", output_format=kind, width=96, height=64))
    image = Image.open(io.BytesIO(bucket.objects["/format-job/0"]))
    assert (image.format, image.size) == (kind.upper(), (96, 64))
    assert outputs.images[0].content_type == bucket.types["/format-job/0"] == f"image/{kind}"


def test_a_negative_prompt_counts_only_with_guidance(
    run: Run, generation: Payloads, bucket: Bucket
) -> None:
    for job, negative in {"without-negative": None, "with-negative": "rain"}.items():
        run(generation(job, negative_prompt=negative))
    assert bucket.objects["/without-negative/0"] != bucket.objects["/with-negative/0"]
    outputs = run(generation("fast-negative", negative_prompt="rain", profile="fast"))
    assert "takes no negative prompt" in outputs.warnings[0]


def test_a_lora_of_another_architecture_is_refused(
    run: Run, generation: Payloads, lora: dict[str, str]
) -> None:
    with pytest.raises(JobFailed) as failed:
        run(generation("mismatched", lora_url=lora[tiny.FLUX1]))
    assert failed.value.code is Code.LORA_MISMATCH
    assert not failed.value.failure.retryable


def test_a_strange_file_is_no_lora(run: Run, generation: Payloads, bucket: Bucket) -> None:
    bucket.objects["/strange.safetensors"] = b"not safetensors at all"
    with pytest.raises(JobFailed) as failed:
        run(generation("strange-lora", lora_url=bucket.url("/strange.safetensors")))
    assert failed.value.code is Code.LORA_INVALID
    assert not list((run.config.work_dir / "loras").iterdir())


def test_cached_loras_are_forgotten_in_time(
    run: Run, generation: Payloads, lora: dict[str, str]
) -> None:
    run(generation("cached-lora", lora_url=lora[tiny.KLEIN]))
    folder = run.config.work_dir / "loras"
    assert len(list(folder.iterdir())) == 1
    lora_cache.prune(dataclasses.replace(run.config, lora_cache_hours=0), folder)
    assert not list(folder.iterdir())


def test_cancel_takes_effect_within_a_step(run: Run, generation: Payloads, bucket: Bucket) -> None:
    def wish() -> Code | None:
        return Code.CANCELED if run.infos and run.infos[-1].step >= 2 else None

    with pytest.raises(JobFailed, match="canceled"):
        run(generation("canceled-image", steps=50), wish=wish)
    assert run.infos[-1].step <= 3
    assert "/canceled-image/0" not in bucket.objects


def test_a_repeated_job_makes_only_what_is_missing(
    run: Run, generation: Payloads, bucket: Bucket
) -> None:
    bucket.failures["/half-done/1"] = [403]
    with pytest.raises(JobFailed) as failed:
        run(generation("half-done", seeds=(1, 2)))
    assert failed.value.failure.retryable
    outputs = run(generation("half-done", seeds=(1, 2)))
    assert [image.index for image in outputs.images] == [0, 1]
    assert bucket.puts.count("/half-done/0") == 1


def test_a_busy_storage_is_asked_again(run: Run, generation: Payloads, bucket: Bucket) -> None:
    bucket.failures["/busy-storage/0"] = [503]
    run(generation("busy-storage"))
    assert bucket.puts.count("/busy-storage/0") == 1


def test_short_memory_makes_images_one_by_one(
    run: Run, generation: Payloads, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*arguments: Any, seeds: tuple[int, ...], **rest: Any) -> Any:
        if len(seeds) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return make_images(*arguments, seeds=seeds, **rest)

    monkeypatch.setattr(generate, "make_images", short)
    run(generation("warm-up-job"))
    run.warm["base"].batch = 4
    outputs = run(generation("short-memory", seeds=(1, 2)))
    assert len(outputs.images) == 2
    assert "more slowly" in outputs.warnings[0]


def test_memory_that_is_short_while_loading_comes_to_the_ladder(
    run: Run,
    generation: Payloads,
    lora: dict[str, str],
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last placement, 8 bits in every part, still makes the picture of the same LoRA."""
    run(generation("in-16-bits", lora_url=lora[tiny.KLEIN]))
    run.warm.clear()
    load, tried = pipelines.load_pipeline, []

    def large(*arguments: Any, placement: Placement, **rest: Any) -> Any:
        tried.append(placement)
        if not placement.encoders_fp8:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return load(*arguments, placement=placement, **rest)

    monkeypatch.setattr(pipelines, "load_pipeline", large)
    outputs = run(generation("only-8-bits", lora_url=lora[tiny.KLEIN]))
    assert tried == list(PLACEMENTS[: len(tried)])
    assert "more slowly" in outputs.warnings[0]
    pipe = run.warm["base"].pipe
    adapter = [w.dtype for n, w in pipe.transformer.named_parameters() if "lora_" in n]
    assert torch.float8_e4m3fn not in adapter
    stored = {weight.dtype for weight in pipe.transformer.parameters()}
    assert torch.float8_e4m3fn in stored
    assert torch.float8_e4m3fn in {weight.dtype for weight in pipe.text_encoder.parameters()}
    run(generation("without-lora"))
    full, small, none = (
        bucket.picture(f"/{job}/0") for job in ("in-16-bits", "only-8-bits", "without-lora")
    )
    assert numpy.abs(full - small).mean() < 0.5 * numpy.abs(full - none).mean()


def test_a_base_that_can_not_fit_is_refused_before_it_is_loaded(
    run: Run, generation: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "free_bytes", lambda _device: 2**20)
    with pytest.raises(JobFailed, match=r"oom: An image on this base needs about 0\.9 GiB"):
        run(generation("too-small-gpu"))
    assert "base" not in run.warm


def test_parts_that_two_bases_share_are_loaded_once(run: Run, generation: Payloads) -> None:
    run(generation("quality-first"))
    first = run.warm["base"].pipe
    run(generation("fast-second", profile="fast"))
    second = run.warm["base"].pipe
    assert second.transformer is not first.transformer
    assert second.text_encoder is first.text_encoder
    assert second.vae is first.vae
    run(generation("other-second", base_model=tiny.FLUX1))
    assert run.warm["base"].pipe.vae is not first.vae


def test_no_memory_at_all_is_said(
    run: Run, generation: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(generate, "make_images", none)
    with pytest.raises(torch.OutOfMemoryError):
        run(generation("no-memory-job"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"base_model": "FLUX.9"}, Code.BASE_MISSING),
        ({"base_model": "FLUX.2-klein-base-9B"}, Code.LICENCE_REQUIRED),
    ],
)
def test_a_base_that_can_t_be_used_is_named(
    change: dict[str, str], code: Code, run: Run, generation: Payloads
) -> None:
    with pytest.raises(JobFailed) as failed:
        run(generation("unusable-base", **change))
    assert failed.value.code is code
    assert change["base_model"] in str(failed.value)


def test_missing_weights_are_named(run: Run, generation: Payloads, tmp_path: Path) -> None:
    run.config = dataclasses.replace(run.config, base_dir=tmp_path)
    with pytest.raises(JobFailed, match="base_missing: The weights of black-forest-labs"):
        run(generation("missing-weights"))
