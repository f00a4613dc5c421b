"""The engines that this process knows: which are connected, which may be asked, which is usual."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.engines.base import Engine, EngineInfo


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
        """default: the name of the engine that is meant where nobody names one; it is ready."""
        self._entries = dict(entries)
        self._default = default
        self._retired: list[Engine] = []

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

    @property
    def default(self) -> Engine:
        """The engine that is meant where nobody names one."""
        engine = self._entries[self._default].engine
        assert engine  # noqa: S101  # the constructor asks for it
        return engine

    @property
    def entries(self) -> Sequence[Entry]:
        """Every engine there is, the usual one first."""
        return sorted(self._entries.values(), key=lambda e: e.info.name != self._default)

    @property
    def ready(self) -> Sequence[Engine]:
        """The engines that take new work, the usual one first."""
        return [entry.engine for entry in self.entries if entry.engine and entry.ready]

    @property
    def connected(self) -> Mapping[str, Engine]:
        """The engines that can be asked about their runs, by name."""
        return {name: entry.engine for name, entry in self._entries.items() if entry.engine}

    def find(self, name: str) -> Engine | None:
        """The engine that a run names; None where this process can't reach it."""
        entry = self._entries.get(name)
        return entry.engine if entry else None

    def entry(self, name: str) -> Entry | None:
        """What is known of an engine; None where there is no such engine."""
        return self._entries.get(name)

    def info(self, name: str) -> EngineInfo | None:
        """What an engine says of itself, connected or not."""
        entry = self._entries.get(name)
        return entry.info if entry else None

    async def close(self) -> None:
        """Closes all of them."""
        closing = [engine.close() for engine in (*self.connected.values(), *self._retired)]
        await asyncio.gather(*closing, return_exceptions=True)
