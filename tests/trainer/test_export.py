"""A LoRA for ComfyUI and BFL's code: read back by diffusers' own key map."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.loaders.lora_conversion_utils import _convert_kohya_flux2_lora_to_diffusers
from safetensors import safe_open
from safetensors.torch import load, load_file

from services.trainer import loras
from services.training.lora_export import NotExportable, for_comfyui
from tests.trainer import tiny

RECIPE = {"base_model": "FLUX.2-klein-base-4B", "trigger_word": "ohwx", "dataset_sha256": "f00"}


def _lora(folder: Path, *, rank: int = 4, alpha: int = 8, dtype: Any = torch.bfloat16) -> Path:
    """A LoRA of random weights for the tiny klein's blocks, as the worker writes it."""
    transformer = tiny.klein().transformer
    parameters = loras.add_adapter(transformer, rank=rank, alpha=alpha, seed=0)
    for parameter in parameters:
        torch.nn.init.normal_(parameter)
    path = folder / "lora.safetensors"
    base = loras.fingerprint("flux2-klein", transformer)
    loras.write(path, transformer, base=base, recipe=RECIPE, dtype=dtype)
    return path


def _products(weights: dict[str, Any], scale: float) -> dict[str, Any]:
    """What each layer's two matrices add to it."""
    ends = {"lora_A.weight": "lora_B.weight"}
    return {
        name.removesuffix(f".{a}"): scale * weights[name.replace(a, b)].float() @ down.float()
        for name, down in weights.items()
        for a, b in ends.items()
        if name.endswith(a)
    }


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_diffusers_reads_the_same_weights_from_it(tmp_path: Path, dtype: Any) -> None:
    path = _lora(tmp_path, dtype=dtype)
    exported = load(for_comfyui(path.read_bytes()))
    assert exported["lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight"].shape[0] == 12
    assert float(exported["lora_unet_double_blocks_0_img_attn_qkv.alpha"]) == 24
    back = _products(_convert_kohya_flux2_lora_to_diffusers(exported), 1.0)
    wanted = _products(load_file(path), 2.0)
    assert back.keys() == wanted.keys()
    assert all(torch.equal(back[name], wanted[name]) for name in wanted)


def test_it_loads_into_the_pipeline_and_says_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "comfyui.safetensors"
    file.write_bytes(for_comfyui(_lora(tmp_path).read_bytes()))
    pipe = tiny.klein()
    pipe.load_lora_weights(str(tmp_path), weight_name=file.name, local_files_only=True)
    assert pipe.get_active_adapters() == ["default_0"]
    with safe_open(file, framework="pt") as opened:
        marks = opened.metadata()
    assert marks["modelspec.architecture"] == "flux2/lora"
    assert marks["modelspec.trigger_phrase"] == "ohwx"
    assert marks["ss_base_model_version"] == "flux2_klein"
    assert "f00" not in str(marks)  # nothing of the photos


@pytest.mark.parametrize("data", [b"", b"x" * 40])
def test_what_is_no_lora_is_refused(data: bytes) -> None:
    with pytest.raises(NotExportable):
        for_comfyui(data)
