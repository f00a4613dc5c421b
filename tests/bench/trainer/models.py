"""FLUX.2 klein with random weights: the real architectures for a GPU, a tiny one for the CPU."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from diffusers import AutoencoderKLFlux2, Flux2KleinPipeline, Flux2Transformer2DModel

from services.trainer import loras, pipelines
from services.trainer.architectures import Latents, Prompt, architecture
from services.trainer.encoding import Example, Material, View
from services.trainer.reporting import Reporter
from services.trainer.spec import Recipe
from services.trainer.training import Training, make_optimizer
from tests.trainer import tiny

# The published configuration of FLUX.2-klein-base-4B: 3.88 billion parameters.
KLEIN_4B = {
    "in_channels": 128,
    "num_layers": 5,
    "num_single_layers": 20,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 7680,
    "guidance_embeds": False,
}
# The shape that has exactly the published 9.08 billion parameters of klein-base-9B.
KLEIN_9B = KLEIN_4B | {
    "num_layers": 8,
    "num_single_layers": 24,
    "num_attention_heads": 32,
    "joint_attention_dim": 12288,
}
MODELS = {"klein-4b": KLEIN_4B, "klein-9b": KLEIN_9B}


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured. resolution in pixels; text in tokens; the rest switches one thing each.

    batch: examples in each step of a training. references: pictures that an image is made from;
    cached: their keys and values are computed in the first step only, as klein-9B-KV was trained
    to do. Other weights were not: this measures the time, and says nothing of the pictures.
    """

    model: str = "tiny"
    device: str = "cpu"
    resolution: int = 64
    text: int = 512
    rank: int = 32
    compile: bool = False
    checkpointing: bool = False
    fp8: bool = False
    fused: bool = True
    batch: int = 1
    references: int = 0
    cached: bool = False


def pipeline(options: Options) -> Any:
    """A pipeline without encoders, of random weights, frozen, on its device."""
    torch.manual_seed(0)
    if options.model == "tiny":
        pipe = tiny.klein()
        pipelines.drop_encoders(pipe)
        pipe.transformer.requires_grad_(False)
        return pipe
    with torch.device(options.device):
        transformer = Flux2Transformer2DModel(**MODELS[options.model]).to(torch.bfloat16)
        vae = AutoencoderKLFlux2().to(torch.bfloat16)
    transformer.requires_grad_(False)
    return Flux2KleinPipeline(
        scheduler=tiny.klein().scheduler,
        vae=vae,
        text_encoder=None,
        tokenizer=None,
        transformer=transformer,
    )


def material(pipe: Any, options: Options) -> Material:
    """One encoded photo and prompt, of random values."""
    transformer, side = pipe.transformer, options.resolution // 16
    generator = torch.Generator().manual_seed(0)

    def values(*shape: int) -> Any:
        return torch.randn(shape, generator=generator).to(options.device, transformer.dtype)

    grid = torch.zeros(1, transformer.config.in_channels, side, side)
    embeds = values(1, options.text, transformer.config.joint_attention_dim)
    prompt = Prompt(embeds, pipe._prepare_text_ids(embeds).to(options.device))
    latents = Latents(
        packed=values(options.batch, side * side, transformer.config.in_channels),
        ids=pipe._prepare_latent_ids(grid).to(options.device),
        grid=(side, side),
    )
    caption = replace(prompt, embeds=embeds.expand(options.batch, -1, -1))
    example = Example(views=(View(latents, None),), caption=caption)
    return Material(
        examples=(example,),
        photos=1,
        empty=prompt,
        trigger=prompt,
        subject=prompt,
        samples=(prompt,),
        captions=("",),
    )


def prepare(options: Options) -> tuple[Any, Training]:
    """A pipeline with an adapter, and the worker's training on it."""
    pipe = pipeline(options)
    transformer = pipe.transformer
    data = material(pipe, options)
    if options.fp8:
        pipelines.store_in_fp8(transformer, transformer.dtype)
    parameters = loras.add_adapter(transformer, rank=options.rank, alpha=options.rank, seed=0)
    if options.checkpointing:
        transformer.enable_gradient_checkpointing()
    if options.compile:
        transformer.compile_repeated_blocks()
    recipe = Recipe(rank=options.rank, caption_dropout=0, trigger_share=0)
    optimizer = make_optimizer(parameters, recipe, eight_bit=False)
    if not options.fused:
        optimizer = torch.optim.AdamW(parameters, lr=recipe.learning_rate, fused=False)
    training = Training(
        kind=architecture("flux2-klein"),
        transformer=transformer,
        parameters=parameters,
        optimizer=optimizer,
        material=data,
        recipe=recipe,
        steps=10**6,
        seed=0,
        report=Reporter(lambda _info: None, lambda: None, lambda: 0.0),
    )
    return pipe, training
