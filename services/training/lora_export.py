"""A LoRA in the form that ComfyUI and BFL's own code read, made of the one that diffusers reads.

The names are those of BFL's FLUX.2 with `lora_down`, `lora_up` and `alpha`, as kohya's trainers
write them and diffusers' `_convert_kohya_flux2_lora_to_diffusers` reads them. BFL computes query,
key and value in one layer: their A are stacked, their B stand on a block diagonal, and alpha is
three times as large, so that the product is the same. Bytes are moved and never computed with.
"""

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PREFIX = "lora_unet"
# diffusers' names of a double and of a single block, and BFL's; several become one
DOUBLE = {
    "img_attn_qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
    "txt_attn_qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
    "img_attn_proj": ("attn.to_out.0",),
    "txt_attn_proj": ("attn.to_add_out",),
    "img_mlp_0": ("ff.linear_in",),
    "img_mlp_2": ("ff.linear_out",),
    "txt_mlp_0": ("ff_context.linear_in",),
    "txt_mlp_2": ("ff_context.linear_out",),
}
SINGLE = {"linear1": ("attn.to_qkv_mlp_proj",), "linear2": ("attn.to_out",)}
SIZES = {"F32": 4, "F16": 2, "BF16": 2}


class NotExportable(Exception):
    """The file is no LoRA of FLUX.2, or has layers that the other form has no name for."""


@dataclass(frozen=True, slots=True)
class _Matrix:
    """rows x columns values of a safetensors type."""

    kind: str
    rows: int
    columns: int
    data: bytes


def for_comfyui(file: bytes) -> bytes:
    """The same LoRA with BFL's names. Raises NotExportable."""
    tensors, metadata = _read(file)
    scale = _scale(metadata)
    made: dict[str, _Matrix | float] = {}
    for name, parts in _layers(tensors):
        downs = [tensors.pop(f"transformer.{part}.lora_A.weight") for part in parts]
        ups = [tensors.pop(f"transformer.{part}.lora_B.weight") for part in parts]
        rank = sum(down.rows for down in downs)
        made[f"{name}.lora_down.weight"] = _stacked(downs)
        made[f"{name}.lora_up.weight"] = _block_diagonal(ups, rank)
        made[f"{name}.alpha"] = scale * rank
    if tensors or not made:
        raise NotExportable("This LoRA has layers that ComfyUI has no name for.")
    return _written(made, _marks(metadata))


def _layers(tensors: dict[str, _Matrix]) -> list[tuple[str, list[str]]]:
    """BFL's name of each layer that is there, and diffusers' names of its parts."""
    blocks = {match[0] for name in tensors if (match := re.search(r"\w+blocks\.\d+", name))}
    found = []
    for block in sorted(blocks):
        kind, number = block.split(".")
        table, theirs = (SINGLE, "single") if kind.startswith("single") else (DOUBLE, "double")
        for name, parts in table.items():
            full = [f"{block}.{part}" for part in parts]
            if all(f"transformer.{part}.lora_A.weight" in tensors for part in full):
                found.append((f"{PREFIX}_{theirs}_blocks_{number}_{name}", full))
    return found


def _scale(metadata: dict[str, str]) -> float:
    """alpha / rank, as peft keeps it; 1 where nothing is said."""
    config = json.loads(metadata.get("lora_adapter_metadata", "{}"))
    rank, alpha = config.get("transformer.r"), config.get("transformer.lora_alpha")
    return float(alpha) / float(rank) if rank and alpha else 1.0


def _stacked(downs: list[_Matrix]) -> _Matrix:
    """One above the other."""
    first = downs[0]
    rows = sum(down.rows for down in downs)
    return _Matrix(first.kind, rows, first.columns, b"".join(down.data for down in downs))


def _block_diagonal(ups: list[_Matrix], rank: int) -> _Matrix:
    """Each in the columns of its own A, zeros beside it."""
    if len(ups) == 1:
        return ups[0]
    width = SIZES[ups[0].kind]
    rows, before = [], 0
    for up in ups:
        left, right = bytes(before * width), bytes((rank - before - up.columns) * width)
        line = up.columns * width
        rows += [left + up.data[i * line : (i + 1) * line] + right for i in range(up.rows)]
        before += up.columns
    return _Matrix(ups[0].kind, sum(up.rows for up in ups), rank, b"".join(rows))


def _marks(metadata: dict[str, str]) -> dict[str, str]:
    """What the file says of itself: base, rank and trigger word, and nothing of a person.

    `modelspec.*` after Stability's specification, `ss_*` after kohya's trainers.
    """
    recipe = json.loads(metadata.get("likeness.recipe", "{}"))
    marks = {
        "format": "pt",
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.architecture": "flux2/lora",
        "modelspec.implementation": "https://github.com/black-forest-labs/flux2",
        "modelspec.title": "LoRA",
        "modelspec.trigger_phrase": str(recipe.get("trigger_word", "")),
        "ss_base_model_version": "flux2_klein",
        "ss_network_module": "networks.lora",
        "ss_sd_model_name": str(recipe.get("base_model", "")),
    }
    return {name: value for name, value in marks.items() if value}


def _read(file: bytes) -> tuple[dict[str, _Matrix], dict[str, str]]:
    """Tensors and metadata of a safetensors file."""
    try:
        size = struct.unpack("<Q", file[:8])[0]
        header: dict[str, Any] = json.loads(file[8 : 8 + size])
        metadata: dict[str, str] = header.pop("__metadata__", {})
        return dict(_matrices(header, memoryview(file)[8 + size :])), metadata
    except (ValueError, KeyError, TypeError, struct.error):
        raise NotExportable("This is no LoRA that can be written in another form.") from None


def _matrices(header: dict[str, Any], body: memoryview) -> Iterator[tuple[str, _Matrix]]:
    for name, said in header.items():
        rows, columns = said["shape"]
        start, end = said["data_offsets"]
        if said["dtype"] not in SIZES or end - start != rows * columns * SIZES[said["dtype"]]:
            raise ValueError(name)
        yield name, _Matrix(said["dtype"], rows, columns, bytes(body[start:end]))


def _written(tensors: dict[str, _Matrix | float], metadata: dict[str, str]) -> bytes:
    header: dict[str, Any] = {"__metadata__": metadata}
    parts: list[bytes] = []
    at = 0
    for name, value in tensors.items():
        if isinstance(value, _Matrix):
            data, shape, kind = value.data, [value.rows, value.columns], value.kind
        else:
            data, shape, kind = struct.pack("<f", value), [], "F32"
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + len(data)]}
        parts.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *parts])
