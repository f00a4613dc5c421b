"""The services' dependencies in one frozen object: no other code reads the clock or chance."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.base import Analytics
from services.analytics.off import AnalyticsOff
from services.engines.base import Engine
from services.engines.registry import Registry
from services.engines.resident import Resident
from services.faces.memory import FaceMemory
from services.limits.calls import Calls
from services.payments.base import Payments
from services.settings import Settings
from services.storage.base import Storage

PAYMENTS = "payments"
MAIL = "mail"
PUSH = "push"

Session = AsyncSession  # a service's first argument; for edges, which know no SQL
Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies, built once by `bootstrap.build`; tests pass their own.

    transaction: one commit per edge (page handler, route, job); no remote call inside it.
    reading: the same for edges that only read; a write in its session takes effect at once.
    now: aware, UTC. new_seed: 0..2**31-1. secret: 32 bytes that sign URLs, from DATA_DIR.
    faces: None where faces are not checked. judge: the operator's own network for them.
    calls: None where calls are not limited.
    """

    transaction: Transaction
    reading: Transaction
    settings: Settings
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    new_seed: Callable[[], int]
    engines: Registry
    storage: Storage
    payments: Payments
    secret: bytes
    faces: FaceMemory | None = None
    judge: Path | None = None
    calls: Calls | None = None
    analytics: Analytics = field(default_factory=AnalyticsOff)

    @property
    def engine(self) -> Engine:
        """Return the default engine, used where a request names none."""
        return self.engines.default

    @property
    def offers(self) -> frozenset[str]:
        """Return what this process has and other processes may lack: jobs name their needs."""
        named = {
            PAYMENTS: self.payments.enabled,
            MAIL: self.settings.smtp_url is not None,
            PUSH: self.settings.web_push == "on",
        }
        up = self.engines.up.items()
        engines = [engine_of(name) for name, _ in up]
        here = [engine_of(name, each.place) for name, each in up if isinstance(each, Resident)]
        return frozenset([*engines, *here, *(name for name in named if named[name])])


def engine_of(name: str, place: str = "") -> str:
    """Return an engine's name among `offers`; place: the one container that knows a run."""
    return f"engine:{name}@{place}" if place else f"engine:{name}"
