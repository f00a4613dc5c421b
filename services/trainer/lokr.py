"""LoKr: an adapter with fewer numbers, of Kronecker products, written as the LoRA that it equals.

The change of a layer is w1 (x) w2, with w2 = a b of low rank. (w1 (x) a) (1 (x) b) is the same
product with FACTOR times the rank: exact, and a file that everything which takes LoRAs loads.
"""

from collections import defaultdict
from typing import Any

import torch
from peft import LoKrConfig, LoraConfig
from torch import Tensor

FACTOR = 4  # rows and columns of w1


def config(rank: int, alpha: int, targets: list[str]) -> LoKrConfig:
    """A LoKr whose LoRA has `rank`; alpha / rank is its scale."""
    small = max(rank // FACTOR, 1)
    return LoKrConfig(
        r=small,
        alpha=alpha * small / rank,
        decompose_factor=FACTOR,
        target_modules=targets,
    )


def as_lora(weights: dict[str, Tensor], config: LoKrConfig) -> tuple[dict[str, Tensor], LoraConfig]:
    """The same adapter as a LoRA, scale and all, by peft's names, and its configuration."""
    layers: defaultdict[str, dict[str, Tensor]] = defaultdict(dict)
    for name, weight in weights.items():
        layer, _, part = name.rpartition(".")
        layers[layer][part] = weight.detach().float().cpu()
    tensors: dict[str, Tensor] = {}
    ranks: dict[str, int] = {}
    for layer, parts in layers.items():
        down, up = _product(parts)
        tensors[f"{layer}.lora_A.weight"] = down
        tensors[f"{layer}.lora_B.weight"] = up * (config.alpha / config.r)
        ranks[layer] = down.shape[0]
    return tensors, _config(ranks)


def _product(parts: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """The two factors (rank, in) and (out, rank) of w1 (x) w2."""
    w1 = parts["lokr_w1"]
    if "lokr_w2" in parts:  # a small layer has w2 in whole
        a, b = parts["lokr_w2"], torch.eye(parts["lokr_w2"].shape[1])
    else:
        a, b = parts["lokr_w2_a"], parts["lokr_w2_b"]
    return torch.kron(torch.eye(w1.shape[1]), b), torch.kron(w1, a)


def _config(ranks: dict[str, int]) -> LoraConfig:
    """Rank and alpha alike in each layer: the scale lies in the weights."""
    most: Any = max(ranks.values(), key=list(ranks.values()).count)
    others = {layer: rank for layer, rank in ranks.items() if rank != most}
    return LoraConfig(
        r=most,
        lora_alpha=most,
        rank_pattern=others,
        alpha_pattern=dict(others),
        target_modules=list(ranks),
    )
