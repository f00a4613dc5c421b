"""The engines that this process knows: which are connected, which may be asked, which is usual."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.engines.base import Engine, EngineInfo
from services.engines.resident import Resident
from services.engines.visited import Visited


@dataclass(frozen=True, slots=True)
class Entry:
    """One engine. described: what it says of itself before it is connected.

    engine: None where it is not connected: no run can be there.
    reason: why it takes nothing new, in plain words; None where it does. made_of: the values that
    it was connected with.
    """

    described: EngineInfo
    engine: Engine | None
    reason: str | None = None
    made_of: tuple[object, ...] = ()

    @property
    def info(self) -> EngineInfo:
        """What it says of itself now."""
        return self.engine.info if self.engine else self.described

    @property
    def ready(self) -> bool:
        """Whether it takes new work."""
        return self.engine is not None and self.reason is None


class Registry:
    """All engines by name. A run asks the engine that it names, whichever is usual by now."""

    def __init__(self, entries: Mapping[str, Entry], *, default: str) -> None:
        """default: the name of the engine that is meant where nobody names one."""
        self._entries = dict(entries)
        self._default = default
        self._retired: list[Engine] = []
        self._started = False
        self._hear: Callable[[], None] = lambda: None

    @classmethod
    def of(cls, *engines: Engine) -> "Registry":
        """These engines, all ready; the first is the usual one."""
        entries = {engine.info.name: Entry(engine.info, engine) for engine in engines}
        return cls(entries, default=engines[0].info.name)

    def change(self, entries: Mapping[str, Entry], *, default: str) -> None:
        """These from now on. Engines that are gone are closed at the end: they may be at work."""
        kept = {id(entry.engine) for entry in entries.values()}
        self._retired += [e for e in self.connected.values() if id(e) not in kept]
        self._entries, self._default = dict(entries), default
        if self._started:
            self.start()

    def start(self) -> None:
        """Brings up what works in processes of this container, and whatever comes later."""
        self._started = True
        for engine in self.connected.values():
            if isinstance(engine, Resident):
                engine.follow(self._hear)
                engine.start()

    def follow(self, hear: Callable[[], None]) -> None:
        """Have `hear` called whenever one that works in this container has changed by itself."""
        self._hear = hear
        for engine in self.connected.values():
            if isinstance(engine, Resident):
                engine.follow(hear)

    @property
    def default(self) -> Engine:
        """The engine that is meant where nobody names one: the next best while that one is away."""
        engine = self.entries[0].engine
        assert engine  # noqa: S101  # the constructor asks for it
        return engine

    @property
    def entries(self) -> Sequence[Entry]:
        """Every engine there is, the usual one first."""
        now = [_now(entry) for entry in self._entries.values()]
        names = list(self._entries)
        chosen = now.pop(names.index(self._default))
        if chosen.ready:
            return [chosen, *now]
        usual = next((entry for entry in now if entry.ready and not entry.info.slow), chosen)
        return sorted([chosen, *now], key=lambda entry: entry is not usual)

    @property
    def ready(self) -> Sequence[Engine]:
        """The engines that take new work, the usual one first."""
        return [entry.engine for entry in self.entries if entry.engine and entry.ready]

    @property
    def connected(self) -> Mapping[str, Engine]:
        """The engines that can be asked about their runs, by name."""
        return {name: entry.engine for name, entry in self._entries.items() if entry.engine}

    @property
    def up(self) -> Mapping[str, Engine]:
        """Those of them that can be asked now."""
        return {
            name: engine
            for name, engine in self.connected.items()
            if not isinstance(engine, Resident) or engine.up
        }

    def find(self, name: str) -> Engine | None:
        """The engine that a run names; None where this process can't reach it."""
        entry = self._entries.get(name)
        return entry.engine if entry else None

    def entry(self, name: str) -> Entry | None:
        """What is known of an engine; None where there is no such engine."""
        entry = self._entries.get(name)
        return _now(entry) if entry else None

    def info(self, name: str) -> EngineInfo | None:
        """What an engine says of itself, connected or not."""
        entry = self._entries.get(name)
        return entry.info if entry else None

    async def close(self) -> None:
        """Closes all of them."""
        closing = [engine.close() for engine in (*self.connected.values(), *self._retired)]
        await asyncio.gather(*closing, return_exceptions=True)


def _now(entry: Entry) -> Entry:
    """An entry with what its engine says of itself at present."""
    if entry.reason is None and isinstance(entry.engine, Resident | Visited):
        return replace(entry, reason=entry.engine.away)
    return entry
