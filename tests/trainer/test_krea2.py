"""Krea 2, tiny: trained on Raw, made by Turbo, behind its licence; see also test_real.py."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from diffusers import DiffusionPipeline

from services.trainer.architectures import architecture
from services.trainer.errors import JobFailed
from services.trainer.placement import sizes_of
from services.trainer.rules import shift
from services.trainer.spec import Code, GeneratePayload, Recipe, TrainPayload
from tests.trainer import tiny
from tests.trainer.bucket import Bucket
from tests.trainer.conftest import Run

RECIPE = {"steps": 60, "extra_targets": ["img_in", "final_layer.linear"], "sample_guidance": 3.0}
KIND = architecture("krea2")


@pytest.fixture
def licensed(run: Run) -> Run:
    """A worker whose operator holds the licence."""
    run.config = dataclasses.replace(run.config, accepted_licences=frozenset({tiny.KREA2}))
    return run


@pytest.fixture(scope="module")
def pipe() -> Iterator[Any]:
    with torch.no_grad():
        yield tiny.krea2()


def test_it_is_behind_its_licence(run: Run, training: Callable[..., TrainPayload]) -> None:
    with pytest.raises(JobFailed) as failed:
        run(training("krea-unlicensed", base_model=tiny.KREA2))
    assert failed.value.code is Code.LICENCE_REQUIRED
    assert "Krea 2 Community License" in str(failed.value)


def test_raw_learns_and_turbo_shows_it(
    licensed: Run,
    training: Callable[..., TrainPayload],
    generation: Callable[..., GeneratePayload],
    bucket: Bucket,
    base_dir: Path,
    tmp_path: Path,
) -> None:
    outputs = licensed(training("krea-job", samples=2, base_model=tiny.KREA2, recipe=RECIPE))
    assert outputs.last_loss < 0.7 * outputs.first_loss
    assert [sample.step for sample in outputs.samples] == [30, 60]
    lora = {"lora_url": bucket.url("/krea-job/lora.safetensors")}
    for profile, guidance in (("fast", 1.0), ("quality", 4.5)):
        made = {"base_model": tiny.KREA2, "profile": profile, "negative_prompt": "blurred"}
        plain, adapted = (
            licensed(generation(f"krea-{profile}-{name}", **made, **more))
            for name, more in (("plain", {}), ("adapted", lora))
        )
        assert adapted.recipe["guidance_scale"] == guidance
        assert bool(plain.warnings) == (profile == "fast")  # it takes no negative prompt
        one, other = (bucket.picture(f"/krea-{profile}-{n}/0") for n in ("plain", "adapted"))
        assert numpy.abs(one.astype(float) - other).mean() > 1
    (tmp_path / "lora.safetensors").write_bytes(bucket.objects["/krea-job/lora.safetensors"])
    stock = DiffusionPipeline.from_pretrained(base_dir / tiny.KREA2)
    stock.load_lora_weights(str(tmp_path), weight_name="lora.safetensors", local_files_only=True)
    assert len(stock.transformer.peft_config["default_0"].target_modules) == 2 * 8 + 2


def test_padding_that_nothing_attends_to_is_left_out(pipe: Any) -> None:
    """With it a prompt has 31 MB at 512 tokens, and the attention of each step a mask."""
    noise = torch.randn(1, 16, 16, generator=torch.Generator().manual_seed(0))
    pixels = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    latents, sigma = KIND.encode_pixels(pipe, pixels), torch.tensor([0.7])
    prompt = KIND.encode_prompt(pipe, "photo of ohwx person", 64)
    embeds, mask = pipe.encode_prompt("photo of ohwx person", max_sequence_length=64)
    assert prompt.embeds.shape[1] == int(mask.sum()) < embeds.shape[1]
    whole = pipe.transformer(
        hidden_states=noise,
        timestep=sigma,
        encoder_hidden_states=embeds,
        position_ids=pipe.prepare_position_ids(64, *latents.grid, "cpu"),
        encoder_attention_mask=mask,
    ).sample
    ours = KIND.predict(pipe.transformer, noise, sigma, latents, prompt)
    assert torch.allclose(ours, whole, atol=1e-6)


def test_latents_are_what_the_pipeline_decodes(pipe: Any) -> None:
    """The pipeline's own way back undoes mean and deviation of each channel."""
    pixels = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    latents = KIND.encode_pixels(pipe, pixels)
    assert latents.grid == (4, 6)
    values = pipe._unpack_latents(latents.packed, 64, 96)
    config = pipe.vae.config
    mean, deviation = (
        torch.tensor(numbers).view(1, -1, 1, 1, 1)
        for numbers in (config.latents_mean, config.latents_std)
    )
    wanted = pipe.vae.encode(pixels.unsqueeze(2)).latent_dist.mode()
    assert torch.allclose(values * deviation + mean, wanted, atol=1e-5)


def test_its_shift_ends_at_a_larger_picture(base_dir: Path) -> None:
    recipe = Recipe()
    assert shift(6400, recipe, KIND.shift_tokens) == pytest.approx(1.15)
    assert shift(4096, recipe, KIND.shift_tokens) < shift(4096, recipe) == pytest.approx(1.15)
    sizes = sizes_of(base_dir / tiny.KREA2)
    assert sizes
    assert (sizes.blocks, sizes.width) == (2, 64)
