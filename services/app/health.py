"""Whether this process is ready: the answer of `/readyz` and of the admin page."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass, field

from sqlalchemy import text

from services.app.scheduler import Scheduler
from services.billing import events
from services.deps import Deps
from services.kit.notify import Listener

CHECK_SECONDS = 5
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Health:
    """A check of the parts that every request needs; a missing engine is no reason to stop."""

    deps: Deps
    listener: Listener
    scheduler: Scheduler
    _look: asyncio.Task[dict[str, bool]] | None = field(default=None, init=False, repr=False)

    async def parts(self) -> dict[str, bool]:
        """Return for each part, by name, whether it is ready; callers at once share one check."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_at_all())
        return await asyncio.shield(self._look)

    async def _look_at_all(self) -> dict[str, bool]:
        database, storage = await asyncio.gather(
            _works("database", self._ask_database()),
            _works("storage", self.deps.storage.check()),
        )
        return {
            "database": database,
            "storage": storage,
            "notices": self.listener.connected.is_set(),
            "scheduler": not self.scheduler.late(),
            "webhooks": await _works("webhooks", self._look_at_webhooks()),
        }

    async def _look_at_webhooks(self) -> None:
        """Raise RuntimeError if webhooks have waited too long.

        A process without payments receives no webhooks, so it does not check them.
        """
        if not self.deps.payments.enabled:
            return
        async with self.deps.transaction() as session:
            if waiting := await events.stale(session):
                raise RuntimeError(f"{waiting} of Stripe's events have waited for 10 minutes")

    async def _ask_database(self) -> None:
        async with self.deps.transaction() as session:
            await session.execute(text("select 1"))


async def _works(name: str, check: Awaitable[object]) -> bool:
    try:
        await asyncio.wait_for(check, CHECK_SECONDS)
    except Exception as error:
        logger.warning("Not ready: %s (%s)", name, error or type(error).__name__)
        return False
    return True
