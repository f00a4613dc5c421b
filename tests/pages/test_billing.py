"""/billing: the plan, what is used, and every movement with a link to what it was for."""

from uuid import UUID

import pytest
from nicegui.testing import User as Visitor

from components import live
from services.accounts.users import UserView
from services.credits import ledger, plan_changes
from services.deps import Deps
from services.studio.generations import reference
from tests.builders import make_generation, make_image, make_user
from tests.waiting import eventually


@pytest.fixture
async def creator(live_deps: Deps, anna: UserView) -> UserView:
    """With a plan that is counted."""
    async with live_deps.transaction() as session:
        reason, admin = "A friend of the house", await make_user(session, role="admin")
        await plan_changes.set_plan(
            session, user_id=anna.id, plan="creator", actor_id=admin.id, reason=reason
        )
    return anna


async def make_two_of_four(deps: Deps, user_id: UUID) -> UUID:
    """A request for four images of which three came; returns the first image."""
    async with deps.transaction() as session:
        made = await make_generation(session, user_id=user_id, count=4)
        image = await make_image(session, user_id=user_id, generation_id=made.id)
        name = reference(made.id)
        await ledger.reserve(
            session, user_id=user_id, credits=4, reference=name, purpose="4 images of Anna"
        )
        await ledger.capture(session, reference=name, credits=3)
    return image.id


async def test_every_movement_is_there_with_what_it_was_for(
    live_deps: Deps, visitor: Visitor, creator: UserView
) -> None:
    image_id = await make_two_of_four(live_deps, creator.id)
    await visitor.open("/billing")
    for text in ("Creator", "197 credits", "3 credits", "0 of 3"):
        await visitor.should_see(text)
    for movement in ("+200", "−4", "±0", "Used 3 ·", "+1"):
        await visitor.should_see(movement)
    links = visitor.find("4 images of Anna").elements
    assert {link.props.get("href") for link in links} == {f"/gallery?image={image_id}"}


async def test_older_movements_come_page_by_page(
    live_deps: Deps, visitor: Visitor, creator: UserView
) -> None:
    async with live_deps.transaction() as session:
        for n in range(70):
            await ledger.grant(
                session, user_id=creator.id, credits=1, reference=f"gift:{n}", reason=f"Gift {n}."
            )
    await visitor.open("/billing")
    await visitor.should_see("Gift 69.")
    await visitor.should_not_see("Gift 39.")
    visitor.find(marker="older").click()
    await visitor.should_see("Gift 10.")
    visitor.find(marker="older").click()
    await visitor.should_see("Gift 0.")
    await visitor.should_not_see(marker="older")


async def test_the_page_follows_the_ledger(
    live_deps: Deps, visitor: Visitor, creator: UserView
) -> None:
    await visitor.open("/billing")
    await visitor.should_see("200 credits")
    await make_two_of_four(live_deps, creator.id)
    live.changed("credits", creator.id, creator.id)  # as the listener does after the commit

    async def followed() -> bool:
        await visitor.should_see("4 images of Anna")
        return True

    await eventually(followed)


async def test_an_unlimited_plan_has_nothing_left_over(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    await make_two_of_four(live_deps, anna.id)
    await visitor.open("/billing")
    await visitor.should_see("4 images of Anna")
    await visitor.should_not_see("Left")
