"""What is said of GPU workers that ask for work: only what one that is there can do."""

from collections.abc import Collection
from dataclasses import replace

from services.engines.base import EngineInfo, Method, Operation
from services.engines.together.info import TRAINED_ON
from services.engines.worker.info import describe as describe_worker
from services.settings import Settings
from services.trainer.offers import named

NAME = "pull"


def describe(settings: Settings, offers: Collection[str]) -> EngineInfo:
    """By the settings, and by what the workers that are there offer together."""
    base = base_of(settings)
    worker = describe_worker(settings)
    needed = {
        Method.TRAINED: named(settings.generation_profile, base),
        Method.INSTANT: named("fast", base),
    }
    methods = tuple(m for m in worker.methods if needed.get(m) in offers)
    fast = Method.INSTANT in methods
    operations = tuple(o for o in worker.operations if _offered(o, worker, fast, offers))
    instant = worker.by_method.get(Method.INSTANT)
    return replace(
        worker,
        name=NAME,
        label="GPU workers that ask",
        notice="A FLUX model of you is trained and run on this installation’s own GPUs.",
        privacy="Photos go to the GPU workers of this installation, by links that expire, and are "
        "removed there when the work is done.",
        trains=named("train", base) in offers,
        methods=methods,
        operations=operations if methods else (),
        by_method={Method.INSTANT: replace(instant, name=NAME)} if instant and fast else {},
    )


def _offered(operation: Operation, worker: EngineInfo, fast: bool, offers: Collection[str]) -> bool:
    if operation is Operation.ENLARGE:
        return named("enlarge", worker.upscaler) in offers
    return operation is Operation.GENERATE or (fast and str(operation) in offers)


def base_of(settings: Settings) -> str:
    """The base that trainings and instant images are made on."""
    return settings.base_model or TRAINED_ON
