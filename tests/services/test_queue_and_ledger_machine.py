"""Queue and ledger through random interleavings, failures and clock jumps, against a model.

After each step every row is compared with the model, and the ledger's own audit has to pass.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

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

from db.session import make_engine, make_transaction
from services.credits.ledger import Balance
from services.errors import InsufficientCredits
from tests.services.moves import ATTEMPTS, LEASE, Moves, RollBack

pytestmark = pytest.mark.process

T = TypeVar("T")
DELAYS = (0, 5, 25)
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


class Shop(RuleBasedStateMachine):
    """Members order work that costs credits; two workers do it, lose it, and give it up."""

    moves: Moves
    runner: asyncio.Runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the work, in a loop that outlives the examples."""
        return self.runner.run(work)

    @initialize()
    def opens(self) -> None:
        """An empty database with two members."""
        self.clock = 0.0
        self.jobs: dict[UUID, Model] = {}
        self.leases: list[tuple[UUID, int]] = []
        self.money = [Balance(20, 0), Balance(20, 0)]
        self.grants = 0
        self.run(self.moves.open())
        for n in range(6):
            self.order(who=n % 2, credits=n % 3, delay=0, priority=0, fails=False)
        self.claim(slots=2)

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
            id = self.run(self.moves.order(who, credits, delay, priority, fails))
        except InsufficientCredits:
            assert credits > cast(int, self.money[who].available)
        except RollBack:
            pass
        else:
            state = "waiting" if delay else "queued"
            self.jobs[id] = Model(who, credits, state, self.clock + delay)
            self._move(who, -credits, +credits)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Open jobs end at once and give their credits back; for ended ones nothing changes."""
        id = data.draw(st.sampled_from(list(self.jobs)))
        model = self.jobs[id]
        assert self.run(self.moves.cancel(id)) == (model.state in OPEN)
        if model.state in OPEN:
            self._close(model, "canceled", 0)

    @rule(who=st.integers(0, 1), credits=st.integers(1, 9), repeat=st.booleans())
    def grant(self, who: int, credits: int, repeat: bool) -> None:
        """A grant happens once, and pays off what is owed first."""
        self.grants += not repeat
        before = self.money[who]
        granted = self.run(self.moves.grant(who, credits, f"grant:{self.grants}"))
        if granted:
            repaid = min(before.owed, credits + cast(int, before.available))
            self._move(who, credits - repaid, 0, -repaid)
        else:
            assert repeat

    @rule(who=st.integers(0, 1), credits=st.integers(1, 15))
    def refund(self, who: int, credits: int) -> None:
        """Takes credits back; what is spent already is owed."""
        self.run(self.moves.refund(who, credits))
        taken = min(credits, cast(int, self.money[who].available))
        self._move(who, -taken, 0, credits - taken)

    # What workers do

    @rule(slots=st.integers(1, 3))
    def claim(self, slots: int) -> None:
        """Takes what is in the line, never more, never what is not."""
        claimed = self.run(self.moves.claim(slots))
        ready = [id for id, model in self.jobs.items() if model.state == "queued"]
        assert len(claimed) == min(slots, len(ready))
        for id, token in claimed:
            model = self.jobs[id]
            assert model.state == "queued"
            assert (id, token) not in self.leases  # or a former owner could write
            model.state, model.at = "leased", self.clock + LEASE.total_seconds()
            model.token, model.attempts = token, model.attempts + 1
            self.leases.append((id, token))

    @rule(slots=st.integers(1, 3))
    def a_claim_is_lost(self, slots: int) -> None:
        """The server crashes before it reaches the disk; the worker does not know."""
        self.leases += self.run(self.moves.claim(slots, lost=True))

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), share=st.floats(0, 1))
    def finish(self, data: st.DataObject, share: float) -> None:
        """Whoever holds the lease captures; whoever lost it changes nothing."""
        id, token = self._lease(data)
        model = self.jobs[id]
        captured = round(share * model.credits)
        if self.run(self.moves.finish(id, token, captured)):
            assert self._stands(id, token)
            self._close(model, "done", captured)
        else:
            assert not self._stands(id, token)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), delay=st.sampled_from(DELAYS), again=st.booleans())
    def give_back(self, data: st.DataObject, delay: int, again: bool) -> None:
        """Again, or a retry after a failure."""
        id, token = self._lease(data)
        model = self.jobs[id]
        if self.run(self.moves.give_back(id, token, delay, again)):
            assert self._stands(id, token)
            model.state, model.at = "waiting", self.clock + delay
            model.attempts -= again
        else:
            assert not self._stands(id, token)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        """A heartbeat keeps what is still held."""
        id, token = self._lease(data)
        model = self.jobs[id]
        if self.run(self.moves.renew(id, token)):
            assert self._stands(id, token)
            model.at = self.clock + LEASE.total_seconds()
        else:
            assert not self._stands(id, token)

    @rule()
    def sweep(self) -> None:
        """Leases that are over are taken back; at the limit the job is dead, and paid back."""
        self.run(self.moves.sweep())
        for model in self.jobs.values():
            if model.state == "leased" and model.at < self.clock:
                if model.attempts >= ATTEMPTS:
                    self._close(model, "dead", 0)
                else:
                    model.state, model.at = "waiting", self.clock

    @rule()
    def promote(self) -> None:
        """What is due joins the line, and nothing else does."""
        self.run(self.moves.promote())
        for model in self.jobs.values():
            if model.state == "waiting" and model.at <= self.clock:
                model.state = "queued"

    @rule(slots=st.integers(1, 3))
    def workers_fall_silent(self, slots: int) -> None:
        """Others take over, and then the silent ones come back and try to finish."""
        before = [lease for lease in self.leases if self._stands(*lease)]
        self.time_passes(40)
        self.sweep()
        self.promote()
        self.claim(slots)
        for id, token in before:
            assert not self.run(self.moves.finish(id, token, 0))
            assert not self.run(self.moves.renew(id, token))
            assert not self.run(self.moves.give_back(id, token, 0, again=False))

    @rule(seconds=st.sampled_from((10, 40)))
    def time_passes(self, seconds: int) -> None:
        """The database's clock jumps."""
        self.clock += seconds
        self.run(self.moves.jump(timedelta(seconds=seconds)))

    # What always holds

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        """States, tokens, attempts, balances, holds, and the ledger's own audit."""
        rows, balances, view = self.run(self.moves.look())
        found = {row.id: (row.state, row.lease_token, row.attempts) for row in rows}
        expected = {id: (m.state, m.token, m.attempts) for id, m in self.jobs.items()}
        assert found == expected
        assert balances == self.money
        assert view.broken == {}
        paid = [model for model in self.jobs.values() if model.state in OPEN]
        assert view.open_holds == len(paid)
        assert view.held == sum(model.credits for model in paid)

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


@pytest.fixture
def machine(database_url: str) -> Iterator[type[Shop]]:
    """On one database for all examples."""
    with asyncio.Runner() as runner:
        engine = make_engine(database_url)
        yield type("Machine", (Shop,), {"moves": Moves(make_transaction(engine)), "runner": runner})
        runner.run(engine.dispose())


@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(10, 30, id="short"),
        pytest.param(300, 80, id="long", marks=[pytest.mark.slow, pytest.mark.timeout(3600)]),
    ],
)
def test_no_interleaving_breaks_queue_or_ledger(
    machine: type[Shop], examples: int, steps: int
) -> None:
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
