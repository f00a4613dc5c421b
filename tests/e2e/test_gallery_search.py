"""What is searched for is what is seen, counted, selected, in the address, and acted on."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from services import imaging
from services.accounts.users import UserView
from services.gallery import images
from services.gallery.image_query import Selection
from services.kit import notify
from tests.builders import make_image, make_user_model
from tests.e2e.driving import Server, barriers, forgive, live, visit
from tests.e2e.test_gallery import picture

PROMPTS = (
    "Astronaut in a field",
    "An astronaut at breakfast",
    "Reading in a café",
    "Dancing in the rain",
    "A portrait",
)


# Whether the picture itself is painted where its element stands.
IN_SIGHT = """(img) => img.decode().then(() =>
    getComputedStyle(img).objectPosition.startsWith("50%") && img.clientWidth <= 100)"""


async def with_prompts(
    server: Server, member: UserView, prompts: Sequence[str], **values: Any
) -> list[str]:
    """One picture for each prompt, with real files; their ids."""
    derived = await imaging.derive(picture(300, 400))
    ids = []
    async with server.deps.transaction() as session:
        for prompt in prompts:
            image = await make_image(session, user_id=member.id, prompt=prompt, **values)
            await imaging.store(server.deps.storage, image.folder, derived.files)
            ids.append(str(image.id))
    return ids


async def refreshed(server: Server, page: Page, member: UserView) -> None:
    """A notice, as when a picture of the member changes, and the page's answer to it."""
    async with (
        page.expect_response("**/api/generations/count?*"),
        server.deps.transaction() as session,
    ):
        await notify.publish(session, topic="image", id=member.id, user_id=member.id)


async def shows(page: Page, *prompts: str) -> None:
    """Just these pictures are on the page, and the number that is told is theirs."""
    for prompt in prompts:
        await expect(pictures(page).get_by_alt_text(prompt, exact=True)).to_be_visible()
    await expect(pictures(page)).to_have_count(len(prompts))
    number = f"{len(prompts)} picture{'s' if len(prompts) > 1 else ''}"
    await expect(page.get_by_role("status").get_by_text(number, exact=True)).to_be_visible()


def pictures(page: Page) -> Locator:
    return page.locator(".gallery > ul > li:not(.failed)")


async def select_all(page: Page, number: int) -> None:
    await page.locator(".tools").get_by_role("button", name="Select").click()
    await page.get_by_role("button", name=f"Select all {number}").click()
    await expect(page.get_by_text(f"{number} selected")).to_be_visible()


async def test_typing_finds_pictures_and_stays_in_the_field(
    server: Server, page: Page, member: UserView
) -> None:
    async with server.deps.transaction() as session:
        model = await make_user_model(session, user_id=member.id, name="Zoé")
    await with_prompts(server, member, PROMPTS)
    oil = {"preset": "oil", "style": "Oil painting", "user_model_id": model.id}
    await with_prompts(server, member, ["By the sea"], **oil)
    await visit(page, "/gallery")
    await shows(page, *PROMPTS, "By the sea")
    search = page.get_by_label("Search")
    await search.press_sequentially("astronaut", delay=60)
    await shows(page, "Astronaut in a field", "An astronaut at breakfast")
    await expect(search).to_have_value("astronaut")
    await expect(page).to_have_url(re.compile(r"\?q=astronaut$"))
    for _ in range(2):
        await refreshed(server, page, member)
        await expect(search).to_have_value("astronaut")
        await expect(search).to_be_focused()
        await shows(page, "Astronaut in a field", "An astronaut at breakfast")
    await page.reload()
    await live(page)
    await shows(page, "Astronaut in a field", "An astronaut at breakfast")
    await expect(search).to_have_value("astronaut")
    for text, prompt in (
        ("CAFE", "Reading in a café"),
        ("oil paint", "By the sea"),
        ("zoe", "By the sea"),
        ("astro breakfast", "An astronaut at breakfast"),
    ):
        await search.fill(text)
        await shows(page, prompt)
        await expect(search).to_have_value(text)
    await search.fill("")
    await shows(page, *PROMPTS, "By the sea")
    await expect(page).to_have_url(f"{server.url}/gallery")


async def test_every_filter_keeps_what_was_chosen(
    server: Server, page: Page, member: UserView
) -> None:
    old = {"created_at": datetime(2026, 3, 1, 12, tzinfo=UTC)}
    await with_prompts(server, member, PROMPTS[:2], **old)
    await with_prompts(server, member, PROMPTS[2:3], **old, preset="oil", rating=5, favourite=True)
    await with_prompts(server, member, PROMPTS[3:])
    await visit(page, "/gallery")
    await shows(page, *PROMPTS)
    await page.get_by_label("From").fill("2026-02-27")
    await page.get_by_label("To", exact=True).fill("2026-03-02")
    await shows(page, *PROMPTS[:3])
    await page.get_by_label("Style").select_option("Oil painting")
    await page.get_by_label("Rating").select_option("4 stars or more")
    await page.get_by_label("Format").select_option("Square")
    await page.get_by_label("Order").select_option("Oldest first")
    await shows(page, PROMPTS[2])
    await page.reload()
    await live(page)
    await shows(page, PROMPTS[2])
    await refreshed(server, page, member)
    await expect(page.get_by_label("From")).to_have_value("2026-02-27")
    await expect(page.get_by_label("To", exact=True)).to_have_value("2026-03-02")
    await expect(page.get_by_label("Style")).to_have_value("oil")
    await expect(page.get_by_label("Rating")).to_have_value("4")
    await expect(page.get_by_label("Order")).to_have_value("oldest")
    await expect(page.get_by_label("Format")).to_have_value("square")
    await shows(page, PROMPTS[2])
    for chosen in ("4 stars or more", "Oil painting", "2026-02-27"):
        await page.get_by_role("button", name=f"Remove {chosen}").click()
    await page.get_by_label("To", exact=True).fill("")
    await shows(page, *PROMPTS)
    await page.get_by_role("link", name="Favourites").click()
    await shows(page, PROMPTS[2])
    await expect(page.get_by_role("heading", name="Favourites")).to_be_visible()


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Auckland", "2026-03-02"), ("America/Los_Angeles", "2026-03-01")]
)
async def test_days_are_those_of_the_reader(
    server: Server, page: Page, member: UserView, browser: Browser, zone: str, day: str
) -> None:
    at = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
    await with_prompts(server, member, PROMPTS[:1], created_at=at)
    await with_prompts(server, member, PROMPTS[1:])
    context = await browser.new_context(base_url=server.url, timezone_id=zone)
    await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
    there = await context.new_page()
    await visit(there, f"/gallery?since={day}&until={day}")
    await shows(there, PROMPTS[0])
    await context.close()


async def test_deleting_what_was_searched_for_deletes_nothing_else(
    server: Server, page: Page, member: UserView
) -> None:
    await with_prompts(server, member, PROMPTS)
    await visit(page, "/gallery")
    await page.get_by_label("Search").press_sequentially("astronaut")
    await shows(page, *PROMPTS[:2])
    await select_all(page, 2)
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("2 pictures moved to the trash")).to_be_visible()
    await expect(page.get_by_role("heading", name="No picture matches")).to_be_visible()
    await page.get_by_label("Search").fill("")
    await shows(page, *PROMPTS[2:])


async def test_what_changed_meanwhile_is_not_acted_on(
    server: Server, page: Page, member: UserView
) -> None:
    """Somebody else deletes one of them: the act on all is refused, and says so."""
    forgive(page, "409")
    ids = await with_prompts(server, member, PROMPTS)
    await visit(page, "/gallery")
    await select_all(page, 5)
    async with server.deps.transaction() as session:
        only = Selection.model_validate({"ids": ids[:1]})
        await images.trash(session, server.deps, user_id=member.id, selection=only)
    await page.get_by_role("button", name="Delete").click()
    refused = "you chose 5 pictures, and now there are 4. Nothing was done."
    await expect(page.get_by_text(refused)).to_be_visible()
    await shows(page, *PROMPTS[1:])


async def test_deleting_for_ever_asks_and_shows_what_goes(
    server: Server, page: Page, member: UserView
) -> None:
    now = datetime.now(UTC)
    await with_prompts(server, member, PROMPTS, deleted_at=now)
    await visit(page, "/gallery?trash=true&q=astronaut")
    await shows(page, *PROMPTS[:2])
    await select_all(page, 2)
    await page.get_by_role("button", name="Delete for ever").click()
    question = page.get_by_role("dialog", name="Delete 2 pictures for ever?")
    await expect(question.get_by_role("img")).to_have_count(2)
    thumbnail = question.get_by_alt_text("Astronaut in a field")
    await expect(thumbnail).to_be_in_viewport(ratio=1)
    assert await thumbnail.evaluate(IN_SIGHT)
    assert await barriers(page) == []
    await expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(question).to_be_hidden()
    await expect(page.get_by_text("2 selected")).to_be_visible()
    await page.get_by_role("button", name="Delete for ever").click()
    await question.get_by_role("button", name="Delete 2 pictures for ever").click()
    await expect(page.get_by_text("2 pictures deleted for ever")).to_be_visible()
    await page.get_by_label("Search").fill("")
    await shows(page, *PROMPTS[2:])
    await pictures(page).first.get_by_role("link").click()
    viewer = page.get_by_role("dialog", name="Picture:")
    await viewer.get_by_role("button", name="Delete for ever").click()
    await page.get_by_role("button", name="Delete 1 picture for ever").click()
    await expect(page.get_by_text("1 picture deleted for ever")).to_be_visible()
    await viewer.get_by_role("button", name="Close").click()
    await expect(pictures(page)).to_have_count(2)


async def test_more_than_twenty_ask_whatever_is_done(
    server: Server, page: Page, member: UserView
) -> None:
    prompts = [f"Number {n}" for n in range(21)]
    await with_prompts(server, member, prompts)
    await visit(page, "/gallery")
    await shows(page, *prompts)
    for tool, title in (
        ("Download", "Download 21 pictures?"),
        ("Favourite", "Mark 21 pictures as favourites?"),
        ("Add to album", "Add 21 pictures to an album"),
        ("Delete", "Delete 21 pictures?"),
    ):
        await select_all(page, 21)
        await page.locator(".gallery > .tools").get_by_role("button", name=tool).click()
        question = page.get_by_role("dialog", name=title)
        await expect(question.get_by_role("img")).to_have_count(8)
        await expect(question.get_by_text("and 13 more")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(question).to_be_hidden()
        await page.get_by_role("button", name="Done").click()
    await shows(page, *prompts)
    await select_all(page, 21)
    await pictures(page).first.get_by_role("checkbox").click()
    await expect(page.get_by_text("20 selected")).to_be_visible()
    await page.locator(".gallery > .tools").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("20 pictures moved to the trash")).to_be_visible()
    await expect(pictures(page)).to_have_count(1)
