"""Loading a base: in two halves for training, so that encoders and transformer never meet."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from services.trainer.architectures import Architecture
from services.trainer.errors import JobFailed
from services.trainer.spec import Code

ENCODERS = ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")


def be_quiet() -> None:
    """No progress bars and no advice of libraries in the worker's log."""
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()


def load_encoders(kind: Architecture, source: str, *, device: Any, dtype: Any) -> Any:
    """The pipeline without its transformer; raises JobFailed(BASE_MISSING)."""
    return _load(kind, source, device, dtype, transformer=None)


def load_pipeline(kind: Architecture, source: str, *, device: Any, dtype: Any) -> Any:
    """The whole pipeline; raises JobFailed(BASE_MISSING)."""
    return _load(kind, source, device, dtype)


def _load(kind: Architecture, source: str, device: Any, dtype: Any, **parts: Any) -> Any:
    with _missing_base(source):
        pipe = kind.pipeline.from_pretrained(source, dtype=dtype, **parts)
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(device)


def load_transformer(kind: Architecture, source: str, *, device: Any, dtype: Any) -> Any:
    """The transformer alone, frozen; raises JobFailed(BASE_MISSING)."""
    with _missing_base(source):
        config = kind.pipeline.load_config(source)
        model = getattr(diffusers, config["transformer"][1])
        transformer = model.from_pretrained(source, subfolder="transformer", dtype=dtype)
    transformer.requires_grad_(False)
    return transformer.to(device)


def store_in_fp8(transformer: Any, dtype: Any) -> None:
    """Keep the frozen weights in 8 bits and compute in dtype; before the adapter is added."""
    transformer.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype)


def drop_encoders(pipe: Any) -> None:
    """Forget the text encoders; the caller frees the memory."""
    for name in ENCODERS:
        if hasattr(pipe, name):
            setattr(pipe, name, None)


@contextmanager
def _missing_base(source: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        reason = f"The weights of {Path(source).name} can't be loaded: {error}"
        raise JobFailed(Code.BASE_MISSING, reason) from error


def offload(pipe: Any) -> None:
    """Keep on the GPU only the part that is at work, and decode images in tiles."""
    pipe.vae.enable_tiling()
    if torch.cuda.is_available():
        pipe.enable_model_cpu_offload()
