"""LoRA adapters: which layers, how they are written, and which files are refused.

The file is what stock diffusers reads, with two more keys in its safetensors metadata:
`likeness.base` (architecture, base model and size) and `likeness.recipe`. A LoRA of FLUX.1 loads
into FLUX.2 klein without an error and spoils every image, so a file must say what it is for.
"""

import json
from pathlib import Path
from typing import Any

import torch
from peft import LoKrConfig, LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from services.trainer import lokr
from services.trainer.errors import JobFailed
from services.trainer.files import write_whole
from services.trainer.spec import Code

ADAPTER = "default"
MAX_LORA_BYTES = 2 * 2**30
BLOCKS = ("transformer_blocks.", "single_transformer_blocks.")
SHAPE = (
    *("num_layers", "num_single_layers", "num_attention_heads", "attention_head_dim"),
    *("joint_attention_dim", "text_hidden_dim"),  # of the text: FLUX's, and Krea 2's
)
PEFT_KEY = "lora_adapter_metadata"  # where diffusers looks for rank and alpha


def targets(transformer: Any, extra: tuple[str, ...] = ()) -> list[str]:
    """The exact names of all linear layers inside the blocks, and of the extra ones."""
    linear = [
        name for name, module in transformer.named_modules() if type(module) is torch.nn.Linear
    ]
    return [name for name in linear if name.startswith(BLOCKS) or name in extra]


def add_adapter(
    transformer: Any,
    *,
    rank: int,
    alpha: int,
    seed: int,
    adapter: str = "lora",
    extra: tuple[str, ...] = (),
) -> list[Any]:
    """Add a fresh LoRA or LoKr in float32 and return its parameters; the same for the same seed."""
    torch.manual_seed(seed)
    wanted = targets(transformer, extra)
    if adapter == "lokr":
        config: Any = lokr.config(rank, alpha, wanted)
    else:
        config = LoraConfig(
            r=rank, lora_alpha=alpha, init_lora_weights="gaussian", target_modules=wanted
        )
    transformer.add_adapter(config, adapter_name=ADAPTER)
    parameters = [parameter for parameter in transformer.parameters() if parameter.requires_grad]
    for parameter in parameters:  # peft makes them in the base's format, be it of 8 bits
        parameter.data = parameter.data.float()
    return parameters


def fingerprint(name: str, transformer: Any) -> dict[str, Any]:
    """What a LoRA must share with a transformer to fit it: architecture and sizes."""
    config = transformer.config
    return {"architecture": name, **{key: config[key] for key in SHAPE if key in config}}


def state(transformer: Any) -> dict[str, Tensor]:
    """The adapter's weights, by peft's names."""
    weights: dict[str, Tensor] = get_peft_model_state_dict(transformer, adapter_name=ADAPTER)
    return weights


def set_state(transformer: Any, weights: dict[str, Tensor]) -> None:
    """Give the adapter these weights, as `state` returned them."""
    set_peft_model_state_dict(transformer, weights, adapter_name=ADAPTER)


def write(
    path: Path, transformer: Any, *, base: dict[str, Any], recipe: dict[str, Any], dtype: Any
) -> None:
    """Write the adapter as one safetensors file that stock diffusers loads; a LoKr as a LoRA."""
    weights, config = state(transformer), transformer.peft_config[ADAPTER]
    if isinstance(config, LoKrConfig):
        weights, config = lokr.as_lora(weights, config)
    tensors = {
        f"transformer.{name}": weight.detach().to("cpu", dtype).contiguous()
        for name, weight in weights.items()
    }
    metadata = {
        "format": "pt",
        PEFT_KEY: json.dumps(_peft_metadata(config), sort_keys=True),
        "likeness.base": json.dumps(base, sort_keys=True),
        "likeness.recipe": json.dumps(recipe, sort_keys=True),
    }
    data = _with_sorted_header(save(tensors, metadata=metadata))
    write_whole(path, lambda temporary: temporary.write_bytes(data))


def _with_sorted_header(data: bytes) -> bytes:
    """The same file with its metadata in order: safetensors writes it in a random one."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of eight bytes
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def _peft_metadata(config: Any) -> dict[str, Any]:
    plain = {k: sorted(v) if isinstance(v, set) else v for k, v in config.to_dict().items()}
    return {f"transformer.{key}": value for key, value in plain.items() if _is_json(value)}


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True


def read_metadata(path: Path) -> dict[str, Any]:
    """What a LoRA file says of itself: {"base": {...}, "recipe": {...}}.

    Raises JobFailed(LORA_INVALID) for a file that this worker did not write.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
        found = {key: json.loads(metadata[f"likeness.{key}"]) for key in ("base", "recipe")}
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise JobFailed(Code.LORA_INVALID, f"This is not a LoRA of this worker: {error}") from None
    return found


def require_fit(path: Path, base: dict[str, Any]) -> dict[str, Any]:
    """Its metadata, if the LoRA was trained for this base; else raises JobFailed(LORA_MISMATCH)."""
    metadata = read_metadata(path)
    trained = {key: metadata["base"].get(key) for key in base}
    if trained != base:
        raise JobFailed(
            Code.LORA_MISMATCH, f"The LoRA was trained for {trained}, and this base is {base}."
        )
    return metadata


def keep_precision(transformer: Any, path: Path, adapter: str, dtype: Any) -> None:
    """Give a loaded adapter its file's weights in `dtype`: peft took the base's 8 bits for them."""
    for name, weight in transformer.named_parameters():
        if f".{adapter}." in name:
            weight.data = weight.data.to(dtype)
    weights = {name.removeprefix("transformer."): value for name, value in load_file(path).items()}
    set_peft_model_state_dict(transformer, weights, adapter_name=adapter)
