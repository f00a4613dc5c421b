"""Jobs that need what not every process has wait for a process that has it."""

import dataclasses
from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr

from services import jobs
from services.deps import MAIL, PAYMENTS, Deps, engine_of
from services.jobs import Done, Job, Kind, Outcome, Permanent, Worker
from tests.services.jobs.kit import SECOND, enqueue, is_state, pass_time, row, run_sql, working
from tests.waiting import eventually

MAILER = {"smtp_url": SecretStr("smtp://127.0.0.1")}


def with_mail(deps: Deps) -> Deps:
    """The same process with a mail server."""
    return dataclasses.replace(deps, settings=deps.settings.model_copy(update=MAILER))


async def unmet(deps: Deps) -> list[tuple[str, str, int]]:
    """What the operator reads of jobs that no process can work."""
    async with deps.transaction() as session:
        return [(u.kind, u.needs, u.jobs) for u in (await jobs.overview(session)).unmet]


async def at_work_for(deps: Deps, worker: Worker, minutes: int) -> None:
    """The worker runs so long, and says all the while what it has."""
    await worker.announce()
    back = "update job_offers set since = since - cast(:jump as interval)"
    await run_sql(deps, back, jump=timedelta(minutes=minutes))


async def long_gone(deps: Deps, offer: str) -> None:
    """The last process that had it ended an hour ago."""
    await run_sql(
        deps, "update job_offers set seen_at = now() - interval '1 h' where name = :n", n=offer
    )


def test_a_process_offers_what_its_settings_say(deps: Deps) -> None:
    assert deps.offers == {engine_of("preview")}
    assert with_mail(deps).offers == {engine_of("preview"), MAIL}


async def test_a_job_is_left_to_a_process_that_has_what_it_needs(live_deps: Deps) -> None:
    id = await enqueue(live_deps, needs=MAIL)
    behind = await enqueue(live_deps)
    async with working(live_deps) as without:
        await without.poll()
        await eventually(is_state(live_deps, behind, "done"))
    left = await row(live_deps, id)
    assert (left.state, left.attempts, left.started_at) == ("queued", 0, None)
    async with working(with_mail(live_deps)) as able:
        await able.poll()
        await eventually(is_state(live_deps, id, "done"))
    assert (await row(live_deps, id)).attempts == 1


async def test_two_processes_share_the_work_by_what_they_have(live_deps: Deps) -> None:
    seen: dict[str, set[UUID]] = {"without": set(), "able": set()}

    def noting(name: str) -> dict[str, Kind]:
        async def note(deps: Deps, job: Job) -> Outcome:
            seen[name].add(job.id)
            return Done()

        return {"note": Kind(note)}

    needy = {await enqueue(live_deps, needs=MAIL) for _ in range(10)}
    others = {await enqueue(live_deps) for _ in range(10)}
    async with (
        working(live_deps, noting("without")) as without,
        working(with_mail(live_deps), noting("able")) as able,
    ):

        async def all_done() -> bool:
            await without.poll()
            await able.poll()
            return len(seen["without"] | seen["able"]) == 20

        await eventually(all_done)
    assert needy <= seen["able"]
    assert seen["without"] <= others


async def test_what_a_dead_process_held_is_taken_back_by_any_and_worked_by_one_that_can(
    live_deps: Deps,
) -> None:
    id = await enqueue(live_deps, needs=MAIL)
    await run_sql(
        live_deps,
        "update job_queue set state = 'leased', attempts = 1, lease_until = now()",
    )
    async with working(live_deps) as without:
        await without.sweep()
        await without.poll()
        await eventually(is_state(live_deps, id, "queued"))
        await without.poll()
    async with working(with_mail(live_deps)) as able:
        await able.poll()
        await eventually(is_state(live_deps, id, "done"))


async def test_a_dead_job_that_is_tried_again_still_needs_it(live_deps: Deps) -> None:
    async def refuse(deps: Deps, job: Job) -> Outcome:
        raise Permanent("no")

    id = await enqueue(live_deps, needs=MAIL)
    async with working(with_mail(live_deps), {"note": Kind(refuse)}) as able:
        await able.poll()
        await eventually(is_state(live_deps, id, "failed"))
    async with live_deps.transaction() as session:
        await jobs.retry(session, job_id=id, actor_id=UUID(int=1))
    async with working(live_deps) as without:
        await without.poll()
        await eventually(is_state(live_deps, id, "queued"))
    assert (await row(live_deps, id)).needs == MAIL


async def test_nobody_waits_longer_for_what_only_others_can_work(live_deps: Deps) -> None:
    """The place in the line counts what the same processes have to work before."""
    for _ in range(3):
        await enqueue(live_deps, needs=PAYMENTS)
    plain, mail = await enqueue(live_deps), await enqueue(live_deps, needs=MAIL)
    async with live_deps.transaction() as session:
        found = await jobs.ahead(session, job_ids=[plain, mail])
    assert found == {plain: 0, mail: 1}


async def test_the_operator_reads_what_no_process_has(live_deps: Deps) -> None:
    for kind in ("note", "note", "other"):
        await enqueue(live_deps, kind, needs=PAYMENTS)
    await enqueue(live_deps, needs=MAIL)
    await enqueue(live_deps)
    worker, able = Worker(live_deps, kinds={}), Worker(with_mail(live_deps), kinds={})
    assert await unmet(live_deps) == []  # nobody has been at work: who knows who will be
    await at_work_for(live_deps, worker, minutes=4)
    await able.announce()
    assert await unmet(live_deps) == []
    await at_work_for(live_deps, worker, minutes=2)
    assert await unmet(live_deps) == [("note", PAYMENTS, 2), ("other", PAYMENTS, 1)]
    await long_gone(live_deps, MAIL)
    assert ("note", MAIL, 1) in await unmet(live_deps)
    for each in (worker, able):
        await each.drain(SECOND)


async def test_a_house_that_was_down_first_waits_for_all_of_its_processes(live_deps: Deps) -> None:
    """The one that starts first does not judge by what was there before the power cut."""
    await enqueue(live_deps, needs=MAIL)
    worker, able = Worker(live_deps, kinds={}), Worker(with_mail(live_deps), kinds={})
    await at_work_for(live_deps, able, minutes=600)
    await run_sql(live_deps, "update job_offers set seen_at = now() - interval '1 hour'")
    await worker.announce()
    assert await unmet(live_deps) == []
    await at_work_for(live_deps, worker, minutes=6)
    assert await unmet(live_deps) == [("note", MAIL, 1)]
    await able.announce()
    assert await unmet(live_deps) == []
    for each in (worker, able):
        await each.drain(SECOND)


async def test_a_job_that_is_for_later_is_not_missed_yet(live_deps: Deps) -> None:
    await enqueue(live_deps, needs=MAIL, delay=timedelta(minutes=10))
    worker = Worker(live_deps, kinds={})
    await at_work_for(live_deps, worker, minutes=60)
    assert await unmet(live_deps) == []
    await pass_time(live_deps, 601)
    await worker.poll()

    async def missed() -> bool:
        return await unmet(live_deps) == [("note", MAIL, 1)]

    await eventually(missed)
    await worker.drain(SECOND)
