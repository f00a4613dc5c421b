"""The files of an image: where its variants lie, their signed URLs, and what they are called."""

import unicodedata
from typing import Any, Literal

from db.models import GeneratedImage
from services.deps import Deps
from services.imaging.variants import MEDIUM_SIDE, fitted_size

Variant = Literal["thumb", "medium", "full"]
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/avif": "avif"}


def key(folder: str, content_type: str, variant: Variant) -> str:
    """Where a variant of an image lies: previews are WebP, the full one is as it was made."""
    extension = EXTENSIONS[content_type] if variant == "full" else "webp"
    return f"{folder.rstrip('/')}/{variant}.{extension}"


def medium_size(width: int, height: int) -> tuple[int, int]:
    """Width and height in px of the medium variant of an image of this size."""
    return fitted_size(width, height, MEDIUM_SIDE)


def url(deps: Deps, image: GeneratedImage, variant: Variant, *, download: bool = False) -> str:
    """A signed URL of one variant; with `download` the browser saves it under a telling name."""
    at = key(image.folder, image.content_type, variant)
    return deps.storage.url(at, download_name=file_name(image) if download else None)


def file_name(image: Any) -> str:
    """A safe name for the full image, such as `2026-03-01-portrait-in-café-1234-0f3a9c.png`.

    Letters, accents and digits of any script stay, in the composed form that other systems
    expect; all else, which some of them refuse, becomes a hyphen. At most 200 bytes.
    """
    prompt = unicodedata.normalize("NFC", image.prompt.lower())
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in prompt)
    words = "-".join(kept.split())[:40].strip("-") or "picture"
    extension = EXTENSIONS[image.content_type]
    return f"{image.created_at:%Y-%m-%d}-{words}-{image.seed}-{image.id.hex[-6:]}.{extension}"
