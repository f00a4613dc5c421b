"""Pictures are being made while plans change, a second tab asks and a second process works."""

from uuid import UUID

import pytest

from services.credits import plan_changes
from services.errors import Conflict, InsufficientCredits
from services.studio import generations
from tests.pairs.house import House, at_once
from tests.pairs.table import pair


@pair("generate", "plan")
@pytest.mark.parametrize(("before", "after"), [("unlimited", "free"), ("free", "unlimited")])
async def test_a_plan_that_changes_meanwhile_pays_nothing_of_before(
    house: House, before: str, after: str
) -> None:
    """What was set aside of the old plan is paid by it; the next request by the new one."""
    anna = await house.member(plan=before, status="ready")
    own = (await anna.balance()).available
    house.takes()
    asked = await anna.generate(count=2)
    async with house.act() as session:
        await plan_changes.set_plan(
            session, user_id=anna.user_id, plan=after, actor_id=await house.admin(), reason="Test"
        )
    house.finishes(2)
    done = await anna.ended(asked.id)
    assert (done.status, len(await house.pictures(anna))) == ("succeeded", 2)
    balance = await anna.balance()
    if after == "free":
        assert (own, balance.available, balance.held) == (None, 3, 0)
    else:
        assert (own, balance.available, balance.held) == (3, None, 0)
    assert await house.spent() == 2


@pair("generate", "tab")
async def test_two_tabs_ask_with_credits_for_one(house: House) -> None:
    anna = await house.member(plan="free", status="ready")
    house.makes(2)
    ends = await at_once(anna.generate(count=2), anna.generate(count=2))
    assert ends == {"done": 1, InsufficientCredits.__name__: 1}
    await anna.until(lambda: _ended(house, anna.user_id))
    assert (await anna.balance()).available == 1
    assert len(await house.pictures(anna)) == 2


@pair("generate", "tab")
async def test_a_second_tab_cancels_what_is_just_done(house: House) -> None:
    """Either it was canceled or it was finished; what is charged is what is there."""
    anna = await house.member(plan="free", status="ready")
    house.makes(2)
    asked = await anna.generate(count=2)

    async def cancel() -> None:
        async with house.act() as session:
            await generations.cancel(
                session, house.deps, user_id=anna.user_id, generation_id=asked.id
            )

    ends = await at_once(anna.ended(asked.id), cancel(), cancel())
    done = await anna.generation(asked.id)
    assert ends["done"] + ends[Conflict.__name__] == 3
    assert done.status in {"succeeded", "canceled"}
    assert await house.spent() == len(await house.pictures(anna))


@pair("generate", "container")
async def test_two_containers_make_each_picture_once(house: House) -> None:
    """Four runs of one picture, worked by both as they come."""
    anna = await house.member(status="ready")
    house.engine.is_(batch=1)
    house.makes(1)
    asked = await anna.generate(count=4)
    one, two = house.container(), house.container()

    async def over() -> bool:
        return not (await anna.generation(asked.id)).active

    await at_once(one.until(over), two.until(over))
    done = await anna.generation(asked.id)
    assert [image.seed - done.seed for image in done.images] == [0, 1, 2, 3]
    assert (len(house.engine.submitted), await house.spent()) == (4, 4)


@pair("generate", "container")
async def test_a_container_that_dies_leaves_its_pictures_to_the_other(house: House) -> None:
    anna = await house.member(status="ready")
    house.takes()
    asked = await anna.generate(count=2)
    dying, other = house.container(), house.container()
    await dying.works()
    await dying.stops()
    house.finishes(2)

    async def over() -> bool:
        return not (await anna.generation(asked.id)).active

    await other.until(over)
    assert len(await house.pictures(anna)) == 2
    assert (len(house.engine.submitted), await house.spent()) == (1, 2)


async def _ended(house: House, user_id: UUID) -> bool:
    async with house.act() as session:
        page = await generations.list_(session, house.deps, user_id=user_id)
    return not any(view.active for view in page.items)
