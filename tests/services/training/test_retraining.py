"""A ready model gets more photos and is trained again, while it goes on making images."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.deps import Deps
from services.engines.base import Method, RemoteState, RemoteStatus
from services.errors import Conflict, NotFound
from services.training import trainings, user_models, versions
from services.training.versions import VersionView
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.services.training.test_trainings import RUNNING, until_sent, weights
from tests.studio import Studio


@pytest.fixture
def engine() -> ScriptedEngine:
    engine = ScriptedEngine()
    engine.is_(methods=(Method.TRAINED,))
    return engine


@pytest.fixture
async def studio(
    live_deps: Deps, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Studio]:
    """A member with a model that is ready, of a likeness of 80."""
    studio = await Studio(live_deps).open(plan="pro")
    await begin(studio, engine)
    await finish(studio, engine, 80, monkeypatch)
    yield studio
    await studio.close()


async def begin(studio: Studio, engine: ScriptedEngine) -> None:
    """Starts a training that the engine is at work on."""
    engine.trainings.clear()
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    engine.on_poll.clear()
    engine.on_poll.append(RUNNING)
    await studio.train()
    await until_sent(studio, engine)
    engine.on_submit.clear()


async def finish(
    studio: Studio, engine: ScriptedEngine, likeness: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ends it well; a double of likeness measures it as given."""
    key = engine.trainings[0].weights.key
    await studio.deps.storage.put(key, weights(), content_type="application/octet-stream")
    add = versions.add

    async def measured(session: Any, deps: Deps, row: Any, before: str | None) -> None:
        row.likeness = likeness
        await add(session, deps, row, before)

    engine.on_poll.clear()
    engine.on_poll.append(RemoteStatus("", RemoteState.SUCCEEDED, 1.0, recipe={"steps": 100}))
    with monkeypatch.context() as patched:
        patched.setattr(versions, "add", measured)
        await studio.trained()


async def add_photo(studio: Studio) -> None:
    await studio.execute(
        "update training_images set created_at = now() where id = "
        "(select id from training_images limit 1)"
    )


async def known(studio: Studio) -> list[VersionView]:
    async with studio.deps.transaction() as session:
        return await versions.list_(session, user_id=studio.user_id, user_model_id=studio.model_id)


async def use(studio: Studio, number: int) -> None:
    async with studio.deps.transaction() as session:
        await versions.use(
            session, user_id=studio.user_id, user_model_id=studio.model_id, number=number
        )


async def made_with(studio: Studio, engine: ScriptedEngine) -> str:
    """The LoRA that two images are made with."""
    engine.on_submit.append(images(picture(), picture()))
    done = await studio.ended((await studio.generate()).id)
    assert done.status == "succeeded", done.status_reason
    lora = engine.submitted[-1].lora
    assert lora
    return lora.key


async def cancel(studio: Studio) -> None:
    async with studio.deps.transaction() as session:
        await trainings.cancel(
            session, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
        )


async def test_nothing_new_is_not_trained_again(studio: Studio) -> None:
    with pytest.raises(Conflict, match="Add photos"):
        await studio.train()


async def test_the_old_version_serves_until_the_new_one_is_there(
    studio: Studio, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = engine.trainings[0].weights.key
    await add_photo(studio)
    await begin(studio, engine)
    assert (await studio.model()).active
    engine.on_submit.append(images(picture(), picture()))
    generation = await studio.generate()  # it runs while the new version lands
    await finish(studio, engine, 90, monkeypatch)
    assert (await studio.ended(generation.id)).status == "succeeded"
    second = engine.trainings[0].weights.key
    assert engine.submitted[0].lora
    assert engine.submitted[0].lora.key in {first, second}
    assert [(v.number, v.in_use) for v in await known(studio)] == [(2, True), (1, False)]
    assert await made_with(studio, engine) == second
    await use(studio, 1)
    assert await made_with(studio, engine) == first
    with pytest.raises(NotFound):
        await use(studio, 3)


async def test_it_makes_images_while_it_is_trained_again(
    studio: Studio, engine: ScriptedEngine
) -> None:
    first = engine.trainings[0].weights.key
    await add_photo(studio)
    await begin(studio, engine)
    assert await made_with(studio, engine) == first
    with pytest.raises(Conflict, match="Wait"):
        await use(studio, 1)


async def test_a_version_that_is_less_alike_does_not_take_over(
    studio: Studio, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_photo(studio)
    await begin(studio, engine)
    await finish(studio, engine, 70, monkeypatch)
    found = await known(studio)
    assert [(v.number, v.in_use, v.likeness) for v in found] == [(2, False, 70), (1, True, 80)]
    view = await studio.model()
    assert (view.status, view.likeness.samples) == ("ready", 80)
    assert "stays in use" in (view.status_reason or "")


async def test_a_training_again_that_is_canceled_leaves_the_model_ready(
    studio: Studio, engine: ScriptedEngine
) -> None:
    before = await studio.model()
    await add_photo(studio)
    await begin(studio, engine)
    await cancel(studio)
    view = await studio.model()
    assert (view.status, view.lora, view.recipe) == ("ready", True, before.recipe)
    assert "stays in use" in (view.status_reason or "")
    with pytest.raises(Conflict):
        await cancel(studio)


async def test_a_model_deleted_while_it_is_trained_again_leaves_nothing(
    studio: Studio, engine: ScriptedEngine
) -> None:
    await add_photo(studio)
    await begin(studio, engine)
    folder = engine.trainings[0].weights.key.partition("/runs/")[0]
    async with studio.deps.transaction() as session:
        await user_models.delete(session, user_id=studio.user_id, user_model_id=studio.model_id)

    async def gone() -> bool:
        return not [info async for info in studio.deps.storage.list(folder)]

    await studio.until(gone)
    async with studio.deps.transaction() as session:
        with pytest.raises(NotFound):
            await versions.list_(session, user_id=studio.user_id, user_model_id=studio.model_id)
