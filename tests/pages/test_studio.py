"""/studio as a member sees it: where things stand after a press on Make."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import text

from components import live
from services.deps import Deps
from tests.builders import make_generation, make_image
from tests.pages.driving import signed_in, visit
from tests.studio import Studio

PROMPT = "by the sea, in a storm"


@pytest.fixture
async def studio(live_deps: Deps) -> Studio:
    """A member with a model and three earlier requests."""
    studio = await Studio(live_deps).open(name="Anna", status="ready", engine="preview")
    async with live_deps.transaction() as session:
        for _ in range(3):
            key = {"user_id": studio.user_id, "user_model_id": studio.model_id}
            made = await make_generation(session, count=8, **key)
            for position in range(8):
                await make_image(session, generation_id=made.id, position=position, **key)
    return studio


@pytest.fixture
async def page(chromium: Browser, address: str, studio: Studio) -> AsyncIterator[Page]:
    async with signed_in(chromium, address, studio.deps, studio.user_id) as page:
        await page.emulate_media(reduced_motion="reduce")
        yield page


async def queued(studio: Studio) -> tuple[UUID, UUID]:
    """The request that waits, and whose it is."""
    async with studio.deps.transaction() as session:
        query = text("select id, user_id from generations where status = 'queued'")
        id, user_id = (await session.execute(query)).one()
    return id, user_id


async def uncovered(target: Locator) -> bool:
    """Whether all of it is in the window, and its middle is not behind anything."""
    return bool(
        await target.evaluate(
            """(e) => {
                const box = e.getBoundingClientRect();
                const top = document.elementFromPoint(
                    box.left + box.width / 2, box.top + box.height / 2);
                return box.top >= 0 && box.bottom <= innerHeight && e.contains(top);
            }"""
        )
    )


async def press(page: Page, name: str) -> None:
    """A click on a button that is in sight; a locator's own would scroll the page first."""
    box = await page.get_by_role("button", name=name).bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 700), (390, 844)])
@pytest.mark.parametrize("count", ["1", "8"])
async def test_after_make_the_prompt_the_progress_and_cancel_are_in_sight(
    page: Page, studio: Studio, width: int, height: int, count: str
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    await visit(page, "/studio")
    await page.get_by_role("group", name="How many").get_by_label(count).check()
    await page.get_by_label("Prompt").fill(PROMPT)
    assert await uncovered(page.get_by_role("button", name="Make"))
    await page.evaluate("window.scrolled = 0; addEventListener('scroll', () => scrolled++)")
    await press(page, f"Make {count} image")
    card = page.get_by_role("article", name=PROMPT)
    await expect(card.get_by_role("button", name="Cancel")).to_be_visible()
    await studio.execute("update generations set progress = 0.5 where status = 'queued'")
    live.changed("generation", *(await queued(studio)))  # what comes now came after the scrolling
    await expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    assert await uncovered(card.get_by_text(PROMPT))
    assert await uncovered(card.get_by_role("progressbar"))
    assert await uncovered(card.get_by_role("button", name="Cancel"))
    if width > 860:  # side by side: what was written stays in sight, and nothing moves
        assert await uncovered(page.get_by_label("Prompt"))
        assert await page.evaluate("window.scrolled") == 0


async def test_a_new_request_is_seen_from_far_down_the_results(page: Page) -> None:
    """The form stays beside the results, however far down one has gone in them."""
    await visit(page, "/studio")
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert await page.evaluate("scrollY") > 500
    await page.get_by_label("Prompt").fill(PROMPT)
    await press(page, "Make 4 images")
    cancel = page.get_by_role("article", name=PROMPT).get_by_role("button", name="Cancel")
    await expect(cancel).to_be_in_viewport()
    assert await uncovered(page.get_by_label("Prompt"))


async def test_keys_make_and_what_fills_the_field_can_be_taken_back(
    page: Page, studio: Studio
) -> None:
    """While a request of another window is under way, whose sentence is among the earlier ones."""
    await visit(page, "/studio")
    field = page.get_by_label("Prompt")
    await page.locator("body").press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await field.fill("what I type?")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await studio.generate(prompt="in a red coat", count=1)
    await page.get_by_text("Sentences that you wrote before").click()
    await page.get_by_role("button", name="in a red coat").click()
    await expect(field).to_have_value("in a red coat")
    await expect(field).to_be_focused()
    await page.get_by_role("button", name="Undo").click()
    await expect(field).to_have_value("what I type?")
    await field.fill(PROMPT)
    await field.press("Control+Enter")
    await expect(page.get_by_role("article", name=PROMPT)).to_be_visible()
    async with studio.deps.transaction() as session:
        asked = await session.scalars(text("select prompt from generations where count = 4"))
        assert list(asked) == [PROMPT]
