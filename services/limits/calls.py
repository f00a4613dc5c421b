"""Counts calls in this process, and shares the counts once a second with the other processes.

A call needs no database query: it is counted here, and `exchange` adds the new counts to the
table `call_counts` and reads the totals of all processes. So several containers together may
exceed a limit by the calls of one second, and each counts alone while the database is away.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import CallCount, PlanRow
from services.errors import TooManyRequests
from services.limits.addresses import place
from services.limits.policy import FIGURES, Act, PlanFigures, Plans
from services.limits.windows import MINUTE, Window

EVERY = timedelta(seconds=1)
PLANS_EVERY = 10.0  # seconds until an operator's change of a plan takes effect
BATCH = 5_000  # counters in one exchange, those with most calls first
MOST = 200_000  # counters in memory, 40 MB; above, new addresses share their network's

Opened = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Cell = tuple[bytes, int]  # a counter's key and a minute


@dataclass(frozen=True, slots=True)
class Asking:
    """The sender of a call. key: tells one API key from others; plan: None is the default plan."""

    address: str
    member: UUID | None = None
    key: bytes | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The limit nearest to its end: calls a minute, calls left, seconds to the next minute."""

    limit: int
    remaining: int
    reset: int


class Calls:
    """The counts of one process.

    secret: hashes the counters' names, so that no address can be read out of the table.
    reading: opens a session in which each statement is its own transaction.
    """

    def __init__(self, *, secret: bytes, reading: Opened, now: Callable[[], datetime]) -> None:
        self._secret = hashlib.sha256(b"call counts" + secret).digest()
        self._reading = reading
        self._now = now
        self._windows: dict[bytes, Window] = {}
        self._unsent: Counter[Cell] = Counter()
        self._plans = Plans({})
        self._plans_at = 0.0
        self._exchanging = asyncio.Lock()

    def count(self, act: Act, asking: Asking) -> Standing:
        """Count one call for each of its counters, or for none of them if it is refused.

        Raises TooManyRequests, which says when to try again.
        """
        minute, elapsed = self._time()
        standings, counted = [], []
        for key, limit in self._counters(act, asking):
            window = self._window(key, minute)
            left = limit - window.used(elapsed) - 1
            if left < 0:
                raise _refusal(act, limit, window.wait(limit, elapsed))
            standings.append((left, limit))
            counted.append((key, window))
        for key, window in counted:
            window.current += 1
            self._unsent[key, minute] += 1
        left, limit = min(standings)
        return Standing(limit, int(left), ceil(MINUTE - elapsed))

    async def exchange(self) -> None:
        """Send the calls counted since the last exchange, and read what other processes counted.

        Calls that could not be sent are sent the next time.
        """
        async with self._exchanging:
            self._forget()
            async with self._reading() as session:
                await self._learn_plans(session)
                if self._unsent:
                    await self._send(session)

    async def _send(self, session: AsyncSession) -> None:
        batch = dict(self._unsent.most_common(BATCH))
        for cell in batch:
            del self._unsent[cell]
        try:
            totals = await _add(session, batch)
        except BaseException:
            self._unsent.update(batch)
            raise
        for (key, minute), total in totals.items():
            if window := self._windows.get(key):
                window.learn(minute, total + self._unsent[key, minute])

    async def _learn_plans(self, session: AsyncSession) -> None:
        now = self._now().timestamp()
        if 0 <= now - self._plans_at < PLANS_EVERY:
            return
        columns = (PlanRow.generations_per_minute, PlanRow.reads_per_minute)
        rows = await session.execute(select(PlanRow.name, PlanRow.is_default, *columns))
        plans: dict[str | None, PlanFigures] = {}
        for name, is_default, generate, reads in rows:
            plans[name] = PlanFigures(generate, reads)
            if is_default:
                plans[None] = plans[name]
        self._plans, self._plans_at = Plans(plans), now

    def _forget(self) -> None:
        """Drop the counters of minutes that no limit still counts."""
        last = self._time()[0] - 1
        self._windows = {k: w for k, w in self._windows.items() if w.minute >= last}
        self._unsent = Counter({cell: n for cell, n in self._unsent.items() if cell[1] >= last})

    def _counters(self, act: Act, asking: Asking) -> list[tuple[bytes, int]]:
        """Return the counters of a call, with their limits."""
        figures = self._plans.figures(act, asking.plan)
        where = place(asking.address)
        found = []
        if asking.member:
            found.append((self._key(act, "member", asking.member.bytes), figures.member))
        if asking.key:
            found.append((self._key(act, "key", asking.key), max(1, figures.member // 2)))
        if where.own and len(self._windows) < MOST:
            found.append((self._key(act, "address", where.own.encode()), figures.address))
        found.append((self._key(act, "network", where.network.encode()), figures.network))
        return found

    def _key(self, act: Act, kind: str, subject: bytes) -> bytes:
        named = f"{act}:{kind}:".encode() + subject
        return hashlib.blake2b(named, key=self._secret, digest_size=16).digest()

    def _window(self, key: bytes, minute: int) -> Window:
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = Window(minute)
        window.turn(minute)
        return window

    def _time(self) -> tuple[int, float]:
        """Return whole minutes since 1970, and the seconds since this minute began."""
        minutes, elapsed = divmod(self._now().timestamp(), MINUTE)
        return int(minutes), elapsed


def _refusal(act: Act, limit: int, wait: float) -> TooManyRequests:
    seconds = max(1, ceil(wait))
    return TooManyRequests(
        f"That was too much at once: at most {limit:,} {FIGURES[act].words} fit into a minute. "
        f"Try again in {seconds} second{'' if seconds == 1 else 's'}.",
        retry_after=seconds,
        limit=limit,
    )


async def _add(session: AsyncSession, counts: Mapping[Cell, int]) -> dict[Cell, int]:
    """Add calls to the table; return these counters' totals in this minute and the one before."""
    cells = sorted(counts)
    given = {
        "keys": [key for key, _ in cells],
        "minutes": [minute for _, minute in cells],
        "counts": [counts[cell] for cell in cells],
    }
    totals: dict[Cell, int] = {}
    for key, minute, count in await session.execute(_ADD, given):
        totals[key, minute] = max(count, totals.get((key, minute), 0))
    return totals


# Rows are sorted, so that two processes that add at the same moment never deadlock. The second
# select sees the table as it was before the insert: the greater of two counts is the newer one.
_ADD = text(
    """
    with added as (
        insert into call_counts as known (key, minute, count)
        select * from unnest(:keys, :minutes, :counts) order by 1, 2
        on conflict (key, minute) do update set count = known.count + excluded.count
        returning key, minute, count
    )
    select key, minute, count from added
    union all
    select key, minute, count from call_counts
    where key = any(:keys) and minute = (select max(minute) - 1 from added)
    """
).bindparams(
    bindparam("keys", type_=ARRAY(LargeBinary)),
    bindparam("minutes", type_=ARRAY(Integer)),
    bindparam("counts", type_=ARRAY(Integer)),
)


async def prune(session: AsyncSession, *, now: datetime) -> None:
    """Delete the minutes that no limit still counts."""
    last = int(now.timestamp() // MINUTE) - 1
    await session.execute(delete(CallCount).where(CallCount.minute < last))
