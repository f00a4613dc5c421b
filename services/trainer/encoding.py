"""Everything that a training reads, encoded once: latents, face weights, captions."""

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy
import torch
from PIL import Image
from torch import Tensor

from services.trainer.architectures import Architecture, Latents, Prompt
from services.trainer.buckets import box_in_crop, crops, cut
from services.trainer.captioning import Captioner
from services.trainer.captions import SAMPLE_SCENES, framing, training_caption
from services.trainer.dataset import Photo
from services.trainer.reporting import Reporter
from services.trainer.spec import FaceBox, Stage, TrainPayload

FACE_MARGIN = 0.25  # of the box's size, on each side: detectors leave out hair and chin
FACE_CROP = 2.2  # of a face's longer side: head and shoulders
MOST = 0.8  # of a photo's short side: a larger square would be the same picture again


@dataclass(frozen=True, slots=True)
class View:
    """One crop of a photo. weights (1, tokens, 1) of mean 1, or None where no face is known."""

    latents: Latents
    weights: Tensor | None


@dataclass(frozen=True, slots=True)
class Example:
    """One photo, or the face in it, at all of its bucket sizes, with its caption."""

    views: tuple[View, ...]
    caption: Prompt


@dataclass(frozen=True, slots=True)
class Material:
    """The encoded dataset, of so many photos.

    empty: no words. trigger: the trigger word and the subject. subject: the subject alone.
    samples: the prompts of one round of sample pictures. captions: the photos', as they were used.
    """

    examples: tuple[Example, ...]
    photos: int
    empty: Prompt
    trigger: Prompt
    subject: Prompt
    samples: tuple[Prompt, ...]
    captions: tuple[str, ...]


def encode(
    kind: Architecture,
    pipe: Any,
    photos: list[Photo],
    payload: TrainPayload,
    resolutions: tuple[int, ...],
    report: Reporter,
    captioner: Captioner | None = None,
) -> Material:
    """Encode photos and captions with a pipeline that has encoders; no gradients are kept.

    captioner: names the scene of a photo that came without a caption.
    """
    prompts = _Prompts(kind, pipe, payload)
    outside = payload.recipe.face_weight_outside
    examples: list[Example] = []
    captions: list[str] = []
    with torch.no_grad():
        for number, photo in enumerate(photos):
            report.stage(Stage.ENCODING, progress=0.02 + 0.03 * number / len(photos))
            captions.append(_caption(photo, payload, captioner))
            for seen, words in _seen(photo, captions[-1], payload):
                caption = prompts.encode(words)
                views = _views(kind, pipe, seen, resolutions, outside, caption.embeds.dtype)
                examples.append(Example(views=views, caption=caption))
        return Material(
            examples=tuple(examples),
            photos=len(photos),
            captions=tuple(captions),
            empty=prompts.encode(""),
            trigger=prompts.encode(training_caption(payload.trigger_word, payload.subject, None)),
            subject=prompts.encode(training_caption("", payload.subject, None)),
            samples=tuple(prompts.encode(text) for text in _samples(payload)),
        )


def _samples(payload: TrainPayload) -> list[str]:
    scenes = SAMPLE_SCENES[: payload.recipe.samples_per_round if payload.sample_put_urls else 0]
    words = {True: payload.trigger_word, False: ""}
    return [training_caption(words[s.person], payload.subject, s.words) for s in scenes]


def _caption(photo: Photo, payload: TrainPayload, captioner: Captioner | None) -> str:
    """The member's own words; without them the framing, and what a captioner sees."""
    scene = photo.caption
    if scene is None:
        near = payload.recipe.framing and photo.face_box
        seen = captioner(photo.image) if captioner else None
        scene = ", ".join(words for words in (near and framing(near), seen) if words)
    return training_caption(payload.trigger_word, payload.subject, scene)


def _seen(photo: Photo, caption: str, payload: TrainPayload) -> list[tuple[Photo, str]]:
    """The photo with its caption, and the face in it, where it is large enough, with its own."""
    seen = [(photo, caption)]
    recipe = payload.recipe
    if recipe.face_crops and (near := around_face(photo, recipe.face_crop_side)):
        scene = framing(near.face_box) if near.face_box else None
        seen.append((near, training_caption(payload.trigger_word, payload.subject, scene)))
    return seen


def around_face(photo: Photo, side: int) -> Photo | None:
    """A square of FACE_CROP times the face, moved into the photo.

    None without a face, under `side` pixels, or where it is most of the photo anyway.
    """
    if photo.face_box is None:
        return None
    wide, high = photo.image.size
    left, top, right, bottom = photo.face_box
    length = round(FACE_CROP * max((right - left) * wide, (bottom - top) * high))
    if not side <= length <= MOST * min(wide, high):
        return None
    x = min(max(round((left + right) * wide / 2 - length / 2), 0), wide - length)
    y = min(max(round((top + bottom) * high / 2 - length / 2), 0), high - length)
    box = tuple(
        min(max(value, 0.0), 1.0)
        for value in (
            (left * wide - x) / length,
            (top * high - y) / length,
            (right * wide - x) / length,
            (bottom * high - y) / length,
        )
    )
    return replace(
        photo,
        image=photo.image.crop((x, y, x + length, y + length)),
        face_box=cast(FaceBox, box),
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
    kind: Architecture,
    pipe: Any,
    photo: Photo,
    resolutions: tuple[int, ...],
    outside: float,
    dtype: torch.dtype,
) -> tuple[View, ...]:
    """dtype: what the transformer computes in; the autoencoder may be more precise."""
    views: list[View] = []
    for crop in crops(photo.image.size, resolutions):
        pixels = to_pixels(cut(photo.image, crop)).to(pipe.vae.device, pipe.vae.dtype)
        latents = kind.encode_pixels(pipe, pixels)
        latents = replace(latents, packed=latents.packed.to(dtype))
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
