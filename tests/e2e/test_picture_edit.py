"""A picture is changed in the viewer: the price before, the child in place, before and after."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, expect

from db.models import UserModel
from services.accounts.users import UserView
from services.imaging.cutout import cut
from tests import sitters
from tests.builders import make_training_image
from tests.e2e.driving import Server, barriers, shot, visit
from tests.studio import Studio
from tests.waiting import eventually

MADE = 90_000  # ms, on a machine that does other things as well
CUT = {"warnings": [], "sharpness": 500.0, "light": 200.0, "cutout": {"unusable": None}}


@pytest.fixture
async def studio(server: Server, member: UserView) -> AsyncIterator[Studio]:
    """The member's model of one photograph, and a picture by the running program."""
    studio = Studio(server.deps)
    studio.user_id = member.id
    photo = sitters.hopper()
    files = {
        "train.jpg": sitters.encoded(photo, "JPEG"),
        "alpha.webp": sitters.encoded(cut(photo).alpha, "WEBP"),
    }
    async with server.deps.transaction() as session:
        studio.model_id = await studio.add_model(session, photos=0, status="ready", name="Anna")
        model = await session.get_one(UserModel, studio.model_id)
        row = await make_training_image(session, user_model=model, verdict=CUT)
    for name, data in files.items():
        kind = "image/jpeg" if name.endswith("jpg") else "image/webp"
        await server.deps.storage.put(f"{row.folder}/{name}", data, content_type=kind)
    await studio.execute("update users set plan = 'free' where id = :id", id=member.id)
    asked = await studio.generate(prompt="by a lake at noon", count=1, aspect="4:5")

    async def there() -> bool:
        return (await studio.generation(asked.id)).status == "succeeded"

    await eventually(there, timeout=90)
    yield studio
    await studio.close()


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Edit")


def shown(page: Page) -> Locator:
    return page.locator(".stage img:visible")


async def test_a_picture_is_edited_compared_and_taken_back(page: Page, studio: Studio) -> None:
    await visit(page, "/gallery")
    await page.locator(".gallery li a").first.click()
    await expect(shown(page)).to_have_attribute("alt", "by a lake at noon")
    await page.keyboard.press("e")
    await expect(panel(page)).to_contain_text("You have 2 credits.")
    await expect(panel(page)).to_contain_text("Resampled, no AI")
    field = page.get_by_label("What is to change")
    await field.fill("at night, in a hat")  # f, i, e and digits are letters here
    await expect(field).to_have_value("at night, in a hat")
    await expect(panel(page).locator(".chip.heard")).to_have_text(["night"])
    await expect(panel(page)).to_contain_text("hat")
    await shot(page, "edit-panel")
    assert await barriers(page) == []
    await panel(page).get_by_role("button", name="Change it: 1 credit").click()
    await expect(shown(page)).to_have_attribute("alt", "at night, in a hat", timeout=MADE)
    await expect(panel(page)).to_contain_text("You have 1 credit.")
    await expect(field).to_have_value("")
    await page.keyboard.down("b")
    await expect(shown(page)).to_have_attribute("alt", "Before: by a lake at noon")
    await page.keyboard.up("b")
    hold = page.get_by_role("button", name="Hold: before")
    await hold.dispatch_event("pointerdown")
    await expect(shown(page)).to_have_attribute("alt", "Before: by a lake at noon")
    await page.get_by_role("button", name="Before", exact=True).dispatch_event("pointerup")
    await expect(shown(page)).to_have_attribute("alt", "at night, in a hat")
    await page.keyboard.press("i")
    await expect(page.get_by_role("button", name="Edited from this picture")).to_be_visible()
    await shot(page, "edit-child")
    assert await barriers(page) == []
    await page.get_by_role("button", name="Undo").click()
    await expect(shown(page)).to_have_attribute("alt", "by a lake at noon")
    await expect(page.locator(".gallery li a")).to_have_count(1)


async def test_a_background_goes_by_finger_on_a_phone(page: Page, studio: Studio) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await visit(page, "/gallery")
    await page.locator(".gallery li a").first.click()
    await page.get_by_role("button", name="Edit (E)").click()
    remove = page.get_by_role("button", name="No background: 1 credit")
    await expect(remove).to_be_visible()
    await shot(page, "edit-panel")
    assert await barriers(page) == []
    wide = await page.evaluate("document.querySelector('dialog[open]').scrollWidth")
    assert wide <= 390
    await remove.click()
    await expect(page.locator(".stage img.clear:visible")).to_be_visible(timeout=MADE)
    await page.keyboard.press("i")
    await expect(page.get_by_role("button", name="Cut out of this picture")).to_be_visible()
    await shot(page, "edit-cutout")
    assert await barriers(page) == []
