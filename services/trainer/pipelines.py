"""Loading a base: in two halves for training, so that encoders and transformer never meet."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.hooks import apply_layerwise_casting
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from services.trainer.architectures import Architecture
from services.trainer.errors import JobFailed, failure_of
from services.trainer.placement import Placement
from services.trainer.spec import Code

FP8_MARK = "stored_in_fp8"
ENCODERS = ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")


def be_quiet() -> None:
    """No progress bars and no advice of libraries in the worker's log."""
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()


def load_encoders(
    kind: Architecture,
    source: str,
    *,
    device: Any,
    dtype: Any,
    fp8: bool = False,
    precise: bool = False,
) -> Any:
    """The pipeline without its transformer; raises JobFailed(BASE_MISSING).

    precise: the autoencoder in 32 bits, whatever dtype is; `drop_encoders` takes it back.
    """
    formats = {"default": dtype, "vae": torch.float32} if precise else dtype
    pipe = _load(kind, source, formats, transformer=None)
    if fp8:
        _encoders_in_fp8(pipe, dtype)
    return pipe.to(device)


def load_decoder(kind: Architecture, source: str, *, device: Any, dtype: Any) -> Any:
    """The pipeline with its autoencoder alone; raises JobFailed(BASE_MISSING)."""
    with _missing_base(source):
        config = kind.pipeline.load_config(source)
    absent: dict[str, Any] = {name: None for name in ("transformer", *ENCODERS) if name in config}
    return _load(kind, source, dtype, **absent).to(device)


def load_pipeline(
    kind: Architecture,
    source: str,
    *,
    device: Any,
    dtype: Any,
    placement: Placement,
    parts: Mapping[str, Any],
) -> Any:
    """The whole pipeline, placed; raises JobFailed(BASE_MISSING).

    parts: encoders and autoencoder that are loaded already. 8 bits are cast in main memory, so
    that the GPU never holds the weights in 16.
    """
    pipe = _load(kind, source, dtype, **parts)
    if placement.fp8:
        store_in_fp8(pipe.transformer, dtype)
    if placement.encoders_fp8:
        _encoders_in_fp8(pipe, dtype)
    if placement.decode == "one by one":
        pipe.vae.enable_slicing()
    elif placement.decode == "tiled":
        pipe.vae.enable_tiling()
    if placement.offloaded and device.type == "cuda":
        pipe.enable_model_cpu_offload(device=device)
        return pipe
    return pipe.to(device)


def _load(kind: Architecture, source: str, dtype: Any, **parts: Any) -> Any:
    with _missing_base(source):
        pipe = kind.pipeline.from_pretrained(source, dtype=dtype, **parts)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def load_transformer(
    kind: Architecture, source: str, *, device: Any, dtype: Any, fp8: bool = False
) -> Any:
    """The transformer alone, frozen, in 8 bits if so wanted; raises JobFailed(BASE_MISSING)."""
    with _missing_base(source):
        config = kind.pipeline.load_config(source)
        model = getattr(diffusers, config["transformer"][1])
        transformer = model.from_pretrained(source, subfolder="transformer", dtype=dtype)
    transformer.requires_grad_(False)
    if fp8:
        store_in_fp8(transformer, dtype)
    return transformer.to(device)


def store_in_fp8(transformer: Any, dtype: Any) -> None:
    """Keep the frozen weights in 8 bits and compute in dtype; before the adapter is added."""
    transformer.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype)


def _encoders_in_fp8(pipe: Any, dtype: Any) -> None:
    for name in ("text_encoder", "text_encoder_2"):
        encoder = getattr(pipe, name, None)
        if encoder is not None and not getattr(encoder, FP8_MARK, False):
            apply_layerwise_casting(
                encoder,
                storage_dtype=torch.float8_e4m3fn,
                compute_dtype=dtype,
                skip_modules_pattern=("norm", "embed", "lm_head", "shared"),
            )
            setattr(encoder, FP8_MARK, True)


def drop_encoders(pipe: Any, dtype: Any = None) -> None:
    """Forget the text encoders, keep the autoencoder in dtype; the caller frees the memory."""
    pipe.vae.to(dtype=dtype)
    for name in ENCODERS:
        if hasattr(pipe, name):
            setattr(pipe, name, None)


@contextmanager
def _missing_base(source: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        if failure_of(error).code is Code.OUT_OF_MEMORY:
            raise
        reason = f"The weights of {Path(source).name} can't be loaded: {error}"
        raise JobFailed(Code.BASE_MISSING, reason) from error
