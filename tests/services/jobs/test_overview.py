"""What the operator sees of the queue, and what can be done about dead jobs."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from services import jobs
from services.deps import Deps
from services.errors import NotFound
from services.jobs import Done, Job, Kind, Outcome, Permanent, pruning
from tests.services.jobs.kit import enqueue, is_state, row, run_sql, working
from tests.waiting import eventually


async def test_dead_jobs_are_shown_tried_again_and_discarded(live_deps: Deps) -> None:
    broken = True

    async def note(deps: Deps, job: Job) -> Outcome:
        if broken:
            raise Permanent("The webhook names a customer that there is not.")
        return Done()

    actor = uuid4()
    async with working(live_deps, {"note": Kind(note)}) as worker:
        ids = [await enqueue(live_deps) for _ in range(2)]
        await worker.poll()
        for id in ids:
            await eventually(is_state(live_deps, id, "failed"))
        async with live_deps.transaction() as session:
            view = await jobs.overview(session)
            assert {dead.id for dead in view.dead} == set(ids)
            assert view.dead[0].reason == "The webhook names a customer that there is not."
            await jobs.retry(session, job_id=ids[0], actor_id=actor)
            await jobs.discard(session, job_id=ids[1], actor_id=actor)
        broken = False
        await worker.poll()
        await eventually(is_state(live_deps, ids[0], "done"))
    async with live_deps.transaction() as session:
        with pytest.raises(NotFound):
            await jobs.retry(session, job_id=ids[1], actor_id=actor)
        audited = await session.scalars(text("select action from audit_log order by id"))
        assert list(audited) == ["job.retry", "job.discard"]


async def test_depth_and_the_oldest_are_of_what_is_ready(live_deps: Deps) -> None:
    await enqueue(live_deps, "note")
    await enqueue(live_deps, "note", delay=timedelta(hours=1))
    await enqueue(live_deps, "other")
    await run_sql(live_deps, "update job_queue set run_at = run_at - interval '90 s'")
    async with live_deps.transaction() as session:
        view = await jobs.overview(session)
    assert (view.depth, round(view.oldest, -1)) == (2, 90)
    assert [(kind.kind, kind.queued, kind.waiting) for kind in view.kinds] == [
        ("note", 1, 1),
        ("other", 1, 0),
    ]


async def test_pruning_removes_what_ended_long_ago_and_nothing_else(live_deps: Deps) -> None:
    old, fresh, dead = [await enqueue(live_deps) for _ in range(3)]
    open_one = await enqueue(live_deps)
    ended = "update job_queue set state = :state, finished_at = now() - :ago where id = :id"
    await run_sql(live_deps, ended, state="done", ago=timedelta(days=8), id=old)
    await run_sql(live_deps, ended, state="done", ago=timedelta(days=6), id=fresh)
    await run_sql(live_deps, ended, state="dead", ago=timedelta(days=8), id=dead)
    await pruning.tick(live_deps)
    left = await run_sql(live_deps, "select id from job_queue where kind = 'note'")
    assert {found.id for found in left} == {fresh, dead, open_one}
    assert (await row(live_deps, open_one)).state == "queued"
