"""What is said of the GPU of this machine; apart from the SDK, which is slow to import."""

from dataclasses import replace

from services.engines.base import EngineInfo, Method
from services.engines.worker.info import describe as describe_worker
from services.settings import Settings

NAME = "local"
PRIVACY = "Photos stay on this machine, and its worker removes its copies when the work is done."


def describe(settings: Settings, *, gpu: bool) -> EngineInfo:
    """What a worker offers, here; on a CPU only what needs no training, and slowly."""
    worker = describe_worker(settings)
    instant = worker.of(Method.INSTANT)
    if not gpu:
        changes = {"slow": True, "trains": False, "operations": worker.operations}
        return _ours(instant, gpu=False, batch=1, max_references=1, **changes)
    by_method = {method: _ours(info, gpu=True) for method, info in worker.by_method.items()}
    return _ours(worker, gpu=True, by_method=by_method)


def _ours(info: EngineInfo, *, gpu: bool, **changes: object) -> EngineInfo:
    return replace(
        info,
        name=NAME,
        label="This machine’s GPU" if gpu else "This machine’s CPU",
        notice=info.notice.replace(
            "this installation’s own GPU", "this machine’s own " + ("GPU" if gpu else "CPU")
        ),
        privacy=PRIVACY,
        **changes,  # type: ignore[arg-type]
    )
