"""Processes of one installation that differ: each does what it can, and nothing is lost."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from services.app.bootstrap import KINDS, build
from services.billing import events
from services.credits import ledger_audit
from services.deps import Deps, engine_of
from services.engines.base import RemoteState, RemoteStatus
from services.engines.registry import Registry
from services.jobs import Kind, Worker
from services.maintenance import runs_without_engine
from services.payments.base import PaymentsError
from services.payments.off import PaymentsOff
from services.privacy import rights
from services.settings import Settings
from services.studio import generations
from tests.billing.conftest import LONG_AGO, Shop
from tests.billing.conftest import selling_deps as selling_deps
from tests.billing.conftest import shop as shop
from tests.doubles.engine import INFO, ScriptedEngine, images, picture
from tests.pairs.table import pair
from tests.services.jobs.kit import done, enqueue, is_state, run_sql
from tests.studio import Studio
from tests.waiting import eventually

SECOND = timedelta(seconds=1)


class Process:
    """One container that works jobs, with the parts that its settings give it."""

    def __init__(self, deps: Deps, **parts: Any) -> None:
        self.deps = replace(deps, **parts)
        self.worker = Worker(self.deps, kinds=KINDS | {"last in line": Kind(done)})

    async def works(self) -> None:
        """It takes what it can from the whole line, and ends or gives back what it took."""
        await run_sql(self.deps, "update job_queue set run_at = now() where state = 'waiting'")
        last = await enqueue(self.deps, "last in line")

        async def done_with_all() -> bool:
            await self.worker.poll()
            return not self.worker.busy and await is_state(self.deps, last, "done")()

        await eventually(done_with_all)

    async def until(self, statement: str, *wanted: object) -> None:
        """Works until a row of the database is what is wanted."""

        async def found() -> bool:
            await self.works()
            rows = await run_sql(self.deps, statement)
            assert [tuple(row) for row in rows] == [wanted]
            return True

        await eventually(found)

    async def ends(self) -> None:
        """It is stopped."""
        await self.worker.drain(SECOND)


async def delete_account(deps: Deps, user_id: UUID) -> None:
    async with deps.transaction() as session:
        await rights.delete_member(session, deps, user_id=user_id, actor_id=user_id)


@pair("leave", "role")
async def test_a_deleted_members_subscription_ends_where_the_key_is(shop: Shop) -> None:
    subscription = await shop.buy("creator")
    without = Process(shop.deps, payments=PaymentsOff())
    await delete_account(shop.deps, shop.user_id)
    for _ in range(3):
        await without.works()
    assert subscription["status"] == "active"
    able = Process(shop.deps)
    await able.until(
        "select state, attempts from job_queue where kind = 'close_customer'", "done", 1
    )
    assert subscription["status"] == "canceled"
    for process in (without, able):
        await process.ends()


@pair("buy", "role")
async def test_webhooks_wait_for_a_container_with_the_key(shop: Shop) -> None:
    session = await shop.visit("creator")
    shop.double.world.pay(session)
    for event in shop.double.world.events:
        body, headers = shop.double.signed(event)
        await events.receive(shop.deps, payload=body, signature=headers["Stripe-Signature"])
    without = Process(shop.deps, payments=PaymentsOff())
    for _ in range(3):
        await without.works()
    used = await run_sql(shop.deps, "select sum(attempts) from job_queue where needs = 'payments'")
    assert (used[0][0], await shop.plan()) == (0, "free")
    await shop.handled()
    assert await shop.plan() == "creator"
    await without.ends()


async def test_payments_that_are_off_never_say_that_they_did_it() -> None:
    off = PaymentsOff()
    for call in (off.cancel_now("sub_1"), off.close_customer("cus_1"), off.undelivered(LONG_AGO)):
        with pytest.raises(PaymentsError):
            await call


async def test_only_a_process_with_payments_looks_for_missed_webhooks(
    settings: Settings, database_url: str
) -> None:
    """The daily tick is one for all: a process without the key must not use it up."""
    settings.data_dir.mkdir()
    key = {"stripe_secret_key": SecretStr("sk_test_1")}
    for given, there in ((settings, False), (settings.model_copy(update=key), True)):
        product = build(given, database_url)
        assert product.worker
        await product.worker.tick()
        fired = {row.kind for row in await run_sql(product.deps, "select kind from job_queue")}
        assert ("billing.backfill" in fired) == there
        await product.stop()


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    """A member at a process with the engine `scripted`."""
    studio = await Studio(live_deps).open(plan="free", status="ready")
    yield studio
    await studio.close()


@pytest.fixture
async def other(live_deps: Deps) -> AsyncIterator[Process]:
    """A process with another engine, as one without the keys has."""
    process = Process(live_deps, engines=Registry.of(ScriptedEngine(replace(INFO, name="other"))))
    yield process
    await process.ends()


@pair("generate", "role")
async def test_images_wait_for_a_process_with_the_engine_they_were_asked_of(
    studio: Studio, engine: ScriptedEngine, other: Process
) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    engine.on_poll.extend([RemoteStatus("", RemoteState.RUNNING), images(picture(), picture())])
    asked = await studio.generate(count=2)

    async def over() -> bool:
        await other.works()
        return not (await studio.generation(asked.id)).active

    await other.works()
    assert (await studio.run_states(), engine.submitted) == (["queued"], [])
    await studio.until(over)
    done = await studio.generation(asked.id)
    assert (done.status, len(done.images), len(engine.submitted)) == ("succeeded", 2, 1)


async def test_a_cancel_reaches_the_engine_that_is_at_work(
    studio: Studio, engine: ScriptedEngine, other: Process
) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.RUNNING))
    engine.on_poll.append(RemoteStatus("", RemoteState.RUNNING))
    asked = await studio.generate(count=1)

    async def running() -> bool:
        return await studio.run_states() == ["running"]

    await studio.until(running)
    async with studio.deps.transaction() as session:
        await generations.cancel(
            session, studio.deps, user_id=studio.user_id, generation_id=asked.id
        )
    await other.works()
    stranger = other.deps.engine
    assert isinstance(stranger, ScriptedEngine)

    async def told() -> bool:
        return engine.canceled == ["r1"]

    await studio.until(told)
    assert stranger.canceled == []


async def minutes_pass(process: Process, minutes: int) -> None:
    """The process was there all the time; those that ended were not seen."""
    await run_sql(
        process.deps,
        "update job_offers set since = since - :n, seen_at = seen_at - cast(:n as interval)",
        n=timedelta(minutes=minutes),
    )
    await run_sql(
        process.deps,
        "update job_offers set seen_at = now() where name = :name",
        name=engine_of(process.deps.engine.info.name),
    )


async def look_for_lost_engines(process: Process) -> None:
    """The tick comes."""
    await runs_without_engine.tick(process.deps)


@pair("generate", "engine")
@pytest.mark.parametrize("at_work", [False, True])
async def test_what_waits_for_an_engine_that_was_taken_away_ends_unpaid(
    studio: Studio, engine: ScriptedEngine, other: Process, *, at_work: bool
) -> None:
    """Restarted with another engine: first the others get time to start, then it is said."""
    engine.on_submit.append(RemoteStatus("r1", RemoteState.RUNNING))
    engine.on_poll.append(RemoteStatus("", RemoteState.RUNNING))
    asked = await studio.generate(count=2)
    await studio.worker.announce()

    async def running() -> bool:
        return await studio.run_states() == ["running"]

    if at_work:
        await studio.until(running)
    await studio.close()
    await other.worker.announce()
    await minutes_pass(other, 4)
    await other.works()
    await look_for_lost_engines(other)
    assert (await studio.generation(asked.id)).active
    await minutes_pass(other, 2)
    await look_for_lost_engines(other)
    done = await studio.generation(asked.id)
    assert (done.status, done.status_reason) == (
        "failed",
        "The engine was changed while this was under way. Nothing was charged.",
    )
    assert ((await studio.balance()).available, await studio.open_holds()) == (3, [])


@pair("train", "engine")
async def test_a_training_ends_too_and_can_be_begun_anew(studio: Studio, other: Process) -> None:
    await studio.execute("update user_models set status = 'draft'")
    await studio.train()
    await studio.worker.announce()
    await studio.close()
    await other.worker.announce()
    await minutes_pass(other, 6)
    await look_for_lost_engines(other)
    model = await studio.model()
    assert model.status == "failed"
    assert "The engine was changed" in (model.status_reason or "")
    async with studio.deps.transaction() as session:
        view = await ledger_audit.reckon(session)
    assert (view.broken, view.open_holds) == ({}, 0)


async def test_an_engine_that_comes_back_in_time_goes_on(
    studio: Studio, engine: ScriptedEngine, other: Process
) -> None:
    engine.on_submit.append(images(picture(), picture()))
    asked = await studio.generate(count=2)
    await other.worker.announce()
    await minutes_pass(other, 600)
    await studio.worker.announce()
    await look_for_lost_engines(other)
    assert (await studio.ended(asked.id)).status == "succeeded"
