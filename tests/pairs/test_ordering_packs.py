"""A pack is ordered while the operator changes its price."""

from sqlalchemy import update

from db.models import PackRow
from services.errors import Conflict
from services.studio import packs
from services.studio.packs import PackRequest, PackRun
from tests.pairs.house import House, at_once
from tests.pairs.table import pair
from tests.studio import Studio


async def order(house: House, anna: Studio, credits: int) -> PackRun:
    async with house.act() as session:
        request = PackRequest(anna.model_id, credits=credits)
        return await packs.run(
            session, house.deps, user_id=anna.user_id, pack_id="dating", request=request
        )


@pair("generate", "price")
async def test_a_price_that_changes_meanwhile_is_not_taken_unseen(house: House) -> None:
    """Whichever is first: what is charged was shown. The next order shows the new price."""

    async def change(**values: object) -> None:
        async with house.act() as session:
            await session.execute(update(PackRow).where(PackRow.id == "dating").values(**values))

    anna = await house.member(plan="creator", status="ready")
    await change(prompts=["at sea", "in a park"], styles=["oil"], credits=4)
    house.makes(1)
    house.makes(1)
    ends = await at_once(order(house, anna, 4), change(credits=5))
    assert ends in ({"done": 2}, {"done": 1, Conflict.__name__: 1})
    held = (await anna.balance()).held
    assert held == (4 if ends == {"done": 2} else 0)
    assert await at_once(order(house, anna, 4)) == {Conflict.__name__: 1}
    assert (await anna.balance()).held == held
