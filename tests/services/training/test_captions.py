"""What photos are said to show, and that the training is told."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound
from services.training import captions
from services.training.captions import CaptionView
from tests.doubles.engine import ScriptedEngine, lora_trainer
from tests.studio import Studio


@pytest.fixture
def engine() -> ScriptedEngine:
    return lora_trainer()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="free")
    yield studio
    await studio.close()


async def said(studio: Studio) -> list[CaptionView]:
    async with studio.deps.transaction() as session:
        return await captions.list_(
            session, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
        )


async def write(studio: Studio, text: str | None, place: int = 0) -> CaptionView:
    image_id = (await said(studio))[place].image_id
    async with studio.deps.transaction() as session:
        return await captions.write(
            session,
            studio.deps,
            user_id=studio.user_id,
            user_model_id=studio.model_id,
            image_id=image_id,
            text=text,
        )


async def test_what_a_member_writes_reaches_the_training(
    studio: Studio, engine: ScriptedEngine
) -> None:
    written = await write(studio, "  in a park, red coat ", place=1)
    assert written.written == "in a park, red coat"
    await studio.train()

    async def sent() -> bool:
        return bool(engine.trainings)

    await studio.until(sent)
    told = engine.trainings[0].captions
    assert (len(told), sorted(filter(None, told))) == (10, ["in a park, red coat"])
    with pytest.raises(Conflict, match="while the model is trained"):
        await write(studio, "too late")


async def test_nothing_goes_back_to_the_usual_words(studio: Studio) -> None:
    await write(studio, "at sea")
    for nothing in ("", None):
        assert (await write(studio, nothing)).written is None
    with pytest.raises(Invalid, match="300"):
        await write(studio, "x" * 301)


async def test_another_member_s_photos_do_not_exist(studio: Studio) -> None:
    image_id = (await said(studio))[0].image_id
    async with studio.deps.transaction() as session:
        for user, model in ((uuid4(), studio.model_id), (studio.user_id, uuid4())):
            with pytest.raises(NotFound):
                await captions.write(
                    session,
                    studio.deps,
                    user_id=user,
                    user_model_id=model,
                    image_id=image_id,
                    text="mine",
                )
