"""What a member sees of work while it waits, goes on and ends: dashboard, model page, studio."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from nicegui.element import Element
from nicegui.testing import User as Visitor
from sqlalchemy import update

from components import live
from db.models import UserModel
from services.accounts.users import UserView
from services.credits import plan_changes
from services.deps import Deps
from services.studio import generations
from services.studio.generations import GenerationRequest
from tests.builders import (
    make_generation,
    make_image,
    make_training_image,
    make_user,
    make_user_model,
)
from tests.waiting import eventually

READY = {"name": "Ben", "status": "ready", "engine": "preview"}


@pytest.fixture
def model(live_deps: Deps, anna: UserView) -> Callable[..., Awaitable[UUID]]:
    async def make(**values: Any) -> UUID:
        async with live_deps.transaction() as session:
            made = await make_user_model(session, user_id=anna.id, **READY | values)
            for _ in range(10):
                await make_training_image(session, user_model=made)
        return made.id

    return make


async def now(live_deps: Deps, anna: UserView, id: UUID, **values: Any) -> None:
    """The model's row changes, and the listener hears of it."""
    async with live_deps.transaction() as session:
        await session.execute(update(UserModel).where(UserModel.id == id).values(**values))
    live.changed("user_model", id, anna.id)


async def shows(visitor: Visitor, text: str) -> None:
    """Wait until it stands there."""

    async def there() -> bool:
        await visitor.should_see(text)
        return True

    await eventually(there)


def on_page(visitor: Visitor) -> list[Element]:
    """Everything that is there."""
    assert visitor.client
    return list(visitor.client.elements.values())


def badges(visitor: Visitor) -> set[str]:
    """What the badges say."""
    return {getattr(e, "text", "") for e in on_page(visitor) if "badge" in e.classes and e.visible}


def addresses(visitor: Visitor, text: str) -> set[str]:
    """Where the visible links of that text lead."""
    found = visitor.find(text).elements
    links = {element.parent_slot.parent for element in found if element.parent_slot}
    return {link.props["href"] for link in links if link.visible}


async def test_a_newcomer_is_not_welcomed_back(
    live_deps: Deps, visitor: Visitor, anna: UserView, model: Callable[..., Awaitable[UUID]]
) -> None:
    """And reads what a picture costs, once it costs something."""
    await visitor.open("/dashboard")
    await visitor.should_see("Welcome, Anna")
    await visitor.should_not_see("osts 1 credit.")
    async with live_deps.transaction() as session:
        admin = await make_user(session, role="admin")
        await plan_changes.set_plan(
            session, user_id=anna.id, plan="free", actor_id=admin.id, reason="A trial"
        )
    await visitor.open("/dashboard")
    await visitor.should_see("osts 1 credit.")
    await model()
    await visitor.open("/dashboard")
    await visitor.should_see("Welcome back, Anna")


async def test_the_badge_follows_the_training(
    live_deps: Deps, visitor: Visitor, anna: UserView, model: Callable[..., Awaitable[UUID]]
) -> None:
    id = await model(status="queued")
    await visitor.open(f"/models/{id}")
    assert badges(visitor) == {"Waiting"}
    await now(live_deps, anna, id, status="training", stage="sampling", progress=0.3)
    await shows(visitor, "Making sample pictures")
    assert badges(visitor) == {"Training"}


async def test_a_model_that_gets_ready_leads_to_its_first_images(
    live_deps: Deps, visitor: Visitor, anna: UserView, model: Callable[..., Awaitable[UUID]]
) -> None:
    id = await model(status="training", progress=0.9)
    await visitor.open("/dashboard")
    assert addresses(visitor, "Make images") == {"/studio"}  # of the photos as they are
    await now(live_deps, anna, id, status="ready")
    await shows(visitor, "Ben is ready: make its first images in the studio.")
    assert addresses(visitor, "Make images") == {"/studio", f"/studio?model={id}"}


async def test_its_card_goes_when_there_are_images(
    live_deps: Deps, visitor: Visitor, anna: UserView, model: Callable[..., Awaitable[UUID]]
) -> None:
    id = await model()
    await visitor.open("/dashboard")
    await visitor.should_see("make its first images")
    async with live_deps.transaction() as session:
        asked = GenerationRequest(user_model_id=id, prompt="in the rain")
        await generations.create(session, live_deps, user_id=anna.id, request=asked)
    await visitor.open("/dashboard")
    await visitor.should_see("in the rain")
    await visitor.should_not_see("make its first images")


async def test_what_failed_says_so_and_can_be_asked_for_again(
    live_deps: Deps, visitor: Visitor, anna: UserView, model: Callable[..., Awaitable[UUID]]
) -> None:
    id = await model()
    reason = "The engine refused the prompt. Nothing was charged."
    async with live_deps.transaction() as session:
        made = await make_generation(
            session,
            user_id=anna.id,
            user_model_id=id,
            status="failed",
            status_reason=reason,
            prompt="on a windy beach",
            preset="neon",
            aspect="9:16",
            count=2,
        )
    await visitor.open("/dashboard")
    await visitor.should_see(reason)
    assert addresses(visitor, "Use again") == {f"/studio?again={made.id}"}
    await visitor.open(f"/studio?again={made.id}")
    await visitor.should_see("Make 2 images")
    elements = on_page(visitor)
    assert "on a windy beach" in [e.props.get("defaultValue") for e in elements]
    assert {"neon", "9:16", "2"} <= {
        e.props["value"] for e in elements if e.props.get("defaultChecked")
    }


async def test_what_came_in_part_says_what_is_missing(
    live_deps: Deps, visitor: Visitor, anna: UserView, model: Callable[..., Awaitable[UUID]]
) -> None:
    id = await model()
    reason = "1 of 2 could not be made, and nothing was charged for it."
    async with live_deps.transaction() as session:
        made = await make_generation(
            session, user_id=anna.id, user_model_id=id, count=2, status_reason=reason
        )
        await make_image(session, user_id=anna.id, generation_id=made.id)
    await visitor.open("/studio")
    await visitor.should_see(reason)


async def test_a_double_click_makes_one_request(
    live_deps: Deps, visitor: Visitor, anna: UserView, model: Callable[..., Awaitable[UUID]]
) -> None:
    """The second click comes while the first is answered: one request, one price."""
    id = await model()
    async with live_deps.transaction() as session:
        before = await make_generation(session, user_id=anna.id, user_model_id=id, count=2)
    await visitor.open(f"/studio?again={before.id}")
    visitor.find(marker="make").click()
    visitor.find(marker="make").click()
    await shows(visitor, "Waiting for its turn")
    async with live_deps.transaction() as session:
        asked = await generations.list_(session, live_deps, user_id=anna.id)
    assert len(asked.items) == 2


async def test_the_studio_opens_with_the_first_photo(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    async with live_deps.transaction() as session:
        draft = await make_user_model(session, user_id=anna.id, name="Ben")
    await visitor.open("/studio")
    await visitor.should_see("Add photos of one person, and make pictures of her here.")
    async with live_deps.transaction() as session:
        await make_training_image(session, user_model=draft)
    live.changed("user_model", draft.id, anna.id)
    await shows(visitor, "How many")


async def test_too_few_credits_lead_to_the_plan(
    live_deps: Deps, visitor: Visitor, anna: UserView, model: Callable[..., Awaitable[UUID]]
) -> None:
    id = await model()
    async with live_deps.transaction() as session:
        admin = await make_user(session, role="admin")
        await plan_changes.set_plan(
            session, user_id=anna.id, plan="free", actor_id=admin.id, reason="A trial"
        )
        before = await make_generation(session, user_id=anna.id, user_model_id=id, count=2)
    await visitor.open(f"/studio?again={before.id}")
    await visitor.should_not_see("See your plan and credits")
    async with live_deps.transaction() as session:
        many = await make_generation(session, user_id=anna.id, user_model_id=id, count=8)
    await visitor.open(f"/studio?again={many.id}")
    await visitor.should_see("You have 3 credits left.")
    await visitor.should_see("See your plan and credits")


async def test_a_draft_with_a_photo_leads_to_the_studio_and_its_pictures_are_shown(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    async with live_deps.transaction() as session:
        draft = await make_user_model(session, user_id=anna.id, name="Ben")
    await visitor.open("/dashboard")
    await visitor.should_see("Ben has 0 photos. Add more.")
    await visitor.should_not_see("Latest pictures")
    async with live_deps.transaction() as session:
        await make_training_image(session, user_model=draft)
    live.changed("user_model", draft.id, anna.id)
    await shows(visitor, "Ben has 1 photo. Make pictures now, or train.")
    await visitor.should_see("Latest pictures")
