"""A picture is changed in the viewer: the price before, the child in place, before and after."""

import base64
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, Route, expect

from db.models import UserModel
from services.accounts.users import UserView
from services.imaging.cutout import cut
from tests import sitters
from tests.builders import make_training_image
from tests.e2e.driving import Server, barriers, forgive, shot, visit
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
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
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
    read = [url for url in requests if url.endswith("/operations")]
    assert len(read) == len(set(read)) == 2  # the old one's buttons never come back for a moment
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


async def test_a_part_is_painted_by_finger_and_by_keys(page: Page, studio: Studio) -> None:
    """With an engine that changes parts; here its answer stands for it."""
    sent: list[dict[str, Any]] = []

    async def offered(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        body["operations"].append("inpaint")
        await route.fulfill(response=answer, json=body)

    async def asked(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or ""))
        await route.fulfill(status=409, json={"error": "Conflict", "message": "Not just now."})

    forgive(page, "409")
    await page.route("**/operations", offered)
    await page.route("**/api/generate", asked)
    await page.set_viewport_size({"width": 390, "height": 844})
    await visit(page, "/gallery")
    await page.locator(".gallery li a").first.click()
    await page.get_by_role("button", name="Edit (E)").click()
    await page.get_by_label("What is to change").fill("a red scarf")
    await page.get_by_role("button", name="Change a part only").click()
    canvas = page.locator("canvas.mask")
    await expect(canvas).to_be_focused()
    change = page.get_by_role("button", name="Change this part: 1 credit")
    await expect(change).to_be_disabled()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Space")
    await expect(page.locator(".stage img:visible")).to_have_count(1)
    box = await canvas.bounding_box()
    assert box
    await page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.9 * box["height"])
    await page.mouse.down()
    await page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.9 * box["height"], steps=4)
    await page.mouse.up()
    await shot(page, "edit-part")
    assert await barriers(page) == []
    await change.click()
    await expect(panel(page)).to_contain_text("Not just now.")
    (body,) = sent
    assert (body["operation"], body["prompt"]) == ("inpaint", "a red scarf")
    mask = Image.open(io.BytesIO(base64.b64decode(body["mask"]))).convert("L")
    assert mask.size == (819, 1024)
    white, black = ((0.3, 0.9), (0.5, 0.47)), ((0.8, 0.9), (0.5, 0.1))
    assert [_at(mask, *point) for point in (*white, *black)] == [255, 255, 0, 0]


def _at(mask: Image.Image, x: float, y: float) -> object:
    return mask.getpixel((round(x * mask.width), round(y * mask.height)))
