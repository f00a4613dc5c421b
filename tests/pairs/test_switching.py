"""The engine is switched while its work is under way: nothing is lost, nothing is made twice."""

from dataclasses import replace

from services.engines.base import Method, RemoteState, RemoteStatus
from services.engines.registry import Entry, Registry
from services.remote import queue_position
from services.studio import generations
from tests.doubles.engine import INFO, ScriptedEngine, images, picture
from tests.pairs.house import Container, House
from tests.pairs.table import pair
from tests.studio import Studio


def other_engine() -> ScriptedEngine:
    info = replace(INFO, name="other", label="Other", methods=(Method.INSTANT,))
    return ScriptedEngine(info)


def both(house: House, other: ScriptedEngine) -> dict[str, Entry]:
    """The other one takes what is new; the former is still connected."""
    return {
        "other": Entry(other.info, other),
        "scripted": Entry(house.engine.info, house.engine, "ENGINE=other leaves it out."),
    }


def switched(house: House) -> tuple[Container, ScriptedEngine]:
    """A process with another engine as the usual one."""
    other = other_engine()
    return house.container(engines=Registry(both(house, other), default="other")), other


async def status(studio: Studio, generation: generations.GenerationView) -> str:
    return (await studio.generation(generation.id)).status


@pair("generate", "engine")
async def test_pictures_come_from_the_engine_that_was_asked(house: House) -> None:
    """What waits, what is at work and what is asked for after the switch: each by its engine."""
    anna = await house.member(status="ready")
    house.takes()
    at_work = await anna.generate(count=2)
    before = house.container()
    await before.works()
    waits = await anna.generate(count=1)
    await before.stops()
    after, other = switched(house)
    other.on_submit.append(images(picture()))
    anna.deps = after.deps
    new = await anna.generate(count=1)
    house.finishes(2)

    async def over() -> bool:
        return [await status(anna, each) for each in (at_work, waits, new)] == ["succeeded"] * 3

    await after.until(over)
    asked = [(len(request.seeds), request.method) for request in other.submitted]
    assert asked == [(1, Method.INSTANT)]
    assert len(house.engine.submitted) == 2
    made_by = [(await anna.generation(each.id)).images[0].engine for each in (at_work, waits, new)]
    assert made_by == ["scripted", "scripted", "other"]


@pair("generate", "engine")
async def test_a_switch_changes_neither_cancel_nor_the_time_that_is_told(house: House) -> None:
    anna = await house.member(status="ready")
    house.engine.is_(image_seconds=7.0)
    house.takes()
    asked = await anna.generate(count=2)
    before = house.container()
    await before.works()
    await before.stops()
    after, other = switched(house)
    other.is_(image_seconds=1000.0)
    async with after.deps.transaction() as session:
        promised = await queue_position.promises(session, after.deps, user_id=anna.user_id)
        left = promised[asked.id].seconds_left
        assert left is not None
        assert 0 < left <= 14
        await generations.cancel(session, after.deps, user_id=anna.user_id, generation_id=asked.id)
    await after.works()
    assert (house.engine.canceled, other.canceled) == (["r1"], [])


@pair("train", "engine")
async def test_a_training_ends_at_the_engine_where_it_began(house: House) -> None:
    anna = await house.member()
    house.takes()
    await anna.train()
    before = house.container()
    await before.works()
    await before.stops()
    after, other = switched(house)
    house._says(house.engine.on_poll, RemoteStatus("r1", RemoteState.SUCCEEDED, 1.0))

    async def over() -> bool:
        return not (await anna.model()).active

    await after.until(over)
    model = await anna.model()
    assert (model.status, model.engine) == ("ready", "scripted")
    assert other.trainings == []


@pair("generate", "engine")
async def test_an_engine_that_is_connected_meanwhile_is_used_without_a_restart(
    house: House,
) -> None:
    anna = await house.member(status="ready")
    registry, other = Registry.of(house.engine), other_engine()
    house.takes()
    at_work = await anna.generate(count=2)
    running = house.container(engines=registry)
    await running.works()
    registry.change(both(house, other), default="other")
    other.on_submit.append(images(picture()))
    anna.deps = running.deps
    new = await anna.generate(count=1)
    house.finishes(2)

    async def over() -> bool:
        return [await status(anna, each) for each in (at_work, new)] == ["succeeded"] * 2

    await running.until(over)
    assert (len(house.engine.submitted), len(other.submitted)) == (1, 1)
