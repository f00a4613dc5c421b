"""The engines that there are, and which of them the settings mean."""

from collections.abc import Sequence
from typing import Protocol

from db.errors import CannotStart
from services.engines import preview, together, worker
from services.engines.base import Engine, Offer
from services.settings import Settings
from services.storage.base import Storage


class Factory(Protocol):
    """What the folder of an engine exports; quick to import, since every start does.

    OFFER: how an operator connects it; None where it needs nothing. is_configured: whether
    ENGINE=auto may take it. make: raises CannotStart with the name of a setting that is missing.
    """

    OFFER: Offer | None

    def is_configured(self, settings: Settings, /) -> bool: ...  # noqa: D102

    def make(self, settings: Settings, storage: Storage, /) -> Engine: ...  # noqa: D102


# What ENGINE may be. ENGINE=auto takes the first that is configured; the last always is.
ENGINES: dict[str, Factory] = {
    "worker": worker,
    "together": together,
    preview.NAME: preview,
}


def chosen(settings: Settings) -> str:
    """The engine that ENGINE names, or the best that is configured. Raises CannotStart."""
    if settings.engine == "auto":
        return next(name for name, engine in ENGINES.items() if engine.is_configured(settings))
    if settings.engine not in ENGINES:
        names = ", ".join(("auto", *ENGINES))
        raise CannotStart(
            f"ENGINE is not valid (it is one of {names}): .env.example says what it may be."
        )
    return settings.engine


def build(settings: Settings, storage: Storage) -> Engine:
    """The engine that is chosen. Raises CannotStart."""
    return ENGINES[chosen(settings)].make(settings, storage)


def offers(settings: Settings) -> Sequence[Offer]:
    """What could be connected, for an installation that has connected nothing yet."""
    if chosen(settings) != preview.NAME:
        return ()
    return [engine.OFFER for engine in ENGINES.values() if engine.OFFER]
