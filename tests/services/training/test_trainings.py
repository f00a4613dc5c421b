"""A training from the price to the model: what it takes, what is shown, how it can end."""

import asyncio
import json
import struct
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import text

from services.deps import Deps
from services.engines.base import (
    Method,
    Refused,
    RemoteState,
    RemoteStatus,
    ResultFile,
    Unknown,
)
from services.errors import Conflict, DomainError, LimitReached
from services.training import trainings, user_models
from tests.doubles.engine import ScriptedEngine, lora_trainer, picture
from tests.statements import counted
from tests.studio import Studio

BANDS = [[0, 0.9, 0.8, 0.7], [40, 0.8, 0.6, 0.4]]  # loss at little, half and much noise
RUNNING = RemoteStatus(
    "",
    RemoteState.RUNNING,
    0.4,
    "training",
    seconds_left=90.0,
    metrics={"step": 40, "total_steps": 100, "loss": 0.5, "bands": BANDS},
)
DONE = RemoteStatus("", RemoteState.SUCCEEDED, 1.0, recipe={"rank": 32})


def weights(*, cut: int = 0) -> bytes:
    """A safetensors file with one tensor, `cut` bytes short."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    whole = struct.pack("<Q", len(header)) + header + bytes(8)
    return whole[: len(whole) - cut]


@pytest.fixture
def engine() -> ScriptedEngine:
    return lora_trainer()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="free")
    yield studio
    await studio.close()


async def until_sent(studio: Studio, engine: ScriptedEngine) -> None:
    async def sent() -> bool:
        return bool(engine.trainings)

    await studio.until(sent)


async def put_weights(studio: Studio, engine: ScriptedEngine, data: bytes) -> None:
    key = engine.trainings[0].weights.key
    await studio.deps.storage.put(key, data, content_type="application/octet-stream")


async def quote(studio: Studio) -> trainings.TrainingQuote:
    async with studio.deps.transaction() as session:
        return await trainings.quote(
            session, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
        )


async def test_a_training_is_shown_live_and_ends_in_a_model(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_poll.append(RUNNING)
    assert (await studio.train()).status == "queued"

    async def at_work() -> bool:
        return (await studio.model()).status == "training"

    await studio.until(at_work)
    sample = engine.trainings[0].samples[0].key
    await studio.deps.storage.put(sample, picture(), content_type="image/jpeg")
    engine.on_poll.append(
        RemoteStatus("", RemoteState.RUNNING, 0.5, "sampling", samples=(ResultFile(0, step=50),))
    )

    async def sampled() -> bool:  # the sample is kept before its stage is told
        return (await studio.model()).stage == "sampling"

    await studio.until(sampled)
    view = await studio.model()
    assert [point["loss"] for point in view.metrics] == [0.5]
    assert view.metrics[-1]["bands"] == BANDS
    assert (view.samples[0].step, view.progress, view.stage) == (50, 0.5, "sampling")
    await put_weights(studio, engine, weights())
    engine.on_poll.append(DONE)
    ready = await studio.trained()
    assert (ready.status, ready.progress, ready.lora) == ("ready", 1.0, True)
    assert (ready.recipe["rank"], ready.recipe["seed"]) == (32, engine.trainings[0].seed)


async def test_the_dataset_is_the_photos_and_is_erased_afterwards(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_poll.append(RUNNING)
    await studio.train()
    await until_sent(studio, engine)
    dataset = engine.trainings[0].dataset.key
    with zipfile.ZipFile(BytesIO(await studio.deps.storage.get(dataset))) as archive:
        assert len(archive.namelist()) == 10
    await put_weights(studio, engine, weights())
    engine.on_poll.append(DONE)
    await studio.trained()

    async def erased() -> bool:
        return await studio.deps.storage.head(dataset) is None

    await studio.until(erased)


async def test_too_few_photos_are_said_before_and_refused(studio: Studio) -> None:
    await studio.execute("delete from training_images where name in ('1.jpg', '2.jpg')")
    assert (await quote(studio)).problem == "Add 2 more photos: a training takes 10 to 30."
    with pytest.raises(Conflict, match="Add 2 more photos"):
        await studio.train()


async def test_a_price_is_read_in_few_statements_and_waits_for_nobody(studio: Studio) -> None:
    """While another transaction holds everything that a start would lock."""
    await quote(studio)
    async with studio.deps.transaction() as session:
        for table, of_member in (("users", "id"), ("user_models", "user_id")):
            lock = f"select 1 from {table} where {of_member} = :id for update"
            await session.execute(text(lock), {"id": studio.user_id})
        await session.execute(text("select 1 from credit_accounts for update"))
        with counted() as sent:
            async with studio.deps.reading() as reading, asyncio.timeout(5):
                read = await trainings.quote(
                    reading, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
                )
    assert read.problem is None
    assert len(sent) <= 5, sent
    assert not [statement for statement in sent if "for update" in statement.lower()]


async def test_two_trainings_do_not_share_the_last_slot(studio: Studio) -> None:
    async with studio.deps.transaction() as session:
        other = await studio.add_model(session)

    async def train(id: UUID) -> bool:
        try:
            async with studio.deps.transaction() as session:
                await trainings.start(
                    session, studio.deps, user_id=studio.user_id, user_model_id=id
                )
        except LimitReached:
            return False
        return True

    assert sorted(await asyncio.gather(train(studio.model_id), train(other))) == [False, True]


async def test_a_withdrawn_consent_stops_it(studio: Studio) -> None:
    await studio.execute("update consents set withdrawn_at = now()")
    with pytest.raises(Conflict, match="withdrawn"):
        await studio.train()


async def test_the_plans_slots_are_kept(studio: Studio) -> None:
    async with studio.deps.transaction() as session:
        await studio.add_model(session, photos=0, status="ready")
    assert "room for 1 model" in ((await quote(studio)).problem or "")
    with pytest.raises(DomainError, match="room for 1 model"):
        await studio.train()


async def test_it_is_not_started_twice(studio: Studio) -> None:
    await studio.train()
    with pytest.raises(Conflict, match="already being trained"):
        await studio.train()


async def test_a_lost_answer_is_never_repeated_by_itself(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.clear()
    engine.on_submit.append(Unknown("reset"))
    await studio.train()

    async def unknown() -> bool:
        return await studio.run_states() == ["unknown"]

    await studio.until(unknown)
    assert (await studio.model()).stage == "checking"
    await studio.execute("update remote_jobs set deadline_at = now() - interval '1 second'")
    failed = await studio.trained()
    assert (failed.status, len(engine.trainings)) == ("failed", 1)
    assert "Nothing was charged" in (failed.status_reason or "")


async def test_a_lost_answer_whose_weights_arrive_is_a_success(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.clear()
    engine.on_submit.append(Unknown("reset"))
    await studio.train()
    await until_sent(studio, engine)
    await put_weights(studio, engine, weights())
    assert (await studio.trained()).status == "ready"
    assert len(engine.trainings) == 1


async def test_where_a_repeat_is_free_it_is_made(studio: Studio, engine: ScriptedEngine) -> None:
    engine.is_(resubmit_safe=True, methods=(Method.PREVIEW,))
    engine.on_submit.appendleft(Unknown("reset"))
    engine.on_poll.extend([RemoteStatus("", RemoteState.LOST), DONE])
    await studio.train()
    assert (await studio.trained()).status == "ready"
    first, *others = engine.trainings
    assert len(others) == 2
    assert {request.client_job_id for request in others} == {first.client_job_id}


@pytest.mark.parametrize("data", [None, weights(cut=3), b"<html>", b""])
async def test_weights_that_did_not_arrive_whole_fail_the_training(
    studio: Studio, engine: ScriptedEngine, data: bytes | None
) -> None:
    engine.on_poll.append(RUNNING)
    await studio.train()
    await until_sent(studio, engine)
    if data is not None:
        await put_weights(studio, engine, data)
    engine.on_poll.append(DONE)
    failed = await studio.trained()
    assert failed.status == "failed"
    assert "arrived" in (failed.status_reason or "")
    assert not failed.lora


async def test_a_price_is_reserved_captured_and_given_back(
    studio: Studio, engine: ScriptedEngine
) -> None:
    await studio.execute("update plans set training_credits = 2 where name = 'free'")
    engine.on_poll.append(RemoteStatus("", RemoteState.FAILED, reason="It ran out of memory."))
    assert (await quote(studio)).credits == 2
    await studio.train()
    assert (await studio.balance()).available == 1
    failed = await studio.trained()
    assert "out of memory. Nothing was charged" in (failed.status_reason or "")
    assert ((await studio.balance()).available, await studio.open_holds()) == (3, [])
    engine.on_poll.clear()
    engine.on_poll.append(RUNNING)
    await studio.train()

    async def sent() -> bool:
        return len(engine.trainings) == 2

    await studio.until(sent)
    key = engine.trainings[1].weights.key
    await studio.deps.storage.put(key, weights(), content_type="application/octet-stream")
    engine.on_poll.append(DONE)
    assert (await studio.trained()).status == "ready"
    assert ((await studio.balance()).available, await studio.open_holds()) == (1, [])


async def test_cancel_is_final_at_once_and_the_engine_is_told(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_poll.append(RUNNING)
    await studio.train()

    async def at_work() -> bool:
        return (await studio.model()).status == "training"

    await studio.until(at_work)
    async with studio.deps.transaction() as session:
        view = await trainings.cancel(
            session, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
        )
    assert (view.status, view.status_reason) == ("canceled", "You stopped the training.")

    async def told() -> bool:
        return engine.canceled == ["r1"]

    await studio.until(told)
    await studio.train()  # and it may be started again


async def test_a_deleted_model_is_stopped_and_leaves_no_file(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_poll.append(RUNNING)
    await studio.train()
    await until_sent(studio, engine)
    async with studio.deps.transaction() as session:
        await user_models.delete(session, user_id=studio.user_id, user_model_id=studio.model_id)

    async def gone() -> bool:
        left = [item async for item in studio.deps.storage.list(str(studio.user_id))]
        return not left and engine.canceled == ["r1"]

    await studio.until(gone)
    # what the worker still puts is erased when its URLs have expired
    await put_weights(studio, engine, weights())
    await studio.execute("update job_queue set run_at = now() where kind = 'erase'")
    await studio.until(gone)


async def test_a_refusal_is_said(studio: Studio, engine: ScriptedEngine) -> None:
    engine.on_submit.appendleft(Refused("The account is out of credit.", retryable=False))
    await studio.train()
    failed = await studio.trained()
    assert (failed.status_reason or "").startswith("The account is out of credit. Nothing was")
