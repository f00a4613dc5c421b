"""Pages that follow the database: a change notice becomes a call to whoever shows the object."""

import logging
import time
from asyncio import sleep
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from uuid import UUID

from nicegui import Client, Event, background_tasks, core, ui

from components.feedback import toast
from services.errors import DomainError, Unavailable

Handler = Callable[[UUID], Awaitable[None]]

RECENT = 10.0  # seconds; NiceGUI gives a page 3 to be built
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before a handler that failed is called again
log = logging.getLogger("likeness.live")

_events: dict[tuple[str, UUID | None], Event[UUID]] = {}
_recent: deque[tuple[float, str, UUID, UUID | None]] = deque(maxlen=10_000)


def changed(topic: str, id: UUID, user_id: UUID | None) -> None:
    """Pass one notice on; `services.kit.notify`'s listener calls this in every process."""
    now = time.time()
    while _recent and _recent[0][0] < now - RECENT:
        _recent.popleft()
    _recent.append((now, topic, id, user_id))
    for key in {(topic, user_id), (topic, None)}:
        if event := _events.get(key):
            event.emit(id)


def on(topics: str | tuple[str, ...], user_id: UUID | None, handler: Handler) -> None:
    """Call `handler(id)` when an object of this member changes, until the page goes.

    user_id None hears of everybody's (for administrators only). Notices that came while the
    page was built count, too: what it has read may be older than they are.
    """
    follower = _Follower(ui.context.client, handler, by_id=user_id is not None)
    topics = (topics,) if isinstance(topics, str) else topics
    for topic in topics:
        _events.setdefault((topic, user_id), Event()).subscribe(follower.hear)
    for key in [k for k, event in _events.items() if not event.callbacks]:
        del _events[key]
    for at, topic, id, of in tuple(_recent):
        if at >= follower.client.created and topic in topics and user_id in (of, None):
            background_tasks.create(follower.hear(id), name="missed", context=ui.context.slot)


class _Follower:
    """One handler of one page: called for one id at a time, so that no older answer wins.

    Notices that come meanwhile are folded into one more call for each id, or for all of them
    together where everybody's are heard.
    """

    def __init__(self, client: Client, handler: Handler, *, by_id: bool) -> None:
        self.client = client
        self._handler = handler
        self._by_id = by_id
        self._pending: dict[UUID | None, UUID] = {}
        self._failures: Counter[UUID | None] = Counter()
        self._busy = False

    async def hear(self, id: UUID) -> None:
        self._pending[id if self._by_id else None] = id
        if self._busy:
            return
        self._busy = True
        try:
            while self._pending and not self.client.is_deleted:
                key = next(iter(self._pending))
                await self._call(key, self._pending.pop(key))
        finally:
            self._busy = False

    async def _call(self, key: UUID | None, id: UUID) -> None:
        try:
            await self._handler(id)
        except Exception as error:
            if not self.client.is_deleted:
                self._failed(key, id, error)
        else:
            del self._failures[key]

    def _failed(self, key: UUID | None, id: UUID, error: Exception) -> None:
        """Try again later, as there may be no other notice; what would not help is said."""
        if isinstance(error, DomainError) and not isinstance(error, Unavailable):
            core.app.handle_exception(error)
            return
        tries = self._failures[key]
        if tries < len(WAITS):
            log.warning("a page could not be brought up to date, try %d", tries + 1, exc_info=error)
            self._failures[key] += 1
            later = self._hear_later(id, WAITS[tries])
            background_tasks.create(later, name="later", context=ui.context.slot)
            return
        log.error("a page could not be brought up to date", exc_info=error)
        del self._failures[key]
        toast(
            "This page could not be brought up to date.",
            action="Reload",
            on_action=ui.navigate.reload,
            danger=True,
        )

    async def _hear_later(self, id: UUID, seconds: float) -> None:
        await sleep(seconds)
        if not self.client.is_deleted:
            await self.hear(id)
