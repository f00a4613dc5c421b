"""The GPU of this machine: the worker of `services/trainer` as a child of this process."""

from services.engines.base import ConnectionField, Engine, EngineInfo
from services.engines.local import machine
from services.engines.local.info import NAME as NAME
from services.engines.local.info import describe as describe_local
from services.settings import Settings
from services.storage.base import Storage

HELP = (
    "Photos stay on this machine. Start Likeness with the extra “trainer” where an NVIDIA GPU is, "
    "as the README says, and the rest is done here."
)
FIELDS: tuple[ConnectionField, ...] = ()


def missing(settings: Settings) -> str | None:
    """The worker's packages, and a GPU unless LOCAL_GPU=on."""
    return machine.missing(settings)


def describe(settings: Settings) -> EngineInfo:
    """What it offers with these settings on this machine."""
    return describe_local(settings, gpu=machine.has_gpu())


def make(settings: Settings, storage: Storage) -> Engine:
    """Starts nothing yet. Raises CannotStart with what is missing."""
    from services.engines.local.engine import make_engine  # the SDK is slow to import

    return make_engine(settings, storage)
