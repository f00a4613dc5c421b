"""What is said of the own GPU worker; apart from the SDK, which is slow to import."""

from dataclasses import replace

from services.engines.base import EngineInfo, Method, Operation
from services.engines.together.info import GUIDANCE, STEPS, TRAINED_ON, lora_scale
from services.settings import Settings
from services.trainer.spec import MAX_REFERENCES

REFERS = "klein"  # a part of the names of the bases that take reference photos
OPERATIONS = (
    Operation.GENERATE,
    Operation.EDIT,
    Operation.INPAINT,
    Operation.EXTEND,
    Operation.FACE,
)


def describe(settings: Settings) -> EngineInfo:
    """By the settings; no address is needed to say it."""
    trained = _trained(settings)
    if REFERS not in trained.base_model:
        return trained
    return replace(
        trained,
        methods=(Method.TRAINED, Method.INSTANT),
        operations=(*OPERATIONS, *((Operation.ENLARGE,) if settings.upscaler else ())),
        upscaler=settings.upscaler or "",
        enlarging=f"By a network, {settings.upscaler}: it draws detail"
        if settings.upscaler
        else "",
        min_photos=1,
        max_references=MAX_REFERENCES,
        by_method={Method.INSTANT: _instant(trained)},
    )


def _trained(settings: Settings) -> EngineInfo:
    return EngineInfo(
        name="worker",
        label="Your GPU worker",
        notice="A FLUX model of you is trained and run on this installation’s own GPU.",
        privacy="Photos go to the GPU worker of this installation and are removed there "
        "when the work is done.",
        trains=True,
        base_model=settings.base_model or TRAINED_ON,
        negative_prompt=True,
        steps=STEPS,
        guidance_scale=GUIDANCE,
        lora_scale=lora_scale(settings),
        resubmit_safe=True,
    )


def _instant(trained: EngineInfo) -> EngineInfo:
    """With the distilled base, whose steps and guidance are fixed."""
    return replace(
        trained,
        notice="FLUX.2 on this installation’s own GPU makes each image from your best photos.",
        base_model=trained.base_model.replace("-base", ""),
        methods=(Method.INSTANT,),
        min_photos=1,
        max_references=MAX_REFERENCES,
        max_people=2,
        negative_prompt=False,
        steps=None,
        guidance_scale=None,
        lora_scale=None,
    )
