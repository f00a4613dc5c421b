"""What the studio begins with: nothing yet, a picture to have more of, or an earlier request."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from components.dom import el
from components.feedback import empty_state
from db.states import ModelStatus
from services.gallery.images import ImageDetails
from services.studio import operations
from services.studio.generations import GenerationView
from services.training.user_models import UserModelView


@dataclass(frozen=True, slots=True)
class Start:
    """What the form stands on when the page opens; count None: what is usual."""

    model: UUID | None = None
    second: UUID | None = None
    prompt: str = ""
    preset: str = ""
    aspect: str = "4:5"
    negative: str = ""
    count: int | None = None


def like(image: ImageDetails) -> Start:
    """More of a picture."""
    return Start(
        model=image.model_id,
        second=image.second_model_id,
        prompt=image.prompt,
        preset=image.preset or "",
        aspect=operations.nearest_aspect(image.width, image.height),
        negative=str(image.recipe.get("negative_prompt") or ""),
    )


def asked_again(generation: GenerationView) -> Start:
    """What was asked for before, to change and ask again."""
    return Start(
        model=generation.user_model_id,
        second=generation.second_model_id,
        prompt=generation.prompt,
        preset=generation.preset or "",
        aspect=generation.aspect,
        negative=generation.negative_prompt or "",
        count=generation.count,
    )


def nothing_yet(models: Sequence[UserModelView]) -> None:
    """What to do where no model can be used yet."""
    under_way = next((m for m in models if m.active), None)
    draft = next((m for m in models if m.status == ModelStatus.DRAFT), None)
    action = ("Add photos", f"/models/new?draft={draft.id}" if draft else "/models/new")
    sentence = "Add photos of one person, and make pictures of her here."
    if under_way:
        action = (f"Follow {under_way.name}", f"/models/{under_way.id}")
        sentence = f"{under_way.name} is being trained. The studio opens as soon as it is ready."
    with el("div", classes="card"):
        empty_state(sentence, symbol="sparkle", action=action)


def as_id(text: str) -> UUID | None:
    """An id in an address; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
