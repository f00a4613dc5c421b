"""One sentence made instantly and by the trained model."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.deps import Deps
from services.engines.base import Method
from services.engines.registry import Registry
from services.errors import Conflict, InsufficientCredits
from services.studio import comparing
from services.studio.comparing import Comparison
from services.studio.generations import GenerationRequest
from tests.doubles.engine import INFO, ScriptedEngine, images, picture
from tests.studio import Studio


def engine_of(method: Method) -> ScriptedEngine:
    """One that makes pictures this way alone, each in one go."""
    made = ScriptedEngine(replace(INFO, name=method.value, methods=(method,)))
    made.on_submit.append(images(picture()))
    return made


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    """A member with 200 credits and a trained model, and an engine for each method."""
    engines = Registry.of(engine_of(Method.TRAINED), engine_of(Method.INSTANT))
    studio = await Studio(replace(live_deps, engines=engines)).open(plan="creator")
    await studio.execute("update user_models set status = 'ready', lora_key = 'lora'")
    yield studio
    await studio.close()


async def compare(studio: Studio, **values: object) -> Comparison:
    given = {"user_model_id": studio.model_id, "prompt": "at sea", "count": 1} | values
    async with studio.deps.transaction() as session:
        return await comparing.create(
            session,
            studio.deps,
            user_id=studio.user_id,
            request=GenerationRequest(**given),  # type: ignore[arg-type]
        )


async def latest(studio: Studio) -> Comparison | None:
    async with studio.deps.transaction() as session:
        return await comparing.latest(
            session, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
        )


async def test_both_are_made_with_one_quote_and_the_same_seed(studio: Studio) -> None:
    """While another request for the same words is under way, which is no part of it."""
    async with studio.deps.transaction() as session:
        quote = await comparing.quote(session, studio.deps, user_id=studio.user_id, count=1)
    made, _ = await asyncio.gather(compare(studio), studio.generate(count=1))
    assert (made.cost, quote.credits) == (2, 2)
    assert made.instant.seed == made.trained.seed
    assert (made.instant.method, made.trained.method) == (Method.INSTANT, Method.TRAINED)

    async def over() -> bool:
        found = await latest(studio)
        return found is not None and not found.active

    await studio.until(over)
    found = await latest(studio)
    assert found
    assert (found.instant.id, found.trained.id) == (made.instant.id, made.trained.id)
    assert [len(each.images) for each in (found.instant, found.trained)] == [1, 1]


async def test_neither_is_begun_where_the_model_is_not_trained(studio: Studio) -> None:
    await studio.execute("update user_models set lora_key = null")
    with pytest.raises(Conflict, match="not trained yet"):
        await compare(studio)
    assert await latest(studio) is None
    assert await studio.open_holds() == []


async def test_neither_is_begun_where_the_credits_are_enough_for_one_alone(
    live_deps: Deps,
) -> None:
    engines = Registry.of(engine_of(Method.TRAINED), engine_of(Method.INSTANT))
    studio = await Studio(replace(live_deps, engines=engines)).open(plan="free")
    await studio.execute("update user_models set status = 'ready', lora_key = 'lora'")
    with pytest.raises(InsufficientCredits):
        await compare(studio, count=2)  # 4 of the 3 that the plan has
    assert await studio.open_holds() == []
    await studio.close()
