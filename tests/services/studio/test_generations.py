"""Images from the request to the gallery: prices, limits, what is charged, what is said."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI, Response

from services.deps import Deps
from services.engines.base import (
    Method,
    Refused,
    RemoteState,
    RemoteStatus,
    ResultFile,
    Unknown,
)
from services.errors import Conflict, InsufficientCredits, Invalid, NotFound
from services.storage.local import LocalStorage
from services.studio import generations
from services.training import user_models
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.servers import served
from tests.studio import Studio


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="free", status="ready")
    yield studio
    await studio.close()


async def test_images_are_made_stored_and_paid(studio: Studio, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture(), picture("red", kind="PNG")))
    asked = await studio.generate(count=2, aspect="4:5", seed=41, preset="watercolour", steps=20)
    assert (asked.status, asked.cost, (await studio.balance()).held) == ("queued", 2, 2)
    done = await studio.ended(asked.id)
    assert (done.status, done.progress, done.status_reason) == ("succeeded", 1.0, None)
    assert [image.seed for image in done.images] == [41, 42]
    balance = await studio.balance()
    assert (balance.available, balance.held) == (1, 0)
    request = engine.submitted[0]
    assert (request.width, request.height, request.steps) == (896, 1120, 20)
    assert len(request.photos) == 8


async def test_a_request_beyond_the_balance_is_refused_with_the_price(studio: Studio) -> None:
    with pytest.raises(InsufficientCredits, match="needs 4 credits and you have 3"):
        await studio.generate(count=4)
    assert await studio.run_states() == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"prompt": "  "}, "Prompt"),
        ({"prompt": "x" * 1001}, "1,000"),
        ({"count": 0}, "1 to 8"),
        ({"count": 9}, "1 to 8"),
        ({"aspect": "5:7"}, "formats"),
        ({"seed": -1}, "seed"),
        ({"preset": "nope"}, "preset"),
        ({"steps": 51}, "from 1 to 50"),
        ({"guidance_scale": 3.0}, "can’t be set"),
        ({"negative_prompt": "hats"}, "no negative prompt"),
    ],
)
async def test_what_cannot_be_made_is_refused_in_words(
    studio: Studio, values: dict[str, object], message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        await studio.generate(**values)


async def test_another_members_model_is_not_found(studio: Studio) -> None:
    with pytest.raises(NotFound):
        await studio.generate(user_model_id=uuid4())


async def test_a_draft_makes_pictures_from_its_first_photo_on(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture(), picture()))
    await studio.execute("update user_models set status = 'draft'")
    await studio.execute("delete from training_images where phash > 0")
    assert (await studio.ended((await studio.generate()).id)).status == "succeeded"
    await studio.execute("delete from training_images")
    with pytest.raises(Conflict, match="no photos yet"):
        await studio.generate()


async def test_a_model_without_weights_is_refused_where_the_engine_needs_them(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.is_(methods=(Method.TRAINED,))
    with pytest.raises(Conflict, match="Train it first"):
        await studio.generate()


async def test_a_refusal_gives_the_credits_back_and_says_why(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(Refused("The safety check refused this prompt.", retryable=False))
    done = await studio.ended((await studio.generate()).id)
    assert done.status == "failed"
    assert done.status_reason == "The safety check refused this prompt. Nothing was charged."
    assert ((await studio.balance()).available, await studio.open_holds()) == (3, [])


async def test_a_busy_engine_is_asked_again(studio: Studio, engine: ScriptedEngine) -> None:
    busy = Refused("Busy.", retryable=True, retry_after=3)
    engine.on_submit.extend([busy, busy, images(picture(), picture())])
    done = await studio.ended((await studio.generate()).id)
    assert (done.status, len(engine.submitted)) == ("succeeded", 3)


async def test_a_lost_answer_is_repeated_once_with_the_same_seeds(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.extend([Unknown("504"), images(picture(), picture())])
    done = await studio.ended((await studio.generate()).id)
    assert done.status == "succeeded"
    first, second = engine.submitted
    assert (first.seeds, first.client_job_id) == (second.seeds, second.client_job_id)


async def test_two_lost_answers_end_in_a_refund(studio: Studio, engine: ScriptedEngine) -> None:
    engine.on_submit.append(Unknown("504"))
    asked = await studio.generate()

    async def lost() -> bool:
        return len(engine.submitted) == 2 and await studio.run_states() == ["unknown"]

    await studio.until(lost)
    await studio.execute("update remote_jobs set deadline_at = now() - interval '1 second'")
    done = await studio.ended(asked.id)
    assert (done.status, len(engine.submitted)) == ("failed", 2)
    assert "Nothing was charged" in (done.status_reason or "")
    assert (await studio.balance()).available == 3


@pytest.mark.parametrize(
    "bad", [b"", b"<html>Sign in</html>", picture(kind="PNG", size=(600, 600))[:-900]]
)
async def test_what_is_no_picture_is_not_charged(
    studio: Studio, engine: ScriptedEngine, bad: bytes
) -> None:
    engine.on_submit.append(images(bad, bad))
    done = await studio.ended((await studio.generate()).id)
    assert (done.status, done.images) == ("failed", ())
    assert ((await studio.balance()).available, await studio.open_holds()) == (3, [])


async def test_only_what_was_made_is_charged(studio: Studio, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture(), b"<html>"))
    done = await studio.ended((await studio.generate()).id)
    assert (done.status, len(done.images)) == ("succeeded", 1)
    assert "1 of 2 could not be made, and nothing was charged for it" in (done.status_reason or "")
    assert (await studio.balance()).available == 2


async def test_a_result_whose_link_expired_is_refunded(
    studio: Studio, engine: ScriptedEngine
) -> None:
    results = (ResultFile(0, key="nowhere/0.jpg"), ResultFile(1, key="nowhere/1.jpg"))
    engine.on_submit.append(RemoteStatus("", RemoteState.SUCCEEDED, results=results))
    done = await studio.ended((await studio.generate()).id)
    assert done.status == "failed"
    assert "never arrived" in (done.status_reason or "")
    assert (await studio.balance()).available == 3


async def test_images_appear_as_they_come(studio: Studio, engine: ScriptedEngine) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    half = (ResultFile(0, data=picture()),)
    engine.on_poll.append(RemoteStatus("", RemoteState.RUNNING, 0.5, "generating", results=half))
    asked = await studio.generate()

    async def one_there() -> bool:
        view = await studio.generation(asked.id)
        return len(view.images) == 1 and view.active and view.status == "running"

    await studio.until(one_there)
    view = await studio.generation(asked.id)
    assert (view.status, view.stage, view.progress) == ("running", "generating", 0.5)
    engine.on_poll.append(images(picture(), picture()))
    assert len((await studio.ended(asked.id)).images) == 2


async def test_cancel_is_final_at_once_and_stops_the_engine(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.RUNNING))
    half = (ResultFile(0, data=picture()),)
    engine.on_poll.append(RemoteStatus("", RemoteState.RUNNING, 0.5, results=half))
    asked = await studio.generate()

    async def one_there() -> bool:
        return len((await studio.generation(asked.id)).images) == 1

    await studio.until(one_there)
    async with studio.deps.transaction() as session:
        view = await generations.cancel(
            session, studio.deps, user_id=studio.user_id, generation_id=asked.id
        )
    assert (view.status, len(view.images)) == ("canceled", 1)
    balance = await studio.balance()
    assert (balance.available, balance.held) == (2, 0)

    async def told() -> bool:
        return engine.canceled == ["r1"]

    await studio.until(told)
    assert await studio.run_states() == ["canceled"]


async def test_a_queued_request_that_is_canceled_never_starts(
    studio: Studio, engine: ScriptedEngine
) -> None:
    asked = await studio.generate()
    for _ in range(2):  # a second cancel changes nothing
        async with studio.deps.transaction() as session:
            view = await generations.cancel(
                session, studio.deps, user_id=studio.user_id, generation_id=asked.id
            )
        assert view.status == "canceled"
    await studio.worker.poll()
    await studio.worker.drain(timedelta(seconds=1))
    assert (engine.submitted, (await studio.balance()).available) == ([], 3)


async def test_a_count_above_the_engines_batch_is_split(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.is_(batch=1)
    engine.on_submit.extend([images(picture()), Refused("No.", retryable=False), images(picture())])
    done = await studio.ended((await studio.generate(count=3, seed=7)).id)
    assert (done.status, len(done.images)) == ("succeeded", 2)
    assert sorted(seed for r in engine.submitted for seed in r.seeds) == [7, 8, 9]
    assert (await studio.balance()).available == 1


async def test_what_is_put_by_a_worker_is_checked_and_cleaned_up(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    asked = await studio.generate(count=1)
    done = RemoteStatus("", RemoteState.SUCCEEDED, results=(ResultFile(0),))
    engine.on_poll.append(RemoteStatus("", RemoteState.PENDING))

    async def sent() -> bool:
        return bool(engine.submitted)

    await studio.until(sent)
    output = engine.submitted[0].outputs[0]
    await studio.deps.storage.put(output.key, picture(), content_type="image/jpeg")
    engine.on_poll.append(done)
    assert len((await studio.ended(asked.id)).images) == 1

    async def gone() -> bool:
        return await studio.deps.storage.head(output.key) is None

    await studio.until(gone)


async def test_deleting_the_model_keeps_the_pictures(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture(), picture()))
    done = await studio.ended((await studio.generate()).id)
    async with studio.deps.transaction() as session:
        await user_models.delete(session, user_id=studio.user_id, user_model_id=studio.model_id)
    after = await studio.generation(done.id)
    assert (len(after.images), after.user_model_id) == (2, None)
    storage = studio.deps.storage
    assert isinstance(storage, LocalStorage)
    async with studio.deps.transaction() as session:
        with pytest.raises(NotFound):
            await user_models.get(
                session, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
            )

    async def erased() -> bool:
        return not [item async for item in storage.list(f"{studio.user_id}/models")]

    await studio.until(erased)


async def test_a_line_that_breaks_while_polling_decides_nothing(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    broken = [Refused("can’t be reached", retryable=True), Unknown("reset")]
    lost = RemoteStatus("", RemoteState.LOST)
    engine.on_poll.extend([*broken, lost, images(picture(), picture())])
    done = await studio.ended((await studio.generate()).id)
    assert (done.status, len(engine.submitted)) == ("succeeded", 1)


async def test_an_engine_that_never_answers_ends_in_a_refund_and_is_told(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.RUNNING))
    engine.on_poll.append(RemoteStatus("", RemoteState.RUNNING, 0.9))
    asked = await studio.generate()

    async def running() -> bool:
        return await studio.run_states() == ["running"]

    await studio.until(running)
    await studio.execute("update remote_jobs set deadline_at = now() - interval '1 second'")
    done = await studio.ended(asked.id)
    assert done.status == "failed"
    assert "did not finish in time" in (done.status_reason or "")
    assert ((await studio.balance()).available, await studio.open_holds()) == (3, [])

    async def told() -> bool:
        return engine.canceled == ["r1"]

    await studio.until(told)


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([200], "succeeded"),
        ([503, 200], "succeeded"),
        ([403], "failed"),
        ([404], "failed"),
        ([302], "failed"),
    ],
)
async def test_a_result_behind_a_link_is_fetched_or_refunded(
    studio: Studio, engine: ScriptedEngine, answers: list[int], status: str
) -> None:
    app = FastAPI()

    @app.get("/0.jpg")
    def file() -> Response:
        code = answers.pop(0) if len(answers) > 1 else answers[0]
        return Response(picture(), code, media_type="image/jpeg")

    with served(app) as url:
        link = (ResultFile(0, url=f"{url}/0.jpg"),)
        engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
        engine.on_poll.append(RemoteStatus("", RemoteState.SUCCEEDED, 1.0, results=link))
        done = await studio.ended((await studio.generate(count=1)).id)
    assert done.status == status
    spent = 1 if status == "succeeded" else 0
    assert ((await studio.balance()).available, await studio.open_holds()) == (3 - spent, [])
