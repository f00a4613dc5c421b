"""Images by one synchronous call: FLUX.2 with the member's photos as references."""

import base64
import binascii
from typing import Any

from together import AsyncTogether
from together.types import ImageFile

from services.engines import referring
from services.engines.base import (
    GenerateRequest,
    Operation,
    RemoteState,
    RemoteStatus,
    ResultFile,
)
from services.engines.together.errors import in_plain_words
from services.engines.together.info import NAME
from services.engines.together.models import image_model, nearest_aspect

TIMEOUT = 180.0  # seconds; an image takes 5-30
STEP = 16  # sides are multiples of it, also of a picture to edit that was made elsewhere


class Images:
    """The images API with one model."""

    def __init__(self, client: AsyncTogether, model: str) -> None:
        self._client, self._model = client, model
        self.model = image_model(model)

    async def generate(self, request: GenerateRequest) -> RemoteStatus:
        """One image; the call returns when it is finished. Raises Refused, Unknown."""
        if len(request.seeds) != 1:
            raise ValueError("one call makes one image: each has a seed of its own")
        arguments = self._arguments(request)
        with in_plain_words(NAME):
            answer = await self._client.images.generate(**arguments, timeout=TIMEOUT)
        recipe = {"base_model": self._model, "via": "references"}
        return RemoteStatus(
            "", RemoteState.SUCCEEDED, progress=1.0, results=_results(answer), recipe=recipe
        )

    def _arguments(self, request: GenerateRequest) -> dict[str, Any]:
        offered = {
            "width": request.width // STEP * STEP,
            "height": request.height // STEP * STEP,
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
            **self._pictures(request),
            "extra_body": self._extra(request),
        }

    def _extra(self, request: GenerateRequest) -> dict[str, Any]:
        """What the SDK has no arguments for."""
        shape = {"aspect_ratio": nearest_aspect(request.width, request.height)}
        return self.model.extra | (shape if "aspect_ratio" in self.model.takes else {})

    def _prompt(self, request: GenerateRequest) -> str:
        if request.operation is Operation.EDIT:
            return f"{request.prompt}. Change nothing else in the picture."
        return request.words(referring.subject(request, self.model.references))

    def _pictures(self, request: GenerateRequest) -> dict[str, Any]:
        """The picture to edit, or photos of the person."""
        source = [request.source] if request.source else []
        urls = [file.url for file in source or referring.photos(request, self.model.references)]
        return {self.model.by: urls[0] if self.model.by == "image_url" else urls}


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
