"""Aspect buckets: few sizes, so that compiled kernels are reused; no photo is ever enlarged."""

from dataclasses import dataclass

from PIL import Image

from services.trainer.spec import FaceBox

MULTIPLE = 16  # pixels: eightfold compression by the autoencoder, then patches of two
ASPECTS = (1.0, 4 / 5, 5 / 4, 3 / 4, 4 / 3, 2 / 3, 3 / 2, 9 / 16, 16 / 9)  # width / height


@dataclass(frozen=True, slots=True)
class Crop:
    """Scale the photo to `scaled`, then cut `size` out of its middle; pixels (width, height)."""

    scaled: tuple[int, int]
    size: tuple[int, int]

    @property
    def offset(self) -> tuple[int, int]:
        """Left and top of the cut."""
        return tuple(  # type: ignore[return-value]
            (scaled - side) // 2 for scaled, side in zip(self.scaled, self.size, strict=True)
        )


def bucket_size(resolution: int, aspect: float) -> tuple[int, int]:
    """Width and height near `resolution` squared in area, of the nearest aspect in ASPECTS."""
    nearest = min(ASPECTS, key=lambda known: abs(known - aspect) / known)
    width = round(resolution * nearest**0.5 / MULTIPLE) * MULTIPLE
    height = round(resolution / nearest**0.5 / MULTIPLE) * MULTIPLE
    return max(width, MULTIPLE), max(height, MULTIPLE)


def crops(size: tuple[int, int], resolutions: tuple[int, ...]) -> list[Crop]:
    """One crop for each resolution that the photo reaches; if none, the photo's own size."""
    width, height = size
    wanted = [bucket_size(resolution, width / height) for resolution in sorted(set(resolutions))]
    reached = [bucket for bucket in wanted if bucket[0] <= width and bucket[1] <= height]
    own = width // MULTIPLE * MULTIPLE, height // MULTIPLE * MULTIPLE
    return [_crop(size, bucket) for bucket in reached or [own]]


def _crop(size: tuple[int, int], bucket: tuple[int, int]) -> Crop:
    scale = max(bucket[0] / size[0], bucket[1] / size[1])
    scaled = max(round(size[0] * scale), bucket[0]), max(round(size[1] * scale), bucket[1])
    return Crop(scaled=scaled, size=bucket)


def cut(image: Image.Image, crop: Crop) -> Image.Image:
    """The part of a photo that a crop keeps."""
    left, top = crop.offset
    scaled = image.resize(crop.scaled, Image.Resampling.LANCZOS)
    return scaled.crop((left, top, left + crop.size[0], top + crop.size[1]))


def box_in_crop(box: FaceBox, crop: Crop) -> FaceBox:
    """A box in 0..1 of the photo, in 0..1 of the crop."""
    left, top = crop.offset

    def x(value: float) -> float:
        return min(max((value * crop.scaled[0] - left) / crop.size[0], 0.0), 1.0)

    def y(value: float) -> float:
        return min(max((value * crop.scaled[1] - top) / crop.size[1], 0.0), 1.0)

    return x(box[0]), y(box[1]), x(box[2]), y(box[3])
