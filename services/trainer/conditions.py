"""The pictures that an image is made from: references, a picture to change, and where to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffusers import Flux2KleinInpaintPipeline
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from services.trainer.context import Context
from services.trainer.dataset import MAX_PHOTO_BYTES, MIN_SIDE, UNREADABLE, upright
from services.trainer.errors import JobFailed
from services.trainer.placement import REFERENCE_SIDE
from services.trainer.spec import Code, FaceBox, GeneratePayload
from services.trainer.transfer import fetch

OVERLAP = 1 / 64  # of the shorter side: so far an extension reaches into the picture
BLUR = 24  # the longer side over this: the radius of what an extension begins with
AROUND = 2.0  # times the face's longer side: what is made again with it
OVAL = 1.3  # times the face's box: what may change
SMALLEST = 24  # pixels a side of that part
FADE = 24  # the part's side over this: how softly the oval ends
FOLDER = "inputs"  # in the job's folder, of which folders go when the job ends


@dataclass(frozen=True, slots=True)
class Conditions:
    """The pictures of one job, as the pipelines take them.

    references: RGB, of at most 768 x 768 pixels in area. source (RGB) and mask (grey): of the
    size of the result; white is where the picture may change. whole, place: the picture that the
    result is a part of, and where, as left, top, right, bottom in pixels.
    """

    references: tuple[Image.Image, ...] = ()
    source: Image.Image | None = None
    mask: Image.Image | None = None
    whole: Image.Image | None = None
    place: tuple[int, int, int, int] = (0, 0, 0, 0)

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
        if self.whole is not None:
            return self._set_back(image)
        return Image.composite(image, self.source, self.mask)

    def _set_back(self, image: Image.Image) -> Image.Image:
        """The whole picture with this part of it, through a mask that fades out."""
        assert self.whole  # noqa: S101  # the caller has looked
        assert self.mask  # noqa: S101
        left, top, right, bottom = self.place
        size = right - left, bottom - top
        whole, part = self.whole.copy(), image.resize(size, Image.Resampling.LANCZOS)
        whole.paste(part, (left, top), self.mask.resize(size, Image.Resampling.BILINEAR))
        return whole


INPAINTING = ("scheduler", "vae", "text_encoder", "tokenizer", "transformer")


def read_conditions(payload: GeneratePayload, context: Context) -> Conditions:
    """Fetch the pictures of a job. Raises JobFailed: TRANSFER_FAILED, IMAGE_INVALID."""
    size = payload.width, payload.height
    folder = context.folder / FOLDER
    references = [
        _within(read_picture(url, folder / f"reference-{number}").convert("RGB"))
        for number, url in enumerate(payload.reference_urls)
    ]
    source = mask = None
    if payload.source_url:
        whole = read_picture(payload.source_url, folder / "source").convert("RGB")
        source = ImageOps.fit(whole, size)
        if payload.extend:
            source, mask = _extended(whole, size)
        if payload.area:
            return _within_whole(payload.area, whole, size, tuple(references))
    if payload.mask_url:
        mask = ImageOps.fit(read_picture(payload.mask_url, folder / "mask").convert("L"), size)
    return Conditions(tuple(references), source, mask)


def _within_whole(
    area: FaceBox, whole: Image.Image, size: tuple[int, int], references: tuple[Image.Image, ...]
) -> Conditions:
    """A face with what is around it, and an oval that fades out before the edge of that."""
    left, top, right, bottom = (
        edge * side for edge, side in zip(area, whole.size * 2, strict=True)
    )
    half = AROUND * max(right - left, bottom - top) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    place = (
        max(0, round(x - half)),
        max(0, round(y - half)),
        min(whole.width, round(x + half)),
        min(whole.height, round(y + half)),
    )
    if min(place[2] - place[0], place[3] - place[1]) < SMALLEST:
        raise JobFailed(Code.IMAGE_INVALID, "The face is too small to be made again.")
    part = whole.crop(place).resize(size, Image.Resampling.LANCZOS)
    across, down = size[0] / (place[2] - place[0]), size[1] / (place[3] - place[1])
    oval = Image.new("L", size, 0)
    grown = (OVAL - 1) / 2
    wide, high = grown * (right - left), grown * (bottom - top)
    box = (left - wide, top - high, right + wide, bottom + high)
    inside = [((edge - place[i % 2]) * (down if i % 2 else across)) for i, edge in enumerate(box)]
    ImageDraw.Draw(oval).ellipse(tuple(inside), fill=255)
    soft = oval.filter(ImageFilter.GaussianBlur(max(size) / FADE))
    return Conditions(references, part, _dark_edge(soft), whole, place)


def _dark_edge(mask: Image.Image) -> Image.Image:
    """Nothing of what fades out is cut off, also where the face touches the picture's edge."""
    edge = Image.new("L", mask.size, 0)
    lap = max(1, max(mask.size) // FADE)
    edge.paste(255, (lap, lap, mask.width - lap, mask.height - lap))
    return ImageChops.darker(mask, edge.filter(ImageFilter.BoxBlur(lap)))


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


def read_picture(url: str, path: Path) -> Image.Image:
    """Fetch one picture, upright. Raises JobFailed: TRANSFER_FAILED, IMAGE_INVALID."""
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
