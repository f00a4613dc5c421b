"""From an encoded prompt to pictures, one step at a time, stopping when asked to."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from PIL import Image

from services.trainer.architectures import Architecture, Prompt

QUALITY = {"jpeg": {"quality": 95, "subsampling": 0}, "webp": {"quality": 92}, "png": {}}


def make_images(
    kind: Architecture,
    pipe: Any,
    *,
    prompts: Sequence[Prompt],
    negative: Prompt | None,
    seeds: tuple[int, ...],
    size: tuple[int, int],
    steps: int,
    guidance_scale: float,
    on_step: Callable[[int], None],
    pictures: Mapping[str, Any] | None = None,
) -> list[Image.Image]:
    """One picture for each prompt and its seed, in one batch; size is (width, height) in pixels.

    on_step(number of steps done) may raise to stop: setting the pipeline's own interrupt flag
    would still return a picture. pictures: further arguments, see `conditions`.
    """

    def after_step(_pipe: Any, step: int, _time: Any, _values: Any) -> dict[str, Any]:
        on_step(step + 1)
        return {}

    with torch.no_grad():
        answer = pipe(
            **kind.call(prompts, negative, guidance_scale),
            **(pictures or {}),
            width=size[0],
            height=size[1],
            num_inference_steps=steps,
            generator=[torch.Generator().manual_seed(seed) for seed in seeds],
            callback_on_step_end=after_step,
            output_type="pil",
        )
    images: list[Image.Image] = answer.images
    return images


def encoded(image: Image.Image, output_format: str) -> bytes:
    """The picture as a file: jpeg, png or webp."""
    buffer = io.BytesIO()
    image.save(buffer, format=output_format.upper(), **QUALITY[output_format])
    return buffer.getvalue()
