"""The person in every style, as a member sees it on the model's pages and in the studio."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from nicegui.element import Element
from nicegui.testing import User as Visitor
from sqlalchemy import delete, select

from components import live
from components.pictures import sample
from db.models import ModelSheet, SheetPicture, UserModel
from services.accounts.users import UserView
from services.deps import Deps
from services.settings import Settings
from tests.builders import THUMBHASH, make_sheet, make_training_image, make_user_model
from tests.waiting import eventually

PICTURES = {"oil": "in a garden in summer", "comic": "in the city at night"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"model_sheets": True})


async def made(deps: Deps, anna: UserView, pictures: dict[str, str], **values: Any) -> UUID:
    """Anna's model with a photo and this sheet."""
    async with deps.transaction() as session:
        given = {"name": "Ben", "status": "ready", "engine": "preview"} | values
        model = await make_user_model(session, user_id=anna.id, **given)
        await make_training_image(session, user_model=model)
        await make_sheet(session, user_model=model, pictures=pictures, status="making")
    return model.id


async def shows(visitor: Visitor, text: str) -> None:
    """Wait until it stands there."""

    async def there() -> bool:
        assert visitor.client
        return any(text in getattr(e, "text", "") for e in visitor.client.elements.values())

    await eventually(there)


def found(visitor: Visitor, fits: Callable[[Element], bool]) -> list[Element]:
    assert visitor.client
    return [e for e in visitor.client.elements.values() if fits(e)]


def linked(visitor: Visitor) -> list[str]:
    """Where the pictures of the sheet lead."""
    there = found(visitor, lambda e: "sheet-picture" in e.classes and "href" in e.props)
    return [element.props["href"] for element in there]


def tile(visitor: Visitor, style: str) -> str:
    """The picture of a style in the studio, without its signature."""
    inputs = found(visitor, lambda e: e.tag == "input" and e.props.get("value") == style)
    (option,) = [i for i in inputs if str(i.props.get("name", "")).startswith("pick-")]
    assert option.parent_slot
    label = option.parent_slot.parent
    (image,) = found(visitor, lambda e: e.tag == "img" and label in list(e.ancestors()))
    return str(image.props["src"]).partition("?")[0]


async def test_pictures_are_seen_as_they_come_and_lead_to_the_studio(
    visitor: Visitor, live_deps: Deps, anna: UserView
) -> None:
    id = await made(live_deps, anna, PICTURES)
    await visitor.open(f"/models/{id}")
    await visitor.should_see("Ben in every style")
    await visitor.should_see("2 of 16 made. They cost nothing.")
    assert len(found(visitor, lambda e: "sheet-picture" in e.classes)) == 16
    async with live_deps.transaction() as session:
        row = {"position": 2, "preset": "pencil", "prompt": "in a library", "key": f"{anna.id}/a"}
        session.add(SheetPicture(user_model_id=id, thumbhash=THUMBHASH, **row))
    live.changed("sheet", id, anna.id)

    async def third() -> bool:
        return len(linked(visitor)) == 3

    await eventually(third)
    await visitor.open(linked(visitor)[1])
    (field,) = found(visitor, lambda e: e.tag == "textarea")
    assert field.props.get("defaultValue", field.props.get("value")) == "in the city at night"
    chosen = found(visitor, lambda e: bool(e.props.get("defaultChecked")))
    assert "comic" in {e.props["value"] for e in chosen}


async def test_the_studios_styles_are_the_chosen_persons(
    visitor: Visitor, live_deps: Deps, anna: UserView
) -> None:
    id = await made(live_deps, anna, PICTURES)
    await visitor.open(f"/studio?model={id}")
    assert "/sheets/" in tile(visitor, "oil")
    assert tile(visitor, "pencil") == sample("pencil", small=True)
    async with live_deps.transaction() as session:
        await session.execute(delete(ModelSheet))
    live.changed("sheet", id, anna.id)

    async def stock() -> bool:
        return tile(visitor, "oil") == sample("oil", small=True)

    await eventually(stock)


async def test_a_draft_shows_its_pictures_from_the_first_photo_on(
    visitor: Visitor, live_deps: Deps, anna: UserView
) -> None:
    id = await made(live_deps, anna, PICTURES, status="draft")
    await visitor.open(f"/models/new?draft={id}")
    await visitor.should_see("2 of 16 made. They cost nothing.")
    assert len(linked(visitor)) == 2


async def test_other_ones_are_made_on_a_tap(
    visitor: Visitor, live_deps: Deps, anna: UserView
) -> None:
    id = await made(live_deps, anna, PICTURES)
    async with live_deps.transaction() as session:
        (await session.get_one(ModelSheet, id)).status = "made"
    await visitor.open(f"/models/{id}")
    await visitor.should_see("Make new ones")
    visitor.find(marker="make-sheet").click()
    await shows(visitor, "0 of 16 made. They cost nothing.")
    async with live_deps.transaction() as session:
        sheet = (await session.scalars(select(ModelSheet))).one()
        assert (sheet.edition, sheet.status) == (2, "making")


async def test_a_model_from_before_is_offered_a_sheet(
    visitor: Visitor, live_deps: Deps, anna: UserView
) -> None:
    id = await made(live_deps, anna, {})
    async with live_deps.transaction() as session:
        await session.execute(delete(ModelSheet))
        assert await session.get(UserModel, id)
    await visitor.open(f"/models/{id}")
    await visitor.should_see("Make them")
    visitor.find(marker="make-sheet").click()
    await shows(visitor, "0 of 16 made. They cost nothing.")
