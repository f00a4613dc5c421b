"""What a worker can do, in words that jobs are given out by: profiles of bases, and operations.

Imports no torch, so that the app can use it without the worker's packages.
"""

from services.trainer.bases import BASES, Base, find_base, is_there
from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed

# On a picture that is there; each needs the distilled base of FLUX.2 klein.
OPERATIONS = ("edit", "inpaint", "extend", "face")
REFERS = "flux2-klein"
# networks that enlarge: their folder in the one of the bases, and how their files end
UPSCALERS, ENDINGS = "upscalers", (".safetensors", ".pth")


def named(what: str, by: str) -> str:
    """The word for a profile of a base (`fast`, `quality`), for trainings on it (`train`).

    Or for enlarging by a network (`enlarge`).
    """
    return f"{what}:{by}"


def offers(config: WorkerConfig) -> frozenset[str]:
    """What this worker can do now: by the weights that are here, and by their licences."""
    found: set[str] = set()
    for base in filter(lambda base: _may_use(config, base), BASES.values()):
        if _has(config, base, "quality"):
            found |= {named("quality", base.name), named("train", base.name)}
        if _has(config, base, "fast"):
            found.add(named("fast", base.name))
            found |= set(OPERATIONS if base.architecture == REFERS else ())
    return frozenset(found | {named("enlarge", name) for name in _upscalers(config)})


def _upscalers(config: WorkerConfig) -> set[str]:
    files = (config.base_dir / UPSCALERS).glob("*")
    return {path.stem for path in files if path.suffix in ENDINGS}


def _may_use(config: WorkerConfig, base: Base) -> bool:
    try:
        find_base(config, base.name)
    except JobFailed:
        return False
    return True


def _has(config: WorkerConfig, base: Base, profile: str) -> bool:
    """Whether the weights are here, or may be fetched: of the worker's own base only."""
    fetched = config.hub and base.name == config.base_model
    return fetched or is_there(config, base.profile(profile))
