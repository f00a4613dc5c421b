"""What Together's image models take, cost and who runs them; apart from the SDK, slow to import."""

from dataclasses import dataclass, field
from typing import Any, Literal

SIZES = ("width", "height", "seed")
KONTEXT_ASPECTS = ("1:1", "16:9", "9:16", "4:3", "3:2")
PARTNER = "a partner of Together AI, which runs FLUX.2"
UNKNOWN = "whoever runs this model for Together AI"


@dataclass(frozen=True, slots=True)
class ImageModel:
    """What one model takes; whatever is not named here is never sent to it.

    usd: dollars a megapixel at its default steps. references: how many pictures it is shown.
    by: the field that these go into; `image_url` holds one. host: who else sees them, "" for
    nobody. extra: what is always sent, since its default is not what members ask for.
    """

    usd: float | None
    references: int
    takes: frozenset[str]
    host: str
    by: Literal["reference_images", "image_url"] = "reference_images"
    extra: dict[str, Any] = field(default_factory=dict)


def _flux2(usd: float, *takes: str, host: str = PARTNER) -> ImageModel:
    """Its prompts are rewritten unless it is told otherwise: then no seed repeats a picture."""
    taken = frozenset((*SIZES, *takes))
    return ImageModel(usd, 8, taken, host, extra={"prompt_upsampling": False})


def _kontext(usd: float) -> ImageModel:
    return ImageModel(usd, 1, frozenset(("aspect_ratio", "seed")), "", by="image_url")


def _other(usd: float, host: str) -> ImageModel:
    return ImageModel(usd, 4, frozenset(("width", "height")), host)


MODELS = {
    "black-forest-labs/FLUX.2-pro": _flux2(0.03),
    "black-forest-labs/FLUX.2-max": _flux2(0.07, host=UNKNOWN),
    "black-forest-labs/FLUX.2-flex": _flux2(0.03, "steps", "guidance_scale"),
    "black-forest-labs/FLUX.2-dev": _flux2(0.0154, "steps", "guidance_scale"),
    "black-forest-labs/FLUX.1-kontext-pro": _kontext(0.04),
    "black-forest-labs/FLUX.1-kontext-max": _kontext(0.08),
    "google/gemini-3-pro-image": _other(0.134, "Google"),
    "google/flash-image-2.5": _other(0.039, "Google"),
    "openai/gpt-image-2": _other(0.053, "OpenAI"),
}
UNLISTED = ImageModel(None, 4, frozenset(SIZES), UNKNOWN)


def image_model(name: str) -> ImageModel:
    """What is known of a model; of one that is not listed, only what most of them take."""
    return MODELS.get(name, UNLISTED)


def nearest_aspect(width: int, height: int) -> str:
    """The ratio, of those that Kontext makes, that is nearest to a size in pixels."""

    def away(name: str) -> float:
        across, down = map(int, name.split(":"))
        return abs(across / down - width / height)

    return min(KONTEXT_ASPECTS, key=away)
