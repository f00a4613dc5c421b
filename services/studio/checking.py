"""A request against what its engine takes, as the row that is kept of it."""

from uuid import UUID

from db.models import Generation
from services.deps import Deps
from services.engines.base import Parameter
from services.errors import Invalid
from services.kit import texts
from services.studio import prompt_reading
from services.studio.operations import Plan
from services.studio.requests import ASPECTS, MAX_SEED, PROMPT_LENGTH, GenerationRequest
from services.studio.styles import StyleView
from services.training.methods import Choice

USUAL_COUNT = 4


def checked(
    deps: Deps,
    user_id: UUID,
    request: GenerationRequest,
    choice: Choice,
    plan: Plan | None,
    style: StyleView | None,
) -> Generation:
    """The row, not yet in the session. Raises Invalid with the field that is wrong."""
    info = choice.info
    count = USUAL_COUNT if request.count is None else request.count
    if not 1 <= count <= info.max_count:
        raise Invalid(f"Ask for 1 to {info.max_count} images at a time.", field="count")
    if request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        raise Invalid(f"A seed is a number from 0 to {MAX_SEED:,}.", field="seed")
    if request.negative_prompt and not info.negative_prompt:
        raise Invalid(f"{info.label} takes no negative prompt.", field="negative_prompt")
    _within("Steps", request.steps, info.steps, info.label)
    _within("Guidance scale", request.guidance_scale, info.guidance_scale, info.label)
    _within("LoRA scale", request.lora_scale, info.lora_scale, info.label)
    width, height = (plan.width, plan.height) if plan else ASPECTS[request.aspect]
    prompt = texts.clean(request.prompt, field="Prompt", maximum=PROMPT_LENGTH, minimum=1)
    negative = texts.clean(request.negative_prompt or "", field="Negative prompt", maximum=500)
    return Generation(
        id=deps.new_id(),
        user_id=user_id,
        user_model_id=request.user_model_id,
        second_model_id=request.second_model_id,
        people=plan.people if plan else 2 if request.second_model_id else 1,
        engine=info.name,
        method=choice.method,
        prompt=prompt,
        negative_prompt=negative or None,
        preset=request.preset,
        aspect=request.aspect,
        width=width,
        height=height,
        count=count,
        seed=deps.new_seed() if request.seed is None else request.seed,
        steps=request.steps,
        guidance_scale=request.guidance_scale,
        lora_scale=request.lora_scale,
        cost=count,
        operation=request.operation,
        source_image_id=request.source_image_id,
        scale=request.scale,
        mask=request.mask,
        reading=prompt_reading.of_operation(
            choice.engine, request.operation, prompt, style.look if style else None
        ),
    )


def _within(name: str, value: float | None, allowed: Parameter | None, engine: str) -> None:
    if value is None:
        return
    if allowed is None:
        raise Invalid(f"{name} can’t be set with {engine}.", field=name.lower())
    if not allowed.minimum <= value <= allowed.maximum:
        raise Invalid(
            f"{name} goes from {allowed.minimum:g} to {allowed.maximum:g}.", field=name.lower()
        )
