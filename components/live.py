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
    notices for the same id are folded into one more call, so a burst never piles up.
    """
    key = (topic, user_id)
    event = _events.setdefault(key, Event())
    event.subscribe(_folded(handler))
    for stale in [k for k, e in _events.items() if not e.callbacks and k != key]:
        del _events[stale]


def _folded(handler: Handler) -> Handler:
    running: set[UUID] = set()
    again: set[UUID] = set()

    async def run(id: UUID) -> None:
        if id in running:
            again.add(id)
            return
        running.add(id)
        try:
            await handler(id)
            while id in again:
                again.discard(id)
                await handler(id)
        finally:
            running.discard(id)
            again.discard(id)

    return run
