"""The photo booth: composes pictures on the CPU, without generative AI. It needs nothing."""

from services.engines.base import Engine, Offer
from services.settings import Settings
from services.storage.base import Storage

NAME = "preview"
OFFER: Offer | None = None


def is_configured(_settings: Settings) -> bool:
    """Always."""
    return True


def make(_settings: Settings, storage: Storage) -> Engine:
    """The booth; its pictures are drawn in worker processes."""
    from services.engines.preview.engine import PreviewEngine  # OpenCV is slow to import
    from services.engines.preview.process import Renderer

    renderer = Renderer()
    return PreviewEngine(storage, renderer, renderer.retouch)
