"""The moves of queue and ledger on a real database, each a transaction, as features make them."""

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services import jobs
from services.credits import ledger, ledger_audit
from services.credits.ledger import Balance
from services.deps import Deps, Transaction
from services.jobs import Job, Kind, Worker, queue
from services.jobs.claimer import EVER
from tests.builders import make_user
from tests.services.jobs.kit import done

LEASE = timedelta(seconds=35)  # between the sums of the jumps, which are multiples of 10 s
ATTEMPTS = 3


class RollBack(Exception):
    """The request failed at its end."""


@dataclass
class Moves:
    """Two members order work that costs credits. members: their ids, once it is opened."""

    _transaction: Transaction
    members: list[UUID] = field(default_factory=list)

    async def open(self) -> None:
        """An empty database, and the two."""
        async with self._transaction() as session:
            await session.execute(text("truncate job_queue, users cascade"))
            self.members = [(await make_user(session, plan="free")).id for _ in range(2)]
            for id in self.members:
                await ledger.grant(session, user_id=id, credits=17, reference=f"g:{id}", reason="")

    async def order(self, who: int, credits: int, delay: int, priority: int, fails: bool) -> UUID:
        """Credits set aside in the transaction that queues; `fails` rolls it back."""
        async with self._transaction() as session:
            reference = f"order:{uuid4()}"
            await ledger.reserve(
                session,
                user_id=self.members[who],
                credits=credits,
                reference=reference,
                purpose="Test",
            )
            id = await jobs.enqueue(
                session,
                kind="note",
                payload={"reference": reference},
                user_id=self.members[who],
                priority=priority,
                delay=timedelta(seconds=delay),
            )
            if fails:
                raise RollBack
        return id

    async def cancel(self, id: UUID) -> bool:
        """Whether the job was open; its credits are released."""
        async with self._transaction() as session:
            canceled = await jobs.cancel(session, job_id=id)
            if canceled:
                await ledger.release(session, reference=await reference_of(session, id))
        return canceled

    async def grant(self, who: int, credits: int, reference: str) -> bool:
        """Whether this is the first grant of that name."""
        async with self._transaction() as session:
            return await ledger.grant(
                session,
                user_id=self.members[who],
                credits=credits,
                reference=reference,
                reason="Test",
            )

    async def refund(self, who: int, credits: int) -> None:
        """Takes credits back."""
        async with self._transaction() as session:
            user_id = self.members[who]
            reference = f"refund:{uuid4()}"
            await ledger.debit(
                session, user_id=user_id, credits=credits, reference=reference, reason="Test"
            )

    async def claim(self, slots: int, *, lost: bool = False) -> list[queue.Lease]:
        """Leases as a worker does; lost: the worker believes so, the database does not."""
        leases = []
        with contextlib.suppress(RollBack):
            async with self._transaction() as session:
                rows = await queue.claim(
                    session, owner="w", kinds=["note"], slots=slots, lease=LEASE
                )
                leases = [(row.id, row.lease_token) for row in rows]
                if lost:
                    raise RollBack
        return leases

    async def finish(self, id: UUID, token: int, credits: int) -> bool:
        """Captures and ends the job, if the lease stands."""
        async with self._transaction() as session:
            if not await queue.lock_lease(session, job_id=id, token=token):
                return False
            await ledger.capture(
                session, reference=await reference_of(session, id), credits=credits
            )
            return bool(await queue.finish(session, leases=[(id, token)]))

    async def give_back(self, id: UUID, token: int, delay: int, again: bool) -> bool:
        """Lets the job wait, if the lease stands."""
        wait = timedelta(seconds=delay)
        async with self._transaction() as session:
            return await queue.wait(session, job_id=id, token=token, delay=wait, refund=again)

    async def renew(self, id: UUID, token: int) -> bool:
        """Whether the lease still stood."""
        async with self._transaction() as session:
            return bool(await queue.renew(session, leases=[(id, token)], lease=LEASE))

    async def sweep(self) -> None:
        """What the duty of every worker does."""
        deps = cast(Deps, SimpleNamespace(transaction=self._transaction, offers=()))
        kind = Kind(done, abandoned=pay_back, max_attempts=ATTEMPTS)
        await Worker(deps, kinds={"note": kind}, lease=LEASE).sweep()

    async def promote(self) -> None:
        """Puts what is due into the line."""
        async with self._transaction() as session:
            await queue.promote(session, since=EVER)

    async def jump(self, jump: timedelta) -> None:
        """The database's clock goes ahead."""
        async with self._transaction() as session:
            await session.execute(
                text(
                    """update job_queue set run_at = run_at - :jump,
                    lease_until = lease_until - cast(:jump as interval)
                    where state in ('waiting', 'leased')"""
                ),
                {"jump": jump},
            )

    async def look(self) -> tuple[list[Any], list[Balance], ledger_audit.LedgerView]:
        """All jobs, both balances, and the ledger's audit."""
        async with self._transaction() as session:
            rows = list((await session.execute(text("select * from job_queue"))).all())
            balances = [await ledger.balance(session, user_id=id) for id in self.members]
            return rows, balances, await ledger_audit.reckon(session)


async def reference_of(session: AsyncSession, id: UUID) -> str:
    """The name of the job's hold."""
    query = text("select payload ->> 'reference' from job_queue where id = :id")
    return str(await session.scalar(query, {"id": id}))


async def pay_back(session: AsyncSession, job: Job, reason: str) -> None:
    """What the feature does for a job that is given up."""
    await ledger.release(session, reference=job.payload["reference"])
