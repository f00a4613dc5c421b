"""What members ask for: new images, or an operation on one that is there."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.engines.base import Method, Operation

Aspect = Literal["1:1", "4:5", "3:4", "2:3", "16:9", "9:16"]
# About one megapixel each, exact in ratio, both sides multiples of 16 as FLUX needs.
ASPECTS = {
    "1:1": (1024, 1024),
    "4:5": (896, 1120),
    "3:4": (864, 1152),
    "2:3": (832, 1248),
    "16:9": (1280, 720),
    "9:16": (720, 1280),
}
PROMPT_LENGTH = 1000
MAX_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Share:
    """What one request has of a pack: its share of the price, and the album for its pictures.

    credits: whole, 0 or more. purpose: what the statement calls the pack.
    """

    credits: int
    album_id: UUID
    purpose: str


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What a member asks for. seed: of the first image; None draws one.

    second_model_id: of another person, who is to be seen in new pictures, too.
    engine, method: who makes the images, and how the person comes in; None: the best there is.

    operation: what is done with the picture `source_image_id`; its model, style and size are
    taken, aspect only to EXTEND it, scale (2 or 4) to ENLARGE it, and mask (a PNG of its shape,
    white where it may change) to INPAINT it. It makes one image.
    None in steps, guidance_scale or lora_scale means the engine's default; a value is taken
    only where the engine offers that parameter, and within its range.
    """

    user_model_id: UUID | None = None
    second_model_id: UUID | None = None
    prompt: str = ""
    engine: str | None = None
    method: Method | None = None
    preset: str | None = None
    negative_prompt: str | None = None
    count: int | None = None
    aspect: str = "1:1"
    seed: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    lora_scale: float | None = None
    operation: Operation = Operation.GENERATE
    source_image_id: UUID | None = None
    scale: int | None = None
    mask: bytes | None = None
