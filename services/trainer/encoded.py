"""The encoded photos of a training, kept in its folder: it goes on without its encoders.

A rung of the ladder, a pause for images and a restart would otherwise load them and encode all
photos anew. The file goes with the others when the job ends.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from services.trainer import device, pipelines
from services.trainer.architectures import Architecture
from services.trainer.context import Context
from services.trainer.encoding import Material
from services.trainer.files import write_whole
from services.trainer.ladder import Economy
from services.trainer.pulse import pulse
from services.trainer.spec import TrainPayload, without_urls

FILE = "encoded.pt"


def encoded_once(
    kind: Architecture,
    source: str,
    payload: TrainPayload,
    plan: Economy,
    identity: str,
    context: Context,
    encode: Callable[[], tuple[Any, Material]],
) -> tuple[Any, Material]:
    """The pipeline without encoders, and the material; `encode` is called only where it has to be.

    identity: the hash of the photos.
    """
    path, name = context.folder / FILE, _name(source, payload, plan, identity)
    target, dtype = device.device_of(context.config), device.dtype_of(context.config)
    if (material := _kept(path, name, target)) is not None:
        with pulse(context.report):
            pipe = pipelines.load_decoder(kind, source, device=target, dtype=dtype)
        return pipe, material
    pipe, material = encode()
    content = {"name": name, "material": material}
    write_whole(path, lambda temporary: torch.save(content, temporary))
    return pipe, material


def _kept(path: Path, name: str, target: Any) -> Material | None:
    try:
        # Our own file, in a folder of our own: it may hold our classes.
        kept = torch.load(path, map_location=target, weights_only=False)
    except Exception:
        return None  # not there, or damaged, which fails in any way
    material: Material | None = kept["material"] if kept.get("name") == name else None
    return material


def _name(source: str, payload: TrainPayload, plan: Economy, identity: str) -> str:
    """A name for all that the material depends on."""
    plain = without_urls(payload.model_dump(mode="json"))
    samples = bool(payload.sample_put_urls)
    text = json.dumps([source, identity, plan.resolutions, samples, plain], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
