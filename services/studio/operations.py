"""Operations on a picture: what is asked of the engine, and that the picture is still there."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, Generation, UserModel
from services.deps import Deps
from services.engines.base import OWN_PIXELS, Engine, Method, Operation
from services.errors import Conflict, Invalid
from services.gallery import images, offers
from services.studio.prompt_reading import WORDED
from services.studio.requests import ASPECTS, GenerationRequest
from services.training.methods import Choice

SCALES = (2, 4)
PNG = b"\x89PNG\r\n\x1a\n"
MASK_BYTES = 256 * 1024
SAME_SHAPE = 0.02  # two ratios that differ by less are the same format
NAMES = {
    Operation.EDIT: "edit",
    Operation.INPAINT: "edit of a part",
    Operation.EXTEND: "new format",
    Operation.ENLARGE: "enlargement",
    Operation.CUTOUT: "cut-out",
    Operation.FACE: "new face",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation on a picture of the member's, and who makes it. seed: None draws a new one.

    people: how many it shows, also where a model was deleted.
    prompt: what stands for the words where the operation needs none.
    """

    choice: Choice
    image_id: UUID
    user_model_id: UUID | None
    second_model_id: UUID | None
    people: int
    prompt: str
    preset: str | None
    seed: int | None
    aspect: str
    width: int
    height: int
    scale: int | None


async def plan(
    session: AsyncSession, deps: Deps, *, user_id: UUID, request: GenerationRequest
) -> Plan | None:
    """What the engine will be asked for; None for new images.

    Raises Invalid, NotFound, Conflict with the reason.
    """
    operation, image_id = request.operation, request.source_image_id
    if request.aspect not in ASPECTS:
        raise Invalid("Choose one of the offered formats.", aspect=list(ASPECTS))
    if operation is Operation.GENERATE:
        if image_id or request.scale or request.mask:
            raise Invalid("A new picture starts from no other one.", field="operation")
        return None
    if image_id is None:
        raise Invalid("Say which picture: `source_image_id` is missing.", field="source_image_id")
    if request.count not in (None, 1):
        raise Invalid("This makes one picture at a time.", field="count")
    scale = _scale(operation, request.scale)
    _masked(operation, request.mask)
    image = await images.owned(session, deps, user_id=user_id, image_id=image_id)
    if image.deleted_at is not None:
        raise Conflict("This picture is in the trash. Restore it first.")
    engine = offers.taker(deps, operation, image, scale=scale, engine=request.engine)
    width, height = image.width, image.height
    if operation is Operation.EXTEND:
        width, height = ASPECTS[request.aspect]
        if same_shape(request.aspect, image.width, image.height):
            raise Conflict("The picture has this format already. Choose another one.")
    first, second = image.user_model_id, image.second_model_id
    method = offers.method(engine, image)
    if operation is Operation.FACE:
        first, second = (
            (second, first) if second and request.user_model_id == second else (first, second)
        )
        method = await _of_face(session, engine, image, first)
    return Plan(
        choice=Choice(engine, method),
        image_id=image.id,
        user_model_id=first,
        second_model_id=second,
        people=image.recipe.get("people", 1),
        prompt=image.prompt,
        preset=image.preset,
        # What follows a vocabulary paints the same picture again, but for what is asked.
        seed=image.seed if engine.words else None,
        aspect=nearest_aspect(width, height),
        width=width * (scale or 1),
        height=height * (scale or 1),
        scale=scale,
    )


async def _of_face(
    session: AsyncSession, engine: Engine, image: GeneratedImage, user_model_id: UUID | None
) -> Method:
    """By the person's LoRA where she has one, whatever the picture was made by. Raises Conflict."""
    if user_model_id not in offers.alike(image):
        raise Conflict("The face of this person was not measured in the picture.")
    model = await session.get(UserModel, user_model_id) if user_model_id else None
    trained = model is not None and model.lora_key is not None
    return Method.TRAINED if trained and Method.TRAINED in engine.info.methods else Method.INSTANT


def planned(request: GenerationRequest, plan: Plan) -> GenerationRequest:
    """The request with what the picture decides. Raises Invalid where it says otherwise."""
    if request.user_model_id not in (None, plan.user_model_id):
        raise Invalid("The picture was made of another model.", field="model_id")
    if request.second_model_id not in (None, plan.second_model_id):
        raise Invalid("The picture was made of another model.", field="second_model_id")
    words = request.prompt.strip()
    if request.operation not in WORDED:
        words = plan.prompt if request.operation in OWN_PIXELS else words or plan.prompt
    return replace(
        request,
        user_model_id=plan.user_model_id,
        second_model_id=plan.second_model_id,
        prompt=words,
        preset=plan.preset,
        count=1,
        aspect=plan.aspect,
        seed=request.seed if plan.seed is None else plan.seed,
        scale=plan.scale,
    )


def purpose(row: Generation, model_name: str | None) -> str:
    """What the statement says the credits were for."""
    of = f" of {model_name}" if model_name else ""
    if row.operation == Operation.GENERATE:
        return f"{row.count} {'image' if row.count == 1 else 'images'}{of}"
    return f"{NAMES[Operation(row.operation)]} of an image{of}"


def nearest_aspect(width: int, height: int) -> str:
    """The format whose shape is nearest to a picture's."""
    ratio = width / height
    return min(ASPECTS, key=lambda name: abs(ASPECTS[name][0] / ASPECTS[name][1] - ratio))


def same_shape(name: str, width: int, height: int) -> bool:
    """Whether a picture has this format already."""
    across, down = ASPECTS[name]
    return abs(across / down - width / height) < SAME_SHAPE


def _masked(operation: Operation, mask: bytes | None) -> None:
    """Whether the mask may be one: it is decoded when it is used, in a process of its own."""
    if mask is None and operation is Operation.INPAINT:
        raise Invalid("Paint what is to change first.", field="mask")
    if mask is not None and operation is not Operation.INPAINT:
        raise Invalid("Only a change of a part has a mask.", field="mask")
    if mask is not None and not (mask.startswith(PNG) and len(mask) <= MASK_BYTES):
        raise Invalid(f"A mask is a PNG of at most {MASK_BYTES // 1024} KB.", field="mask")


def _scale(operation: Operation, scale: int | None) -> int | None:
    if operation is not Operation.ENLARGE:
        if scale is not None:
            raise Invalid("Only an enlargement has a scale.", field="scale")
        return None
    if scale is not None and scale not in SCALES:
        raise Invalid("A picture is enlarged twice or four times.", field="scale")
    return scale or SCALES[0]
