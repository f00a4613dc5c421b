"""What differs between FLUX.2 klein, FLUX.1 and Krea 2: encoding, and what the calls take.

Latents are kept packed, (1, tokens, channels): one token is 16 x 16 pixels in all. The loss and
the noise do not care about the layout, so that no training step has to pack or unpack.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

import torch
from diffusers import Flux2KleinPipeline, FluxPipeline
from torch import Tensor

from services.trainer.errors import JobFailed
from services.trainer.spec import Code


@dataclass(frozen=True, slots=True)
class Prompt:
    """An encoded prompt: embeds (1, length, width), position ids, pooled (1, width) or None."""

    embeds: Tensor
    ids: Tensor
    pooled: Tensor | None = None

    def to(self, device: Any) -> "Prompt":
        """The same on another device."""
        pooled = None if self.pooled is None else self.pooled.to(device)
        return replace(self, embeds=self.embeds.to(device), ids=self.ids.to(device), pooled=pooled)


@dataclass(frozen=True, slots=True)
class Latents:
    """An encoded picture: packed (1, tokens, channels), position ids, grid (rows, columns)."""

    packed: Tensor
    ids: Tensor
    grid: tuple[int, int]


class Architecture(Protocol):
    """One family of models; methods take the diffusers pipeline, or its transformer.

    pipeline: its class. shift_tokens: where the scheduler's shift ends, see `rules.shift`.
    """

    name: str
    takes_images: bool
    shift_tokens: int

    @property
    def pipeline(self) -> Any: ...  # noqa: D102

    def encode_prompt(self, pipe: Any, text: str, max_length: int) -> Prompt: ...  # noqa: D102

    def encode_pixels(self, pipe: Any, pixels: Tensor) -> Latents: ...  # noqa: D102

    def predict(  # noqa: D102
        self, transformer: Any, noisy: Tensor, sigma: Tensor, latents: Latents, prompt: Prompt
    ) -> Tensor: ...

    def call(  # noqa: D102
        self, prompts: Sequence[Prompt], negative: Prompt | None, guidance_scale: float
    ) -> dict[str, Any]: ...


class Flux2Klein:
    """FLUX.2 klein: Qwen3 embeddings, patchified batch-normed latents, no guidance embedding."""

    name = "flux2-klein"
    pipeline = Flux2KleinPipeline
    takes_images = True
    shift_tokens = 4096

    def encode_prompt(self, pipe: Any, text: str, max_length: int) -> Prompt:
        """The pipeline's own encoding."""
        embeds, ids = pipe.encode_prompt(text, max_sequence_length=max_length)
        return Prompt(embeds=embeds, ids=ids)

    def encode_pixels(self, pipe: Any, pixels: Tensor) -> Latents:
        """Pixels (1, 3, height, width) in -1..1; the mode of the posterior, no noise."""
        norm = pipe.vae.bn
        patches = pipe._patchify_latents(pipe.vae.encode(pixels).latent_dist.mode())
        mean = norm.running_mean.view(1, -1, 1, 1).to(patches)
        deviation = torch.sqrt(norm.running_var + pipe.vae.config.batch_norm_eps)
        patches = (patches - mean) / deviation.view(1, -1, 1, 1).to(patches)
        ids = pipe._prepare_latent_ids(patches).to(pixels.device)
        return Latents(pipe._pack_latents(patches), ids, tuple(patches.shape[-2:]))

    def predict(
        self, transformer: Any, noisy: Tensor, sigma: Tensor, latents: Latents, prompt: Prompt
    ) -> Tensor:
        """The velocity, of the shape of noisy (1, tokens, channels); sigma (1,) in 0..1."""
        velocity: Tensor = transformer(
            hidden_states=noisy,
            timestep=sigma,
            guidance=None,
            encoder_hidden_states=prompt.embeds,
            txt_ids=prompt.ids,
            img_ids=latents.ids,
            return_dict=False,
        )[0]
        return velocity

    def call(
        self, prompts: Sequence[Prompt], negative: Prompt | None, guidance_scale: float
    ) -> dict[str, Any]:
        """The pipeline's arguments for one image of each prompt."""
        arguments = {
            "prompt_embeds": torch.cat([prompt.embeds for prompt in prompts]),
            "guidance_scale": guidance_scale,
        }
        if negative is not None and guidance_scale > 1:
            arguments["negative_prompt_embeds"] = negative.embeds.expand(len(prompts), -1, -1)
        return arguments


class Flux1:
    """FLUX.1: CLIP and T5 embeddings, shifted and scaled latents, guidance 1.0 in training."""

    name = "flux1"
    pipeline = FluxPipeline
    takes_images = False
    shift_tokens = 4096

    def encode_prompt(self, pipe: Any, text: str, max_length: int) -> Prompt:
        """The pipeline's own encoding."""
        embeds, pooled, ids = pipe.encode_prompt(text, text, max_sequence_length=max_length)
        return Prompt(embeds=embeds, ids=ids, pooled=pooled)

    def encode_pixels(self, pipe: Any, pixels: Tensor) -> Latents:
        """Pixels (1, 3, height, width) in -1..1; the mode of the posterior, no noise."""
        vae = pipe.vae
        values = vae.encode(pixels).latent_dist.mode()
        values = (values - vae.config.shift_factor) * vae.config.scaling_factor
        _, channels, height, width = values.shape
        rows, columns = height // 2, width // 2
        ids = pipe._prepare_latent_image_ids(1, rows, columns, values.device, values.dtype)
        return Latents(pipe._pack_latents(values, 1, channels, height, width), ids, (rows, columns))

    def predict(
        self, transformer: Any, noisy: Tensor, sigma: Tensor, latents: Latents, prompt: Prompt
    ) -> Tensor:
        """The velocity, of the shape of noisy (1, tokens, channels); sigma (1,) in 0..1."""
        guided = transformer.config.guidance_embeds
        velocity: Tensor = transformer(
            hidden_states=noisy,
            timestep=sigma,
            guidance=torch.ones_like(sigma, dtype=torch.float32) if guided else None,
            pooled_projections=prompt.pooled,
            encoder_hidden_states=prompt.embeds,
            txt_ids=prompt.ids,
            img_ids=latents.ids,
            return_dict=False,
        )[0]
        return velocity

    def call(
        self,
        prompts: Sequence[Prompt],
        negative: Prompt | None,  # noqa: ARG002 - guidance is embedded: there is no second pass
        guidance_scale: float,
    ) -> dict[str, Any]:
        """The pipeline's arguments for one image of each prompt; it takes no negative."""
        return {
            "prompt_embeds": torch.cat([prompt.embeds for prompt in prompts]),
            "pooled_prompt_embeds": torch.cat([cast(Tensor, prompt.pooled) for prompt in prompts]),
            "guidance_scale": guidance_scale,
        }


class Krea2:
    """Krea 2: twelve layers of Qwen3-VL, Qwen-Image's autoencoder, one stream of blocks."""

    name = "krea2"
    takes_images = False
    shift_tokens = 6400

    @property
    def pipeline(self) -> Any:
        """Imported late: few workers have this base."""
        from diffusers import Krea2Pipeline

        return Krea2Pipeline

    def encode_prompt(self, pipe: Any, text: str, max_length: int) -> Prompt:
        """The pipeline's own encoding, without the padding, which nothing attends to.

        embeds: (1, length, layers, width). All words are at the origin of the positions.
        """
        embeds, mask = pipe.encode_prompt(text, max_sequence_length=max_length)
        words = embeds[:, mask[0]]
        return Prompt(embeds=words, ids=torch.zeros(words.shape[1], 3, device=words.device))

    def encode_pixels(self, pipe: Any, pixels: Tensor) -> Latents:
        """Pixels (1, 3, height, width) in -1..1; the mode of the posterior, no noise."""
        config = pipe.vae.config
        values = pipe.vae.encode(pixels.unsqueeze(2)).latent_dist.mode()[:, :, 0]
        mean, deviation = (
            torch.tensor(numbers).view(1, -1, 1, 1).to(values)
            for numbers in (config.latents_mean, config.latents_std)
        )
        values = (values - mean) / deviation
        _, channels, height, width = values.shape
        rows, columns = height // pipe.patch_size, width // pipe.patch_size
        ids = pipe.prepare_position_ids(0, rows, columns, pixels.device)
        packed = pipe._pack_latents(values, 1, channels, height, width)
        return Latents(packed, ids, (rows, columns))

    def predict(
        self, transformer: Any, noisy: Tensor, sigma: Tensor, latents: Latents, prompt: Prompt
    ) -> Tensor:
        """The velocity, of the shape of noisy (1, tokens, channels); sigma (1,) in 0..1."""
        velocity: Tensor = transformer(
            hidden_states=noisy,
            timestep=sigma,
            encoder_hidden_states=prompt.embeds,
            position_ids=torch.cat([prompt.ids, latents.ids]),
            return_dict=False,
        )[0]
        return velocity

    def call(
        self, prompts: Sequence[Prompt], negative: Prompt | None, guidance_scale: float
    ) -> dict[str, Any]:
        """The pipeline's arguments for one image of each prompt; its guidance 0 is our 1.

        It takes prompts and negatives of one length only.
        """
        unlike = [negative.embeds] if negative is not None else []
        length = max(one.shape[1] for one in [*unlike, *(prompt.embeds for prompt in prompts)])
        embeds, mask = _padded([prompt.embeds for prompt in prompts], length)
        arguments = {
            "prompt_embeds": embeds,
            "prompt_embeds_mask": mask,
            "guidance_scale": guidance_scale - 1,
        }
        if unlike and guidance_scale > 1:
            embeds, mask = _padded(unlike * len(prompts), length)
            arguments |= {"negative_prompt_embeds": embeds, "negative_prompt_embeds_mask": mask}
        return arguments


def _padded(embeds: Sequence[Tensor], length: int) -> tuple[Tensor, Tensor]:
    """Prompts (1, words, ...) in one batch, and a mask (batch, length) of what is no padding."""
    batch = embeds[0].new_zeros(len(embeds), length, *embeds[0].shape[2:])
    mask = torch.zeros(len(embeds), length, dtype=torch.bool, device=batch.device)
    for place, one in enumerate(embeds):
        batch[place, : one.shape[1]], mask[place, : one.shape[1]] = one[0], True
    return batch, mask


_KNOWN: dict[str, Architecture] = {kind.name: kind for kind in (Flux2Klein(), Flux1(), Krea2())}


def architecture(name: str) -> Architecture:
    """The architecture of that name; raises JobFailed(BASE_MISSING)."""
    if name not in _KNOWN:
        raise JobFailed(Code.BASE_MISSING, f"There is no architecture {name!r}.")
    return _KNOWN[name]
