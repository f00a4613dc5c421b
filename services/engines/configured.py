"""The engines that there are, which of them the settings connect, and which one is usual."""

from collections.abc import Mapping
from typing import Protocol

from db.errors import CannotStart
from services.engines import local, preview, pull, together, worker
from services.engines.base import ConnectionField, Engine, EngineInfo
from services.engines.pull.engine import PullEngine
from services.engines.pull.line import Line
from services.engines.registry import Entry, Registry
from services.settings import Settings
from services.storage.base import Storage


class Factory(Protocol):
    """What the folder of an engine exports; quick to import, since every start does.

    HELP, FIELDS: how an operator connects it; empty where it needs nothing. missing: what it needs
    and has not got, in plain words, or None: then ENGINE=auto may take it. describe: what it would
    say of itself. make: raises CannotStart with the name of a setting that is missing.
    """

    HELP: str
    FIELDS: tuple[ConnectionField, ...]

    def missing(self, settings: Settings, /) -> str | None: ...  # noqa: D102

    def describe(self, settings: Settings, /) -> EngineInfo: ...  # noqa: D102

    def make(self, settings: Settings, storage: Storage, /) -> Engine: ...  # noqa: D102


# What ENGINE may be. ENGINE=auto takes the first that is configured; the last always is.
ENGINES: dict[str, Factory] = {
    "worker": worker,
    local.NAME: local,
    pull.NAME: pull.Pull(),
    "together": together,
    preview.NAME: preview,
}
AUTO = "auto"


def chosen(settings: Settings, engines: Mapping[str, Factory] = ENGINES) -> str:
    """The engine that ENGINE names, or the best that is configured. Raises CannotStart."""
    if settings.engine == AUTO:
        return next(name for name in engines if _may_be_usual(engines[name], settings))
    if settings.engine not in ENGINES:
        names = ", ".join((AUTO, *ENGINES))
        raise CannotStart(
            f"ENGINE is not valid (it is one of {names}): .env.example says what it may be."
        )
    return settings.engine


def _may_be_usual(engine: Factory, settings: Settings) -> bool:
    return engine.missing(settings) is None and not engine.describe(settings).slow


def build(settings: Settings, storage: Storage, line: Line | None = None) -> Registry:
    """All engines: each that is configured is connected, since runs may still be there.

    Where ENGINE names one, only that one and the photo booth take new work. Raises CannotStart
    where the usual one can't be connected.
    line: at which GPU workers ask for work; None where no process serves it.
    """
    engines = _over(line)
    default = chosen(settings, engines)
    entries = {name: _entry(name, default, settings, storage, engines) for name in engines}
    return Registry(entries, default=default)


def rebuild(registry: Registry, settings: Settings, storage: Storage) -> None:
    """Connects and disconnects by other settings; what these do not change stays as it is.

    Raises CannotStart, and changes nothing, where the usual engine can't be connected.
    """
    asked = registry.find(pull.NAME)
    engines = _over(asked.line if isinstance(asked, PullEngine) else None)
    default = chosen(settings, engines)
    entries = {
        name: _entry(name, default, settings, storage, engines, registry.entry(name))
        for name in engines
    }
    registry.change(entries, default=default)


def _over(line: Line | None) -> dict[str, Factory]:
    return ENGINES | {pull.NAME: pull.Pull(line)}


def _entry(
    name: str,
    default: str,
    settings: Settings,
    storage: Storage,
    engines: Mapping[str, Factory],
    before: Entry | None = None,
) -> Entry:
    factory = engines[name]
    described = factory.describe(settings)
    missing = factory.missing(settings)
    if missing and name != default:
        return Entry(described, None, missing)
    made_of = tuple(getattr(settings, field.setting) for field in factory.FIELDS)
    try:
        same = before is not None and before.made_of == made_of
        engine = before.engine if before and before.engine and same else None
        engine = engine or factory.make(settings, storage)
    except CannotStart as error:
        if name == default:
            raise
        return Entry(described, None, str(error))
    offered = settings.engine in {AUTO, name} or name == preview.NAME
    reason = None if offered else f"ENGINE={settings.engine} leaves it out."
    return Entry(described, engine, reason, made_of)
