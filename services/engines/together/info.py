"""What is said of Together AI: instant images, and trained ones where there are containers."""

from dataclasses import replace

from services.engines.base import EngineInfo, Method, Operation, Parameter
from services.engines.together.models import image_model
from services.settings import Settings

NAME = "Together AI"
STEPS = Parameter(minimum=4, maximum=50, step=1, default=28)
GUIDANCE = Parameter(minimum=1, maximum=10, step=0.5, default=4)
LORA_SCALE = Parameter(minimum=0, maximum=1.5, step=0.05, default=1)
# Distilled weights show less of a LoRA that was trained on the base: 1.1 to 1.25 is published for
# klein. Which of it is best has not been measured; LORA_SCALE is for what an operator measures.
FAST_LORA_SCALE = 1.15
TRAINED_ON = "FLUX.2-klein-base-4B"


def describe(settings: Settings) -> EngineInfo:
    """By the settings; no key is needed to say it."""
    instant = _instant(settings)
    return _with_containers(settings, instant) if settings.together_trainer else instant


def _instant(settings: Settings) -> EngineInfo:
    model = image_model(settings.together_image_model)
    return EngineInfo(
        name="together",
        label=NAME,
        notice="A model at Together AI makes each image from your best photos: nothing is trained.",
        privacy=_privacy(model.host),
        trains=False,
        base_model=settings.together_image_model,
        methods=(Method.INSTANT,),
        operations=(Operation.GENERATE, Operation.EDIT),
        min_photos=1,
        max_references=model.references,
        max_people=min(2, model.references),
        batch=1,
        steps=STEPS if "steps" in model.takes else None,
        guidance_scale=GUIDANCE if "guidance_scale" in model.takes else None,
        cost_per_image_usd=model.usd,
    )


def _with_containers(settings: Settings, instant: EngineInfo) -> EngineInfo:
    return EngineInfo(
        name="together",
        label=NAME,
        notice="A FLUX model of you is trained on a GPU at Together AI.",
        privacy=f"{_privacy('')} For instant images: {instant.privacy}",
        trains=True,
        base_model=settings.base_model or TRAINED_ON,
        methods=(Method.TRAINED, Method.INSTANT),
        operations=instant.operations,
        min_photos=1,
        max_references=instant.max_references,
        negative_prompt=True,
        steps=STEPS,
        guidance_scale=GUIDANCE,
        lora_scale=lora_scale(settings),
        by_method={Method.INSTANT: instant},
    )


def lora_scale(settings: Settings) -> Parameter:
    """How strong a LoRA may be, and is where nobody chooses."""
    usual = FAST_LORA_SCALE if settings.generation_profile == "fast" else LORA_SCALE.default
    chosen = settings.lora_scale
    return replace(LORA_SCALE, default=usual if chosen is None else chosen)


def _privacy(host: str) -> str:
    """Who sees the photos: Together, and whoever runs the model for it."""
    sent = "Photos are sent to Together AI for each job, by links that expire"
    return f"{sent}, and seen there by {host}." if host else f"{sent}."
