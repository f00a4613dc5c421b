"""Where claims look, and what becomes of one that was lost with its connection or its server."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services import jobs
from services.deps import Deps
from services.jobs import Kind, queue
from services.jobs.claimer import Claimer
from tests.services.jobs.kit import done, enqueue, run_sql

KINDS = {"note": Kind(done)}


@pytest.fixture
async def claims(live_deps: Deps) -> AsyncIterator[Claimer]:
    """One process's."""
    lease = timedelta(seconds=30)
    claimer = Claimer(live_deps.transaction, owner="here", kinds=KINDS, lease=lease)
    yield claimer
    await claimer.close()


async def ids(claims: Claimer, slots: int = 1) -> list[UUID]:
    """Of the jobs that it claims now."""
    return [row.id for row in await claims.claim(slots)]


async def test_what_a_slow_transaction_queued_is_found_though_claims_have_passed_by(
    live_deps: Deps, claims: Claimer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if every claim came long after the one before it.
    monkeypatch.setattr("services.jobs.claimer.GRACE", 0.0)
    async with live_deps.transaction() as slow:
        late = await jobs.enqueue(slow, kind="note", payload={})
        for _ in range(4):
            await enqueue(live_deps)
            assert len(await ids(claims)) == 1
    assert await ids(claims) == []  # it stands among the dead rows that are no longer looked at
    claims.expect(everything=True)
    assert await ids(claims) == [late]


async def test_a_transaction_shorter_than_the_grace_is_never_passed_by(
    live_deps: Deps, claims: Claimer
) -> None:
    async with live_deps.transaction() as short:
        job = await jobs.enqueue(short, kind="note", payload={})
        for _ in range(4):
            await enqueue(live_deps)
            assert len(await ids(claims)) == 1
    assert await ids(claims) == [job]


async def test_a_kept_connection_that_was_cut_costs_no_claim(
    live_deps: Deps, claims: Claimer
) -> None:
    first, second = await enqueue(live_deps), await enqueue(live_deps)
    assert await ids(claims) == [first]
    await run_sql(
        live_deps,
        """select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()""",
    )
    assert await ids(claims) == [second]


async def test_the_owner_of_a_claim_that_its_server_forgot_writes_nothing(
    live_deps: Deps, claims: Claimer
) -> None:
    job = await enqueue(live_deps)
    before = await run_sql(live_deps, "select state, attempts, lease_token, turn from job_queue")
    [forgotten] = await claims.claim(1)
    await forget(live_deps, before[0])
    [again] = await claims.claim(1)
    assert (again.id, again.attempts) == (job, forgotten.attempts)
    async with live_deps.transaction() as session:
        lost, held = [(row.id, row.lease_token) for row in (forgotten, again)]
        assert not await queue.lock_lease(session, job_id=lost[0], token=lost[1])
        assert await queue.finish(session, leases=[lost]) == set()
        assert await queue.finish(session, leases=[held]) == {job}


async def forget(deps: Deps, before: Any) -> None:
    """What a crash does to a claim that had not reached the disk."""
    await run_sql(
        deps,
        """update job_queue set state = :state, attempts = :attempts, lease_token = :lease_token,
            turn = :turn, lease_until = null, lease_owner = null, started_at = null""",
        **before._mapping,
    )
