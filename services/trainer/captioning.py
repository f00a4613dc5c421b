"""An operator's own captioner: TRAINER_CAPTIONER names a function, `package.module:function`.

It is called with each photo that came without a caption, a PIL image (RGB), while photos are
encoded, and answers the scene, the pose and the clothes in a few words; phrases about the face are
left out. Small free models do: Florence-2-base (MIT), Qwen3-VL (Apache-2.0). None is shipped.
"""

from collections.abc import Callable
from importlib import import_module

from PIL.Image import Image

from services.trainer.reporting import Reporter

LONGEST = 300  # characters

Captioner = Callable[[Image], str | None]


def captioner(name: str | None, report: Reporter) -> Captioner | None:
    """The function of that name; one that fails is warned of and never ends a training."""
    if not name:
        return None
    try:
        module, _, function = name.partition(":")
        found: Captioner = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        report.warn(f"The captioner can't be loaded: {error}")
        return None

    def call(photo: Image) -> str | None:
        try:
            return (found(photo) or "").strip()[:LONGEST] or None
        except Exception as error:  # an operator's code fails in any way
            report.warn(f"The captioner failed: {type(error).__name__}")
            return None

    return call
