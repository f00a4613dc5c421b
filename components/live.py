"""Pages that follow the database: a change notice becomes a call to whoever shows the object."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from nicegui import Event

Handler = Callable[[UUID], Awaitable[None]]

_events: dict[tuple[str, UUID | None], Event[UUID]] = {}


def changed(topic: str, id: UUID, user_id: UUID | None) -> None:
    """Pass one notice on; `services.notify`'s listener calls this in every process."""
    for key in {(topic, user_id), (topic, None)}:
        if event := _events.get(key):
            event.emit(id)


def on(topic: str, user_id: UUID | None, handler: Handler) -> None:
    """Call `handler(id)` when an object of this member changes, until the page goes.

    user_id None hears of everybody's (for administrators only). While a handler runs, further
    notices are folded into one more call, so a burst never piles up: for each id, or for all
    of them together where everybody's are heard.
    """
    key = (topic, user_id)
    event = _events.setdefault(key, Event())
    event.subscribe(_folded(handler, by_id=user_id is not None))
    for stale in [k for k, e in _events.items() if not e.callbacks and k != key]:
        del _events[stale]


def _folded(handler: Handler, *, by_id: bool) -> Handler:
    running: set[UUID | None] = set()
    again: dict[UUID | None, UUID] = {}

    async def run(id: UUID) -> None:
        key = id if by_id else None
        if key in running:
            again[key] = id
            return
        running.add(key)
        try:
            await handler(id)
            while key in again:
                await handler(again.pop(key))
        finally:
            running.discard(key)
            again.pop(key, None)

    return run
