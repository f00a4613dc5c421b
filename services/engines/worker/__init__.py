"""The operator's own GPU worker (`services/trainer`), asked by Together's Queue API."""

from services.engines.base import ConnectionField, Engine, EngineInfo
from services.engines.worker.info import describe as describe_worker
from services.settings import Settings
from services.storage.base import Storage

HELP = (
    "Photos stay on your own machines. Start the worker where the GPU is, as the README says, "
    "then write here where it is."
)
FIELDS: tuple[ConnectionField, ...] = (
    ConnectionField("gpu_worker_url", "Address", example="http://gpu-box:9000"),
    ConnectionField("gpu_worker_key", "Key of the worker", secret=True),
)


def missing(settings: Settings) -> str | None:
    """An address."""
    return None if settings.gpu_worker_url else "GPU_WORKER_URL is not set."


def describe(settings: Settings) -> EngineInfo:
    """What it offers with these settings."""
    return describe_worker(settings)


def make(settings: Settings, _storage: Storage) -> Engine:
    """Raises CannotStart when the address or the key is missing."""
    from services.engines.worker.engine import make_engine  # the SDK is slow to import

    return make_engine(settings)
