"""Images by one synchronous call: FLUX.2 with the member's photos, or with a LoRA, as reference."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from together import AsyncTogether
from together.types import ImageFile

from services.engines.base import GenerateRequest, Refused, RemoteState, RemoteStatus, ResultFile
from services.engines.together.errors import in_plain_words

NAME = "Together AI"
TIMEOUT = 180.0  # seconds; an image takes 5-30
SIZES = ("width", "height", "seed")


@dataclass(frozen=True, slots=True)
class ImageModel:
    """What one model takes; whatever is not named here is never sent to it.

    usd: dollars a megapixel at its default steps. references: how many photos it is shown.
    """

    usd: float | None
    references: int
    takes: frozenset[str]


def _model(usd: float | None, *takes: str, references: int = 8) -> ImageModel:
    return ImageModel(usd, references, frozenset((*SIZES, *takes)))


MODELS = {
    "black-forest-labs/FLUX.2-pro": _model(0.03),
    "black-forest-labs/FLUX.2-max": _model(0.07),
    "black-forest-labs/FLUX.2-flex": _model(0.03, "steps", "guidance_scale"),
    "black-forest-labs/FLUX.2-dev": _model(0.0154, "steps", "guidance_scale", "image_loras"),
}
UNLISTED = _model(None, references=4)


class Images:
    """The images API with one model."""

    def __init__(self, client: AsyncTogether, model: str, *, lora: bool = False) -> None:
        self._client, self._model, self._lora = client, model, lora
        self.model = MODELS.get(model, UNLISTED)

    async def generate(self, request: GenerateRequest) -> RemoteStatus:
        """One image; the call returns when it is finished. Raises Refused, Unknown."""
        if len(request.seeds) != 1:
            raise ValueError("one call makes one image: each has a seed of its own")
        arguments = self._arguments(request)
        with in_plain_words(NAME):
            answer = await self._client.images.generate(**arguments, timeout=TIMEOUT)
        recipe = {"base_model": self._model, "via": "lora" if self._lora else "references"}
        return RemoteStatus(
            "", RemoteState.SUCCEEDED, progress=1.0, results=_results(answer), recipe=recipe
        )

    def _arguments(self, request: GenerateRequest) -> dict[str, Any]:
        offered = {
            "width": request.width,
            "height": request.height,
            "seed": request.seeds[0],
            "steps": request.steps,
            "guidance_scale": request.guidance_scale,
        }
        taken = {k: v for k, v in offered.items() if k in self.model.takes and v is not None}
        return {
            "model": self._model,
            "prompt": self._prompt(request),
            "n": 1,
            "response_format": "base64",
            "output_format": "jpeg",
            **taken,
            **self._likeness(request),
        }

    def _prompt(self, request: GenerateRequest) -> str:
        person = f"{request.trigger_word} {request.subject}"
        subject = person if self._lora else f"the same {request.subject} as in the reference images"
        return request.words(subject)

    def _likeness(self, request: GenerateRequest) -> dict[str, Any]:
        if not self._lora:
            urls = [photo.url for photo in request.photos[: self.model.references]]
            if not urls:
                raise Refused("This model has no photos to refer to.", retryable=False)
            return {"reference_images": urls}
        if request.lora is None:
            raise Refused("This model has not been trained for real images.", retryable=False)
        scale = 1.0 if request.lora_scale is None else request.lora_scale
        return {"image_loras": [{"path": request.lora.url, "scale": scale}]}


def _results(answer: object) -> tuple[ResultFile, ...]:
    """What came, in whichever form; an answer without images is no result at all."""
    items = answer.data if isinstance(answer, ImageFile) else None
    results = []
    for index, item in enumerate(items or ()):
        encoded, url = getattr(item, "b64_json", None), getattr(item, "url", None)
        if encoded:
            results.append(ResultFile(index, data=_decoded(encoded)))
        elif url:
            results.append(ResultFile(index, url=url))
    return tuple(results)


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        return b""
