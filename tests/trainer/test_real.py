"""The real architectures without their weights, on the meta device: sizes, targets, one step.

Sources: klein-4B's configuration is the benchmark's, FLUX.1-dev's and Krea 2's the defaults of
diffusers; Krea's card says 12.9 billion, with layers that diffusers' form leaves out. For
klein-9B no file was at hand: 8 and 24 blocks of 32 heads, and three layers of Qwen3-8B's width of
4096, are the shape that has exactly the published 9.08 billion parameters.
"""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from diffusers import Flux2Transformer2DModel, FluxTransformer2DModel, Krea2Transformer2DModel
from torch import Tensor

from services.trainer import loras
from services.trainer.architectures import Latents, Prompt, architecture
from services.trainer.ladder import economy
from services.trainer.placement import ADAPTER, CHECKPOINTED, GIB, KEPT, Sizes, training_bytes
from services.trainer.spec import Recipe

TEXT = 512
TOKENS = 64 * 64  # of 1024 x 1024 pixels
AUTOCAST = 1.25  # see placement.KEPT


@dataclass(frozen=True)
class Real:
    """One real transformer: billions of parameters, GiB in 16 bits, linear layers that adapt."""

    kind: str
    model: Any
    config: dict[str, Any]
    billions: float
    gib: float
    targets: int
    encoders: float


KLEIN = {"in_channels": 128, "attention_head_dim": 128, "guidance_embeds": False}
FLUX1 = {"guidance_embeds": True, "pooled_projection_dim": 768}
REAL = {
    "klein-4B": Real(
        "flux2-klein",
        Flux2Transformer2DModel,
        KLEIN
        | {
            "num_layers": 5,
            "num_single_layers": 20,
            "num_attention_heads": 24,
            "joint_attention_dim": 7680,
        },
        3.88,
        7.22,
        100,
        7.5,
    ),
    "klein-9B": Real(
        "flux2-klein",
        Flux2Transformer2DModel,
        KLEIN
        | {
            "num_layers": 8,
            "num_single_layers": 24,
            "num_attention_heads": 32,
            "joint_attention_dim": 12288,
        },
        9.08,
        16.91,
        144,
        15.26,
    ),
    "FLUX.1-dev": Real("flux1", FluxTransformer2DModel, FLUX1, 11.90, 22.17, 494, 9.1),
    "Krea 2": Real("krea2", Krea2Transformer2DModel, {}, 12.82, 23.88, 224, 8.27),
}


@pytest.fixture(params=REAL, scope="module")
def real(request: pytest.FixtureRequest) -> tuple[Real, Any]:
    """A real transformer with a LoRA of rank 32, without memory for either."""
    known = REAL[request.param]
    with torch.device("meta"):
        transformer = known.model(**known.config).to(torch.bfloat16)
        transformer.requires_grad_(False)
        loras.add_adapter(transformer, rank=32, alpha=32, seed=0)
    for name, parameter in transformer.named_parameters():
        if "lora_" in name:  # autocast, which the meta device lacks, computes in 16 bits
            parameter.data = parameter.data.to(torch.bfloat16)
    return known, transformer.train()


def _frozen(transformer: Any) -> int:
    return sum(p.numel() for name, p in transformer.named_parameters() if "lora_" not in name)


def _sizes(known: Real, transformer: Any) -> Sizes:
    config = transformer.config
    return Sizes(
        transformer=2 * _frozen(transformer),
        encoders=round(known.encoders * GIB),
        autoencoder=round(0.16 * GIB),
        blocks=config.num_layers + config.get("num_single_layers", 0),
        width=config.num_attention_heads * config.attention_head_dim,
    )


def test_parameters_and_targets_are_the_published_ones(real: tuple[Real, Any]) -> None:
    known, transformer = real
    assert _frozen(transformer) / 1e9 == pytest.approx(known.billions, abs=0.01)
    assert 2 * _frozen(transformer) / GIB == pytest.approx(known.gib, abs=0.01)
    adapted = {
        name.split(".lora_")[0] for name, _ in transformer.named_parameters() if "lora_A" in name
    }
    assert len(adapted) == known.targets
    assert all(name.startswith(loras.BLOCKS) for name in adapted)


def _step(known: Real, transformer: Any) -> Tensor:
    """The velocity of one step at 1024 pixels, by the way that the training calls it."""
    form: Any = {"device": "meta", "dtype": torch.bfloat16}
    config = transformer.config
    batch, axes = ((1,), 4) if known.kind == "flux2-klein" else ((), 3)
    text: tuple[int, ...] = (config.get("joint_attention_dim"),)
    if known.kind == "krea2":
        text = (config.num_text_layers, config.text_hidden_dim)
    latents = Latents(
        packed=torch.empty(1, TOKENS, config.in_channels, **form),
        ids=torch.empty(*batch, TOKENS, axes, **form),
        grid=(64, 64),
    )
    prompt = Prompt(
        embeds=torch.empty(1, TEXT, *text, **form),
        ids=torch.empty(*batch, TEXT, axes, **form),
        pooled=torch.empty(1, 768, **form) if known.kind == "flux1" else None,
    )
    sigma = torch.empty(1, **form)
    return architecture(known.kind).predict(transformer, latents.packed, sigma, latents, prompt)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_step_keeps_what_the_placement_counts_on(
    real: tuple[Real, Any], checkpointing: bool
) -> None:
    known, transformer = real
    (
        transformer.enable_gradient_checkpointing
        if checkpointing
        else transformer.disable_gradient_checkpointing
    )()
    kept: dict[int, Tensor] = {}
    own = {parameter.untyped_storage()._cdata for parameter in transformer.parameters()}

    def keep(value: Tensor) -> Tensor:
        """Not the attention's matrix: on a GPU it is never written out."""
        square = value.ndim > 2 and value.shape[-1] == value.shape[-2] == TOKENS + TEXT
        storage = value.untyped_storage()._cdata
        if storage not in own and not square:
            kept[storage] = value
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        velocity = _step(known, transformer)
    assert velocity.shape == (1, TOKENS, transformer.config.in_channels)
    sizes = _sizes(known, transformer)
    bytes_kept = sum(value.untyped_storage().nbytes() for value in kept.values())
    each = bytes_kept / ((TOKENS + TEXT) * sizes.width * sizes.blocks)
    counted = CHECKPOINTED if checkpointing else KEPT / AUTOCAST
    assert 0.85 * counted <= each <= counted
    velocity.float().mean().backward()
    assert all(p.grad is not None for p in transformer.parameters() if p.requires_grad)
    transformer.zero_grad()


def test_an_adapter_is_no_larger_than_the_placement_counts_on(real: tuple[Real, Any]) -> None:
    known, transformer = real
    sizes = _sizes(known, transformer)
    adapter = sum(p.numel() for p in transformer.parameters() if p.requires_grad)
    assert adapter <= 32 * ADAPTER * sizes.blocks * sizes.width <= 1.7 * adapter


def test_a_training_fits_the_cards_of_the_table(real: tuple[Real, Any]) -> None:
    known, transformer = real
    rung, low, high = {
        "klein-4B": (1, 11, 12),
        "klein-9B": (1, 22, 23),
        "FLUX.1-dev": (2, 17, 19),
        "Krea 2": (2, 19, 20),
    }[next(name for name, base in REAL.items() if base is known)]
    needed = training_bytes(economy(rung, Recipe()), _sizes(known, transformer), Recipe()) / GIB
    assert low <= needed <= high
