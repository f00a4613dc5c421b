"""Everything that a training reads, encoded once: latents, face weights, captions."""

from dataclasses import dataclass
from typing import Any

import numpy
import torch
from PIL import Image
from torch import Tensor

from services.trainer.architectures import Architecture, Latents, Prompt
from services.trainer.buckets import box_in_crop, crops, cut
from services.trainer.captions import SAMPLE_SCENES, training_caption
from services.trainer.dataset import Photo
from services.trainer.reporting import Reporter
from services.trainer.spec import FaceBox, Stage, TrainPayload

FACE_MARGIN = 0.25  # of the box's size, on each side: detectors leave out hair and chin


@dataclass(frozen=True, slots=True)
class View:
    """One crop of a photo. weights (1, tokens, 1) of mean 1, or None where no face is known."""

    latents: Latents
    weights: Tensor | None


@dataclass(frozen=True, slots=True)
class Example:
    """One photo at all of its bucket sizes, with its caption."""

    views: tuple[View, ...]
    caption: Prompt


@dataclass(frozen=True, slots=True)
class Material:
    """The encoded dataset; `samples` are the prompts of one round of sample pictures."""

    examples: tuple[Example, ...]
    empty: Prompt
    samples: tuple[Prompt, ...]


def encode(
    kind: Architecture,
    pipe: Any,
    photos: list[Photo],
    payload: TrainPayload,
    resolutions: tuple[int, ...],
    report: Reporter,
) -> Material:
    """Encode photos and captions with a pipeline that has encoders; no gradients are kept."""
    prompts = _Prompts(kind, pipe, payload)
    examples: list[Example] = []
    with torch.no_grad():
        for number, photo in enumerate(photos):
            report.stage(Stage.ENCODING, progress=0.02 + 0.03 * number / len(photos))
            caption = training_caption(payload.trigger_word, payload.subject, photo.caption)
            views = _views(kind, pipe, photo, resolutions, payload.recipe.face_weight_outside)
            examples.append(Example(views=views, caption=prompts.encode(caption)))
        scenes = SAMPLE_SCENES[: payload.recipe.samples_per_round if payload.sample_put_urls else 0]
        samples = [training_caption(payload.trigger_word, payload.subject, s) for s in scenes]
        return Material(
            examples=tuple(examples),
            empty=prompts.encode(""),
            samples=tuple(prompts.encode(text) for text in samples),
        )


class _Prompts:
    """Encodes each distinct text once."""

    def __init__(self, kind: Architecture, pipe: Any, payload: TrainPayload) -> None:
        self._kind, self._pipe = kind, pipe
        self._length = payload.recipe.max_sequence_length
        self._known: dict[str, Prompt] = {}

    def encode(self, text: str) -> Prompt:
        if text not in self._known:
            self._known[text] = self._kind.encode_prompt(self._pipe, text, self._length)
        return self._known[text]


def _views(
    kind: Architecture, pipe: Any, photo: Photo, resolutions: tuple[int, ...], outside: float
) -> tuple[View, ...]:
    views: list[View] = []
    for crop in crops(photo.image.size, resolutions):
        pixels = to_pixels(cut(photo.image, crop)).to(pipe.vae.device, pipe.vae.dtype)
        latents = kind.encode_pixels(pipe, pixels)
        weights = None
        if photo.face_box is not None:
            box = box_in_crop(photo.face_box, crop)
            weights = face_weights(box, latents.grid, outside).to(pixels.device)
        views.append(View(latents=latents, weights=weights))
    return tuple(views)


def to_pixels(image: Image.Image) -> Tensor:
    """An RGB picture as float32 (1, 3, height, width) in -1..1."""
    values = torch.from_numpy(numpy.array(image)).permute(2, 0, 1).unsqueeze(0)
    pixels: Tensor = values.float() / 127.5 - 1
    return pixels


def face_weights(box: FaceBox, grid: tuple[int, int], outside: float) -> Tensor:
    """Loss weights (1, rows * columns, 1) of mean 1: 1.0 in the face to `outside`, soft edges."""
    left, top, right, bottom = box
    wide, high = (right - left) * FACE_MARGIN, (bottom - top) * FACE_MARGIN
    rows = _coverage(top - high, bottom + high, grid[0])
    columns = _coverage(left - wide, right + wide, grid[1])
    weights = outside + (1 - outside) * torch.outer(rows, columns)
    normal: Tensor = (weights / weights.mean()).reshape(1, -1, 1)
    return normal


def _coverage(start: float, end: float, cells: int) -> Tensor:
    """How much of each of `cells` equal parts of 0..1 lies between start and end."""
    edges = torch.linspace(0, 1, cells + 1)
    inside = torch.clamp(edges[1:], max=end) - torch.clamp(edges[:-1], min=start)
    share: Tensor = inside.clamp(min=0) * cells
    return share
