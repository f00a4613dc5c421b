"""Packs in the studio: the price on the button, one click, the album at the end."""

from nicegui.testing import User as Visitor
from sqlalchemy import select, update

from components import live
from db.models import Album, Generation, PackRow, User
from services.accounts.users import UserView
from services.deps import Deps
from tests.builders import make_training_image, make_user_model
from tests.waiting import eventually


async def shows(visitor: Visitor, text: str) -> None:
    """Wait until it stands there."""

    async def there() -> bool:
        assert visitor.client
        return any(text in getattr(e, "text", "") for e in visitor.client.elements.values())

    await eventually(there)


async def test_a_pack_is_ordered_at_the_price_that_the_button_says(
    visitor: Visitor, live_deps: Deps, anna: UserView
) -> None:
    """The operator changes the price while the packs are open."""
    async with live_deps.transaction() as session:
        model = await make_user_model(
            session, user_id=anna.id, name="Ben", status="ready", engine="preview"
        )
        await make_training_image(session, user_model=model)
        await session.execute(update(User).values(plan="creator"))
    await visitor.open("/studio")
    visitor.find(marker="packs").click()
    await shows(visitor, "Make 12 pictures: 12 credits")
    async with live_deps.transaction() as session:
        await session.execute(update(PackRow).where(PackRow.id == "business").values(credits=9))
    visitor.find(marker="pack-business").click()
    await shows(visitor, "Business is now 12 pictures for 9 credits.")
    visitor.find(marker="packs").click()
    await shows(visitor, "Make 12 pictures: 9 credits")
    visitor.find(marker="pack-business").click()
    await shows(visitor, "0 of 12 made.")
    async with live_deps.transaction() as session:
        asked = (await session.scalars(select(Generation))).all()
        album = (await session.scalars(select(Album))).one()
        assert (len(asked), sum(row.cost for row in asked)) == (12, 9)
        for row in asked:
            row.status = "failed"
    assert album.name == "Business · Ben"
    live.changed("generation", asked[0].id, anna.id)
    await shows(visitor, "0 of 12 made, 0 credits")
