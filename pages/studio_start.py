"""What the studio's form begins with: nothing, a picture to have more of, or an earlier request."""

from dataclasses import dataclass
from uuid import UUID

from services.gallery.images import ImageDetails
from services.studio import operations
from services.studio.generations import GenerationView


@dataclass(frozen=True, slots=True)
class Start:
    """What the form stands on when the page opens; count None: what is usual."""

    model: UUID | None = None
    prompt: str = ""
    preset: str = ""
    aspect: str = "4:5"
    negative: str = ""
    count: int | None = None


def like(image: ImageDetails) -> Start:
    """More of a picture."""
    return Start(
        model=image.model_id,
        prompt=image.prompt,
        preset=image.preset or "",
        aspect=operations.nearest_aspect(image.width, image.height),
        negative=str(image.recipe.get("negative_prompt") or ""),
    )


def asked_again(generation: GenerationView) -> Start:
    """What was asked for before, to change and ask again."""
    return Start(
        model=generation.user_model_id,
        prompt=generation.prompt,
        preset=generation.preset or "",
        aspect=generation.aspect,
        negative=generation.negative_prompt or "",
        count=generation.count,
    )
