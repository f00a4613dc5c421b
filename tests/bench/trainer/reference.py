"""The reference: the loop of diffusers' DreamBooth-LoRA script for FLUX.2 klein, at our settings.

As the script does it with cached latents and prompt embeddings: accelerate, AdamW without fusing,
timesteps by the scheduler's table, patchified latents packed in each step, and the loss read by
the host in each step for the progress bar.
"""

from collections.abc import Callable
from typing import Any

import torch
from accelerate import Accelerator
from diffusers.optimization import get_scheduler
from diffusers.training_utils import compute_density_for_timestep_sampling

from services.trainer.training import Training


def reference_step(pipe: Any, training: Training, *, device: str) -> Callable[[], float]:
    """One step of the reference on the same weights and data; returns the loss."""
    precision = "bf16" if device == "cuda" else "no"
    accelerator = Accelerator(mixed_precision=precision, cpu=device == "cpu")
    recipe, view = training.recipe, training.material.examples[0].views[0]
    optimizer = torch.optim.AdamW(
        training.parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    rate = get_scheduler("constant_with_warmup", optimizer, num_warmup_steps=20)
    transformer, optimizer, rate = accelerator.prepare(training.transformer, optimizer, rate)
    clean = _unpacked(view.latents.packed, view.latents.grid)
    prompt = training.material.examples[0].caption

    def step() -> float:
        transformer.train()
        ids = pipe._prepare_latent_ids(clean).to(clean.device)
        noise = torch.randn_like(clean)
        sigma = _sigma(pipe.scheduler, clean)
        noisy = (1 - sigma) * clean + sigma * noise
        predicted = transformer(
            hidden_states=pipe._pack_latents(noisy),
            timestep=sigma.flatten(),
            guidance=None,
            encoder_hidden_states=prompt.embeds,
            txt_ids=prompt.ids,
            img_ids=ids,
            return_dict=False,
        )[0]
        predicted = pipe._unpack_latents_with_ids(predicted, ids)
        error = (predicted.float() - (noise - clean).float()) ** 2
        loss = torch.mean(error.reshape(error.shape[0], -1), 1).mean()
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(training.parameters, recipe.clip_norm)
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
        value: float = loss.detach().item()
        return value

    return step


def _unpacked(packed: Any, grid: tuple[int, int]) -> Any:
    return packed.permute(0, 2, 1).reshape(len(packed), -1, *grid)


def _sigma(scheduler: Any, clean: Any) -> Any:
    """A noise level as the script draws it: an index into the scheduler's table."""
    density = compute_density_for_timestep_sampling("logit_normal", 1, 0.0, 1.0, 1.29)
    count = scheduler.config.num_train_timesteps
    timesteps = torch.linspace(1, count, count).flip(0)
    timestep = timesteps[(density * count).long()].to(clean.device)
    index = (timesteps.to(clean.device) == timestep).nonzero().item()
    return (timesteps[index] / count).to(clean.device, clean.dtype).reshape(1, 1, 1, 1)
