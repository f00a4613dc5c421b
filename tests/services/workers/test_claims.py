"""Claims of GPU workers: one has a job at a time, and who lost it changes nothing any more."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from db.models import RunRow, User, WorkerJob
from services.deps import Deps
from services.errors import Conflict
from services.workers import claims, keys
from services.workers.claims import Claimed, Lease
from tests.services.workers.conftest import NewJob, NewWorker

BOTH = ("generate", "train")


async def claim(
    deps: Deps,
    worker: UUID,
    *,
    kinds: tuple[str, ...] = BOTH,
    offers: str = "fast",
    waited: int = 0,
) -> Claimed | None:
    async with deps.transaction() as session:
        return await claims.claim(
            session,
            worker_id=worker,
            kinds=kinds,
            offers=[offers],
            waited=timedelta(seconds=waited),
        )


async def leased(deps: Deps, worker: UUID) -> Lease:
    found = await claim(deps, worker)
    assert found
    return Lease(found.id, worker, found.token)


async def lapse(deps: Deps, id: UUID) -> None:
    """The worker is not heard of for longer than its lease."""
    async with deps.transaction() as session:
        past = func.now() - timedelta(seconds=1)
        await session.execute(update(WorkerJob).where(WorkerJob.id == id).values(lease_until=past))


async def finish(deps: Deps, lease: Lease, result: str = "a picture") -> bool:
    async with deps.transaction() as session:
        return await claims.finish(session, lease, result={"made": result}, progress={})


async def report(deps: Deps, lease: Lease) -> bool:
    async with deps.transaction() as session:
        return await claims.report(session, lease, progress={"progress": 0.5})


async def look(deps: Deps, id: UUID) -> tuple[str, object]:
    async with deps.transaction() as session:
        row = await claims.look(session, id=id)
    assert row
    return row.state, row.result


async def test_of_two_who_ask_at_once_one_gets_the_job(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    workers = [await new_worker(f"box {i}") for i in range(4)]
    jobs = {await new_job() for _ in range(2)}
    found = await asyncio.gather(*(claim(live_deps, worker) for worker in workers))
    assert {job.id for job in found if job} == jobs
    assert sum(job is None for job in found) == 2


async def test_a_lapsed_lease_goes_to_another_and_the_first_changes_nothing(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    first, second = await new_worker("first"), await new_worker("second")
    job = await new_job()
    lost = await leased(live_deps, first)
    assert await claim(live_deps, second) is None
    await lapse(live_deps, job)
    held = await leased(live_deps, second)
    with pytest.raises(Conflict, match="no longer"):
        await finish(live_deps, lost, "of the first")
    with pytest.raises(Conflict, match="no longer"):
        await report(live_deps, lost)
    async with live_deps.transaction() as session:
        await claims.give_back(session, lost)
    assert await report(live_deps, held)
    assert await finish(live_deps, held, "of the second")
    with pytest.raises(Conflict):
        await finish(live_deps, lost, "of the first")
    assert await look(live_deps, job) == ("done", {"made": "of the second"})


async def test_a_lapsed_lease_that_nobody_took_goes_on(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    worker = await new_worker("box")
    job = await new_job()
    lease = await leased(live_deps, worker)
    await lapse(live_deps, job)
    assert await report(live_deps, lease)
    assert await claim(live_deps, await new_worker("other")) is None
    assert await finish(live_deps, lease)


async def test_an_end_may_be_told_again_as_its_answer_may_be_lost(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    job = await new_job()
    lease = await leased(live_deps, await new_worker("box"))
    assert await finish(live_deps, lease, "one")
    assert await finish(live_deps, lease, "two")
    assert await look(live_deps, job) == ("done", {"made": "one"})


async def test_images_go_first_and_each_gets_only_what_it_can_do(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    worker = await new_worker("box")
    training = await new_job("train", needs="train")
    image = await new_job(needs="train")
    assert await claim(live_deps, worker, offers="fast") is None
    assert await claim(live_deps, worker, offers="train", waited=3600) is None
    first = await claim(live_deps, worker, offers="train")
    second = await claim(live_deps, worker, offers="train")
    assert first
    assert second
    assert (first.id, second.id) == (image, training)


async def test_a_canceled_job_is_given_to_nobody_and_its_worker_hears_of_it(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    worker = await new_worker("box")
    held, waiting = await new_job(), await new_job()
    lease = await leased(live_deps, worker)
    assert lease.id == held
    async with live_deps.transaction() as session:
        assert await claims.cancel(session, id=held)
        assert await claims.cancel(session, id=waiting)
        assert not await claims.cancel(session, id=held)
    assert not await report(live_deps, lease)
    assert not await finish(live_deps, lease)
    assert await claim(live_deps, worker) is None
    assert await look(live_deps, held) == ("canceled", None)


async def test_a_job_whose_workers_all_vanish_ends(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    worker = await new_worker("box")
    job = await new_job()
    for _ in range(claims.MAX_ATTEMPTS):
        assert (await look(live_deps, job))[0] in {"queued", "leased"}
        await leased(live_deps, worker)
        await lapse(live_deps, job)
    assert await claim(live_deps, worker) is None
    assert await look(live_deps, job) == ("failed", None)


async def test_what_a_worker_gives_back_costs_no_attempt(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    worker = await new_worker("box")
    await new_job()
    for _ in range(claims.MAX_ATTEMPTS + 1):
        lease = await leased(live_deps, worker)
        async with live_deps.transaction() as session:
            await claims.give_back(session, lease)
    assert await claim(live_deps, worker)


async def test_a_repeat_is_no_second_job_and_a_failed_one_is_tried_again(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    worker = await new_worker("box")
    job = await new_job()
    lease = await leased(live_deps, worker)
    await new_job(id=job)
    assert await claim(live_deps, worker) is None
    async with live_deps.transaction() as session:
        assert await claims.fail(session, lease, reason="crashed: It fell over.")
    assert (await look(live_deps, job))[0] == "failed"
    await new_job(id=job)
    again = await leased(live_deps, worker)
    assert await finish(live_deps, again)
    await new_job(id=job)
    assert await look(live_deps, job) == ("done", {"made": "a picture"})
    with pytest.raises(Conflict, match="another job"):
        await new_job(id=job, digest="other words")


async def test_a_revoked_key_loses_what_it_holds_at_once(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    thief, honest = await new_worker("thief"), await new_worker("honest")
    await new_job()
    stolen = await leased(live_deps, thief)
    async with live_deps.transaction() as session:
        await keys.revoke(session, live_deps, key_id=thief, actor_id=thief)
        assert [view.name for view in await keys.list_(session)] == ["honest"]
    with pytest.raises(Conflict):
        await finish(live_deps, stolen)
    assert await finish(live_deps, await leased(live_deps, honest))


async def test_signed_addresses_go_with_the_end_and_the_job_with_its_member(
    live_deps: Deps, new_worker: NewWorker, new_job: NewJob
) -> None:
    worker = await new_worker("box")
    job = await new_job()
    await finish(live_deps, await leased(live_deps, worker))
    async with live_deps.transaction() as session:
        row = await session.get_one(WorkerJob, job)
        assert row.signed_payload is None
        run = await session.get_one(RunRow, job)
        await session.delete(await session.get_one(User, run.user_id))
    async with live_deps.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(WorkerJob)) == 0
