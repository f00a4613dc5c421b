"""What Together's image models take and cost; apart from the SDK, which is slow to import."""

from dataclasses import dataclass

SIZES = ("width", "height", "seed")
HOUSE = "black-forest-labs/"


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
    "black-forest-labs/FLUX.2-dev": _model(0.0154, "steps", "guidance_scale"),
}
UNLISTED = _model(None, references=4)


def image_model(name: str) -> ImageModel:
    """What is known of a model; of one that is not listed, only what all of them take."""
    return MODELS.get(name, UNLISTED)
