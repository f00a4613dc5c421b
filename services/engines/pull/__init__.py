"""GPU workers that ask this installation for work: no port of theirs has to be open."""

from db.errors import CannotStart
from services.engines.base import ConnectionField, Engine, EngineInfo
from services.engines.pull.engine import PullEngine
from services.engines.pull.info import NAME as NAME
from services.engines.pull.info import describe as describe_workers
from services.engines.pull.line import Line
from services.settings import Settings
from services.storage.base import Storage

NO_LINE = "GPU workers ask the server, which is not running here."


class Pull:
    """How the engine is made: over the line at which workers ask, where there is one."""

    HELP = (
        "Make a key for each worker on this page, then start it wherever its GPU is, with that "
        "key: it asks here for work."
    )
    FIELDS: tuple[ConnectionField, ...] = ()

    def __init__(self, line: Line | None = None) -> None:
        """line: None where no process serves one, as for commands."""
        self._line = line

    def missing(self, _settings: Settings, /) -> str | None:
        """A line; which workers are at it, the engine says itself."""
        return None if self._line else NO_LINE

    def describe(self, settings: Settings, /) -> EngineInfo:
        """What it offers without workers: nothing yet."""
        return describe_workers(settings, frozenset())

    def make(self, settings: Settings, _storage: Storage, /) -> Engine:
        """Connected whether a worker is there or not, as runs may be. Raises CannotStart."""
        if self._line is None:
            raise CannotStart(NO_LINE)
        return PullEngine(settings, self._line)
