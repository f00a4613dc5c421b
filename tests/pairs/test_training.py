"""A model is being trained while it is deleted, moved, priced anew, and trained by others, too."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.credits import plan_changes
from services.engines.registry import Registry
from services.errors import Conflict, LimitReached, NotFound
from services.training import photos, trainings, user_models
from tests.doubles.engine import INFO, ScriptedEngine
from tests.pairs.house import House, at_once
from tests.pairs.table import pair
from tests.studio import Studio

PRICE = 2


async def at_work(house: House, anna: Studio) -> None:
    """The engine has taken the training."""
    house.takes()
    await anna.train()

    async def running() -> bool:
        return await anna.run_states() == ["running"]

    await anna.until(running)


async def set_price(house: House, credits: int, plan: str = "free") -> None:
    """The operator edits what a training costs."""
    async with house.act() as session:
        await plan_changes.edit_plan(
            session,
            name=plan,
            changes={"training_credits": credits},
            actor_id=await house.admin(),
        )


@pair("train", "erase")
async def test_a_model_deleted_in_training_costs_nothing_and_leaves_nothing(house: House) -> None:
    await set_price(house, PRICE)
    anna = await house.member(plan="free", photos=10)
    await at_work(house, anna)
    async with house.act() as session:
        await user_models.delete(session, user_id=anna.user_id, user_model_id=anna.model_id)
    house.finishes()
    await anna.close()
    await house.settle()
    assert house.engine.canceled == ["r1"]
    assert ((await anna.balance()).available, await house.files(anna)) == (3, [])
    with pytest.raises(NotFound):
        await anna.model()


@pair("train", "erase")
async def test_photos_can_not_be_taken_out_of_a_training(house: House) -> None:
    anna = await house.member(photos=10)
    await at_work(house, anna)
    async with house.act() as session:
        known = await photos.list_(
            session, house.deps, user_id=anna.user_id, user_model_id=anna.model_id
        )
        with pytest.raises(Conflict, match="once the training has begun"):
            await photos.remove(
                session,
                house.deps,
                user_id=anna.user_id,
                user_model_id=anna.model_id,
                image_id=known.photos[0].id,
            )
    house.finishes()
    assert (await anna.trained()).status == "ready"


@pair("train", "restart")
async def test_a_training_goes_on_under_other_settings(house: House) -> None:
    """A process that has less room for members and closes its doors finds the run and ends it."""
    anna = await house.member(photos=10)
    await at_work(house, anna)
    await anna.close()
    changed = house.deps.settings.model_copy(
        update={"registration": "closed", "member_quota_bytes": 1, "training_recipe": {"rank": 4}}
    )
    house.finishes()
    restarted = house.container(settings=changed)

    async def over() -> bool:
        return not (await anna.model()).active

    await restarted.until(over)
    assert ((await anna.model()).status, len(house.engine.trainings)) == ("ready", 1)


@pair("train", "role")
@pair("train", "container")
async def test_a_training_is_left_to_the_container_with_its_engine(house: House) -> None:
    """Both work the queue at once; the engine is asked once, by the one that has the key."""
    anna = await house.member(photos=10)
    other = ScriptedEngine(replace(INFO, name="other"))
    without, able, another = (
        house.container(engines=Registry.of(other)),
        house.container(),
        house.container(),
    )
    house.takes()
    await anna.train()
    await at_once(without.works(), able.works(), another.works())
    house.finishes()

    async def over() -> bool:
        return not (await anna.model()).active

    await at_once(without.until(over), able.until(over), another.until(over))
    assert (await anna.model()).status == "ready"
    assert (len(house.engine.trainings), other.trainings) == (1, [])


@pair("train", "plan")
async def test_a_smaller_plan_lets_a_training_end_and_takes_no_more(house: House) -> None:
    """One slot is left for two models: what was begun is kept, the next has to wait."""
    anna = await house.member(plan="creator", photos=10)
    await at_work(house, anna)
    first = anna.model_id
    anna.model_id = await _more(anna)
    await anna.train()
    async with house.act() as session:
        await plan_changes.set_plan(
            session, user_id=anna.user_id, plan="free", actor_id=await house.admin(), reason="Test"
        )
    house.finishes()
    assert (await anna.trained()).status == "ready"
    assert (await _model(house, anna, first)).status == "ready"
    anna.model_id = await _more(anna)
    with pytest.raises(LimitReached, match="has room for 1 model"):
        await anna.train()
    assert (await anna.model()).status == "draft"


@pair("train", "price")
@pytest.mark.parametrize("later", [0, 1, 3])
async def test_a_training_costs_what_it_was_begun_for(house: House, later: int) -> None:
    await set_price(house, PRICE)
    anna = await house.member(plan="free", photos=10)
    await at_work(house, anna)
    await set_price(house, later)
    house.finishes()
    assert (await anna.trained()).status == "ready"
    balance = await anna.balance()
    assert (balance.available, balance.held, await house.spent()) == (3 - PRICE, 0, PRICE)


@pair("train", "tab")
async def test_train_pressed_in_two_tabs_trains_once(house: House) -> None:
    await set_price(house, PRICE)
    anna = await house.member(plan="free", photos=10)
    house.takes()
    assert await at_once(anna.train(), anna.train()) == {"done": 1, Conflict.__name__: 1}
    house.finishes()
    assert (await anna.trained()).status == "ready"
    assert (len(house.engine.trainings), (await anna.balance()).available) == (1, 3 - PRICE)


@pair("train", "tab")
async def test_a_second_tab_stops_a_training_that_is_just_done(house: House) -> None:
    await set_price(house, PRICE)
    anna = await house.member(plan="free", photos=10)
    await at_work(house, anna)
    house.finishes()

    async def stop() -> None:
        async with house.act() as session:
            await trainings.cancel(
                session, house.deps, user_id=anna.user_id, user_model_id=anna.model_id
            )

    await at_once(anna.trained(), stop(), stop())
    paid = {"ready": PRICE, "canceled": 0}[(await anna.model()).status]
    assert (await anna.balance()).available == 3 - paid


async def _more(anna: Studio) -> UUID:
    async with anna.deps.transaction() as session:
        return await anna.add_model(session)


async def _model(house: House, anna: Studio, id: UUID) -> user_models.UserModelView:
    async with house.act() as session:
        return await user_models.get(session, house.deps, user_id=anna.user_id, user_model_id=id)
