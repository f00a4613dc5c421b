"""The pictures that an image is made from: references, a picture to change, and where to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffusers import Flux2KleinInpaintPipeline
from PIL import Image, ImageFilter, ImageOps

from services.trainer.context import Context
from services.trainer.dataset import MAX_PHOTO_BYTES, MIN_SIDE, UNREADABLE, upright
from services.trainer.errors import JobFailed
from services.trainer.placement import REFERENCE_SIDE
from services.trainer.spec import Code, GeneratePayload
from services.trainer.transfer import fetch

OVERLAP = 1 / 64  # of the shorter side: so far an extension reaches into the picture
BLUR = 24  # the longer side over this: the radius of what an extension begins with
FOLDER = "inputs"  # in the job's folder, of which folders go when the job ends


@dataclass(frozen=True, slots=True)
class Conditions:
    """The pictures of one job, as the pipelines take them.

    references: RGB, of at most 768 x 768 pixels in area. source (RGB) and mask (grey): of the
    size of the result; white is where the picture may change.
    """

    references: tuple[Image.Image, ...] = ()
    source: Image.Image | None = None
    mask: Image.Image | None = None

    def pipeline(self, pipe: Any) -> Any:
        """The pipeline for these, on the same parts: another one only where there is a mask."""
        if self.mask is None:
            return pipe
        parts = {name: getattr(pipe, name) for name in INPAINTING}
        inpainting = Flux2KleinInpaintPipeline(**parts, is_distilled=pipe.config.is_distilled)
        inpainting.set_progress_bar_config(disable=True)
        return inpainting

    def arguments(self, strength: float) -> dict[str, Any]:
        """What the pipeline is called with beside the prompt; {} without any picture."""
        if self.mask is None:
            pictures = [*([self.source] if self.source else []), *self.references]
            return {"image": pictures} if pictures else {}
        arguments = {"image": self.source, "mask_image": self.mask, "strength": strength}
        return arguments | ({"image_reference": list(self.references)} if self.references else {})

    def finish(self, image: Image.Image) -> Image.Image:
        """The picture with every pixel outside the mask as it was in the source."""
        if self.mask is None or self.source is None:
            return image
        return Image.composite(image, self.source, self.mask)


INPAINTING = ("scheduler", "vae", "text_encoder", "tokenizer", "transformer")


def read_conditions(payload: GeneratePayload, context: Context) -> Conditions:
    """Fetch the pictures of a job. Raises JobFailed: TRANSFER_FAILED, IMAGE_INVALID."""
    size = payload.width, payload.height
    folder = context.folder / FOLDER
    references = [
        _within(_picture(url, folder / f"reference-{number}").convert("RGB"))
        for number, url in enumerate(payload.reference_urls)
    ]
    source = mask = None
    if payload.source_url:
        whole = _picture(payload.source_url, folder / "source").convert("RGB")
        source = ImageOps.fit(whole, size)
        if payload.extend:
            source, mask = _extended(whole, size)
    if payload.mask_url:
        mask = ImageOps.fit(_picture(payload.mask_url, folder / "mask").convert("L"), size)
    return Conditions(tuple(references), source, mask)


def _extended(whole: Image.Image, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """The whole picture amid its own blurred colours, and the mask of what lies around it."""
    inner = ImageOps.contain(whole, size)
    left, top = (size[0] - inner.width) // 2, (size[1] - inner.height) // 2
    around = ImageOps.fit(whole, size).filter(ImageFilter.GaussianBlur(max(size) / BLUR))
    around.paste(inner, (left, top))
    lap = max(1, round(min(inner.size) * OVERLAP))
    x, y = (lap if left else 0), (lap if top else 0)
    mask = Image.new("L", size, 255)
    mask.paste(0, (left + x, top + y, left + inner.width - x, top + inner.height - y))
    return around, mask


def _picture(url: str, path: Path) -> Image.Image:
    if not path.exists():
        fetch(url, path, max_bytes=MAX_PHOTO_BYTES)
    try:
        return upright(path)
    except UNREADABLE as error:
        reason = f"The {path.name.partition('-')[0]} is not a picture: {error}"
        raise JobFailed(Code.IMAGE_INVALID, reason) from None


def _within(image: Image.Image) -> Image.Image:
    """Scaled down to the area that a reference may have: its tokens are paid in each step."""
    scale = (REFERENCE_SIDE**2 / (image.width * image.height)) ** 0.5
    if scale >= 1:
        return image
    size = max(int(image.width * scale), MIN_SIDE), max(int(image.height * scale), MIN_SIDE)
    return image.resize(size, Image.Resampling.LANCZOS)
