"""Queue and ledger through random interleavings, failures and clock jumps, against a model.

After each step every row is compared with the model, and the ledger's own audit has to pass.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.session import make_engine, make_transaction
from services import jobs, ledger, reckoning
from services.deps import Deps, Transaction
from services.errors import InsufficientCredits
from services.jobs import Job, Kind, Worker, queue
from services.jobs.claimer import EVER
from services.ledger import Balance
from tests.builders import make_user
from tests.services.jobs.kit import done

T = TypeVar("T")
LEASE = timedelta(seconds=35)  # between the sums of the jumps, which are multiples of 10 s
DELAYS = (0, 5, 25)
ATTEMPTS = 3
OPEN = {"waiting", "queued", "leased"}


@dataclass
class Model:
    """What a job should be. at: when it is due or its lease is over, on the machine's clock."""

    owner: int
    credits: int
    state: str
    at: float
    token: int = 0
    attempts: int = 0
    captured: int = 0


@dataclass
class World:
    """A database and a loop that outlive the examples."""

    transaction: Transaction
    runner: asyncio.Runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the work."""
        return self.runner.run(work)


class Shop(RuleBasedStateMachine):
    """Members order work that costs credits; two workers do it, lose it, and give it up."""

    world: World

    @initialize()
    def opens(self) -> None:
        """An empty database with two members."""
        self.clock = 0.0
        self.jobs: dict[UUID, Model] = {}
        self.leases: list[tuple[UUID, int]] = []
        self.money = [Balance(20, 0), Balance(20, 0)]
        self.grants = 0
        self.world.run(self._open())
        for n in range(6):
            self.order(who=n % 2, credits=n % 3, delay=0, priority=0, fails=False)
        self.claim(slots=2)

    async def _open(self) -> None:
        async with self.world.transaction() as session:
            await session.execute(text("truncate job_queue, users cascade"))
            self.members = [(await make_user(session, plan="free")).id for _ in range(2)]
            for id in self.members:
                await ledger.grant(session, user_id=id, credits=17, reference=f"g:{id}", reason="")

    # What members do

    @rule(
        who=st.integers(0, 1),
        credits=st.integers(0, 8),
        delay=st.sampled_from(DELAYS),
        priority=st.integers(-1, 1),
        fails=st.booleans(),
    )
    def order(self, who: int, credits: int, delay: int, priority: int, fails: bool) -> None:
        """Credits are set aside in the transaction that queues; it may be rolled back."""
        try:
            id = self.world.run(self._order(who, credits, delay, priority, fails))
        except InsufficientCredits:
            assert credits > cast(int, self.money[who].available)
        except RollBack:
            pass
        else:
            state = "waiting" if delay else "queued"
            self.jobs[id] = Model(who, credits, state, self.clock + delay)
            self._move(who, -credits, +credits)

    async def _order(self, who: int, credits: int, delay: int, priority: int, fails: bool) -> UUID:
        async with self.world.transaction() as session:
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

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Open jobs end at once and give their credits back; for ended ones nothing changes."""
        id = data.draw(st.sampled_from(list(self.jobs)))
        model = self.jobs[id]
        assert self.world.run(self._cancel(id)) == (model.state in OPEN)
        if model.state in OPEN:
            self._close(model, "canceled", 0)

    async def _cancel(self, id: UUID) -> bool:
        async with self.world.transaction() as session:
            canceled = await jobs.cancel(session, job_id=id)
            if canceled:
                await ledger.release(session, reference=await reference_of(session, id))
        return canceled

    @rule(who=st.integers(0, 1), credits=st.integers(1, 9), repeat=st.booleans())
    def grant(self, who: int, credits: int, repeat: bool) -> None:
        """A grant happens once, and pays off what is owed first."""
        self.grants += not repeat
        before = self.money[who]
        granted = self.world.run(self._grant(who, credits, f"grant:{self.grants}"))
        if granted:
            repaid = min(before.owed, credits + cast(int, before.available))
            self._move(who, credits - repaid, 0, -repaid)
        else:
            assert repeat

    async def _grant(self, who: int, credits: int, reference: str) -> bool:
        async with self.world.transaction() as session:
            return await ledger.grant(
                session,
                user_id=self.members[who],
                credits=credits,
                reference=reference,
                reason="Test",
            )

    @rule(who=st.integers(0, 1), credits=st.integers(1, 15))
    def refund(self, who: int, credits: int) -> None:
        """Takes credits back; what is spent already is owed."""
        self.world.run(self._refund(who, credits))
        taken = min(credits, cast(int, self.money[who].available))
        self._move(who, -taken, 0, credits - taken)

    async def _refund(self, who: int, credits: int) -> None:
        async with self.world.transaction() as session:
            user_id = self.members[who]
            reference = f"refund:{uuid4()}"
            await ledger.debit(
                session, user_id=user_id, credits=credits, reference=reference, reason="Test"
            )

    # What workers do

    @rule(slots=st.integers(1, 3))
    def claim(self, slots: int) -> None:
        """Takes what is in the line, never more, never what is not."""
        claimed = self.world.run(self._claim(slots))
        ready = [id for id, model in self.jobs.items() if model.state == "queued"]
        assert len(claimed) == min(slots, len(ready))
        for id, token in claimed:
            model = self.jobs[id]
            assert model.state == "queued"
            model.state, model.at = "leased", self.clock + LEASE.total_seconds()
            model.token, model.attempts = token, model.attempts + 1
            self.leases.append((id, token))

    async def _claim(self, slots: int) -> list[tuple[UUID, int]]:
        async with self.world.transaction() as session:
            rows = await queue.claim(session, owner="w", kinds=["note"], slots=slots, lease=LEASE)
        return [(row.id, row.lease_token) for row in rows]

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), share=st.floats(0, 1))
    def finish(self, data: st.DataObject, share: float) -> None:
        """Whoever holds the lease captures; whoever lost it changes nothing."""
        id, token = self._lease(data)
        model = self.jobs[id]
        captured = round(share * model.credits)
        if self.world.run(self._finish(id, token, captured)):
            assert self._stands(id, token)
            self._close(model, "done", captured)
        else:
            assert not self._stands(id, token)

    async def _finish(self, id: UUID, token: int, credits: int) -> bool:
        async with self.world.transaction() as session:
            if not await queue.lock_lease(session, job_id=id, token=token):
                return False
            await ledger.capture(
                session, reference=await reference_of(session, id), credits=credits
            )
            return bool(await queue.finish(session, leases=[(id, token)]))

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), delay=st.sampled_from(DELAYS), again=st.booleans())
    def give_back(self, data: st.DataObject, delay: int, again: bool) -> None:
        """Again, or a retry after a failure."""
        id, token = self._lease(data)
        model = self.jobs[id]
        if self.world.run(self._give_back(id, token, delay, again)):
            assert self._stands(id, token)
            model.state, model.at = "waiting", self.clock + delay
            model.attempts -= again
        else:
            assert not self._stands(id, token)

    async def _give_back(self, id: UUID, token: int, delay: int, again: bool) -> bool:
        wait = timedelta(seconds=delay)
        async with self.world.transaction() as session:
            return await queue.wait(session, job_id=id, token=token, delay=wait, refund=again)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        """A heartbeat keeps what is still held."""
        id, token = self._lease(data)
        model = self.jobs[id]
        if self.world.run(self._renew(id, token)):
            assert self._stands(id, token)
            model.at = self.clock + LEASE.total_seconds()
        else:
            assert not self._stands(id, token)

    async def _renew(self, id: UUID, token: int) -> bool:
        async with self.world.transaction() as session:
            return bool(await queue.renew(session, leases=[(id, token)], lease=LEASE))

    @rule()
    def sweep(self) -> None:
        """Leases that are over are taken back; at the limit the job is dead, and paid back."""
        self.world.run(self._sweep())
        for model in self.jobs.values():
            if model.state == "leased" and model.at < self.clock:
                if model.attempts >= ATTEMPTS:
                    self._close(model, "dead", 0)
                else:
                    model.state, model.at = "waiting", self.clock

    async def _sweep(self) -> None:
        deps = cast(Deps, SimpleNamespace(transaction=self.world.transaction))
        kind = Kind(done, abandoned=pay_back, max_attempts=ATTEMPTS)
        await Worker(deps, kinds={"note": kind}, lease=LEASE).sweep()

    @rule()
    def promote(self) -> None:
        """What is due joins the line, and nothing else does."""
        self.world.run(self._promote())
        for model in self.jobs.values():
            if model.state == "waiting" and model.at <= self.clock:
                model.state = "queued"

    async def _promote(self) -> None:
        async with self.world.transaction() as session:
            await queue.promote(session, since=EVER)

    @rule(slots=st.integers(1, 3))
    def workers_fall_silent(self, slots: int) -> None:
        """Others take over, and then the silent ones come back and try to finish."""
        before = [lease for lease in self.leases if self._stands(*lease)]
        self.time_passes(40)
        self.sweep()
        self.promote()
        self.claim(slots)
        for id, token in before:
            assert not self.world.run(self._finish(id, token, 0))
            assert not self.world.run(self._renew(id, token))
            assert not self.world.run(self._give_back(id, token, 0, again=False))

    @rule(seconds=st.sampled_from((10, 40)))
    def time_passes(self, seconds: int) -> None:
        """The database's clock jumps."""
        self.clock += seconds
        self.world.run(self._jump(timedelta(seconds=seconds)))

    async def _jump(self, jump: timedelta) -> None:
        async with self.world.transaction() as session:
            await session.execute(
                text(
                    """update job_queue set run_at = run_at - :jump,
                    lease_until = lease_until - cast(:jump as interval)
                    where state in ('waiting', 'leased')"""
                ),
                {"jump": jump},
            )

    # What always holds

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        """States, tokens, attempts, balances, holds, and the ledger's own audit."""
        rows, balances, view = self.world.run(self._look())
        found = {row.id: (row.state, row.lease_token, row.attempts) for row in rows}
        expected = {id: (m.state, m.token, m.attempts) for id, m in self.jobs.items()}
        assert found == expected
        assert balances == self.money
        assert view.broken == {}
        paid = [model for model in self.jobs.values() if model.state in OPEN]
        assert view.open_holds == len(paid)
        assert view.held == sum(model.credits for model in paid)

    async def _look(self) -> tuple[list[Any], list[Balance], reckoning.LedgerView]:
        async with self.world.transaction() as session:
            rows = list((await session.execute(text("select * from job_queue"))).all())
            balances = [await ledger.balance(session, user_id=id) for id in self.members]
            return rows, balances, await reckoning.reckon(session)

    def _stands(self, id: UUID, token: int) -> bool:
        return (self.jobs[id].state, self.jobs[id].token) == ("leased", token)

    def _lease(self, data: st.DataObject) -> tuple[UUID, int]:
        return data.draw(st.sampled_from(self.leases))

    def _close(self, model: Model, state: str, captured: int) -> None:
        model.state = state
        self._move(model.owner, model.credits - captured, -model.credits)

    def _move(self, who: int, available: int, held: int, owed: int = 0) -> None:
        old = self.money[who]
        self.money[who] = Balance(
            cast(int, old.available) + available, old.held + held, old.owed + owed
        )


class RollBack(Exception):
    """The request failed at its end."""


async def reference_of(session: AsyncSession, id: UUID) -> str:
    """The name of the job's hold."""
    query = text("select payload ->> 'reference' from job_queue where id = :id")
    return str(await session.scalar(query, {"id": id}))


async def pay_back(session: AsyncSession, job: Job, reason: str) -> None:
    """What the feature does for a job that is given up."""
    await ledger.release(session, reference=job.payload["reference"])


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A database for all examples."""
    with asyncio.Runner() as runner:
        engine = make_engine(database_url)
        yield World(make_transaction(engine), runner)
        runner.run(engine.dispose())


@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(10, 30, id="short"),
        pytest.param(300, 80, id="long", marks=[pytest.mark.slow, pytest.mark.timeout(3600)]),
    ],
)
def test_no_interleaving_breaks_queue_or_ledger(world: World, examples: int, steps: int) -> None:
    machine = type("Machine", (Shop,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=[Phase.generate],  # a failure is told at once, as it came
        ),
    )
