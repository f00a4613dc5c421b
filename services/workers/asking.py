"""A worker asks for work, and waits for it at most as long as its call may last."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.deps import Deps
from services.workers import claims, line, presence
from services.workers.claims import Claimed

LONGEST = 25.0  # seconds; proxies cut a silent call after 30 or more
LOOK_EVERY = 5.0  # seconds, in case a notice never came, or a lease ran out
YIELD = timedelta(seconds=2)  # that a busy worker leaves a job to one that is free


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker can take. kinds: `generate`, `train`. busy: it has other work already.

    hardware, version: shown to administrators. wait: seconds, at most `LONGEST`.
    """

    kinds: Collection[str]
    offers: Collection[str]
    hardware: str
    version: str
    busy: bool
    wait: float


async def next_job(
    deps: Deps, *, worker_id: UUID, ask: Ask, gone: Callable[[], Awaitable[bool]]
) -> Claimed | None:
    """The next job for a worker; None where none came in time.

    gone: whether the worker hung up, since what it is given then would wait for its lease to end.
    """
    bell = line.of(deps).bell
    about = {"hardware": ask.hardware, "version": ask.version}
    async with deps.transaction() as session:
        await presence.introduce(session, worker_id=worker_id, about=about, offers=ask.offers)
    clock = asyncio.get_running_loop().time
    end = clock() + ask.wait
    while not await gone():
        ring = bell.next()
        if found := await _claim(deps, worker_id, ask):
            return found
        left = end - clock()
        if left <= 0 or bell.closed:
            return None
        step = YIELD.total_seconds() if ask.busy else LOOK_EVERY
        await line.rung(ring, within=min(left, step))
    return None


async def _claim(deps: Deps, worker_id: UUID, ask: Ask) -> Claimed | None:
    async with deps.transaction() as session:
        found = await claims.claim(
            session,
            worker_id=worker_id,
            kinds=ask.kinds,
            offers=ask.offers,
            waited=YIELD if ask.busy else timedelta(),
        )
        if found:
            await presence.changed(session, worker_id)
    return found
