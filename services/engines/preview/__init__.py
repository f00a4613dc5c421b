"""The photo booth: composes pictures on the CPU, without generative AI. It needs nothing."""

from services.engines.base import ConnectionField, Engine, EngineInfo
from services.engines.preview.info import INFO, NAME
from services.settings import Settings
from services.storage.base import Storage

__all__ = ["FIELDS", "HELP", "NAME", "describe", "make", "missing"]
HELP = ""
FIELDS: tuple[ConnectionField, ...] = ()


def missing(_settings: Settings) -> None:
    """Nothing, ever."""


def describe(_settings: Settings) -> EngineInfo:
    """The booth."""
    return INFO


def make(_settings: Settings, storage: Storage) -> Engine:
    """The booth; its pictures are drawn in worker processes."""
    from services.engines.preview.engine import PreviewEngine  # OpenCV is slow to import
    from services.engines.preview.process import Renderer

    renderer = Renderer()
    return PreviewEngine(storage, renderer, renderer.retouch)
