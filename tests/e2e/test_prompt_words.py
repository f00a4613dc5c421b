"""The studio says what the picture will show of a sentence while it is typed, and offers words."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, expect

from services import imaging
from services.accounts.users import UserView
from tests.builders import make_image
from tests.e2e.driving import Server, barriers, shot, visit
from tests.e2e.test_gallery import picture
from tests.studio import Studio

SENTENCE = "me in a misty forest at golden hour, in red and teal tones, as an astronaut"
HEARD = ["fog", "forest", "golden hour", "red", "teal"]
SMALLEST = "(all) => Math.min(...all.flatMap((e) => [e.offsetWidth, e.offsetHeight]))"
MADE = 90_000  # ms, on a machine that does other things as well


@pytest.fixture
async def studio(server: Server, member: UserView) -> AsyncIterator[Studio]:
    """The member's model, which is ready; the running program does the work."""
    studio = Studio(server.deps)
    studio.user_id = member.id
    async with server.deps.transaction() as session:
        studio.model_id = await studio.add_model(session, status="ready", name="Anna")
    yield studio
    await studio.close()


def prompt(page: Page) -> Locator:
    return page.get_by_label("Prompt")


def heard(page: Page) -> Locator:
    return page.locator(".chip.heard")


async def top_of_styles(page: Page) -> float:
    box = await page.locator(".styles").bounding_box()
    assert box
    return box["y"]


async def test_chips_follow_what_is_typed_while_pictures_come(page: Page, studio: Studio) -> None:
    await visit(page, "/studio")
    before = await top_of_styles(page)
    asked = await studio.generate(prompt="on a beach, as a queen", count=4)
    await page.reload()
    under_way = page.get_by_role("article", name="on a beach, as a queen")
    await expect(under_way).to_be_visible()
    field = prompt(page)
    await field.click()
    assert (await studio.generation(asked.id)).active
    typed = ""
    for word in SENTENCE.split(" "):
        typed = f"{typed} {word}".strip()
        await page.keyboard.type(f"{word} " if typed != SENTENCE else word, delay=10)
    await expect(heard(page)).to_have_text(HEARD)
    await expect(page.get_by_text("astronaut: the booth can't dress you up")).to_be_visible()
    await expect(under_way.get_by_role("img")).to_have_count(4, timeout=MADE)  # live notices
    await expect(under_way.get_by_role("link", name="Use again")).to_be_visible()  # it has ended
    await page.keyboard.type(", close-up")
    await expect(heard(page)).to_have_text([*HEARD, "close-up"])
    await expect(field).to_have_value(f"{SENTENCE}, close-up")
    await expect(field).to_be_focused()
    assert await top_of_styles(page) == before, "the form below must not move"
    said = page.locator(".prompt-words [role=status]")
    await expect(said).to_contain_text("The picture will show fog, forest, golden hour, red, teal")
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("on a train")
    await expect(heard(page)).to_have_text(["train"])


async def test_words_are_picked_by_keyboard_and_written_into_the_sentence(
    page: Page, studio: Studio
) -> None:
    await visit(page, "/studio")
    await prompt(page).fill("me in a forest at dawn")
    await expect(heard(page)).to_have_text(["forest", "dawn"])
    await page.keyboard.press("Tab")  # from the field to what opens the words
    await page.keyboard.press("Enter")
    beach = page.get_by_role("button", name="beach", exact=True)
    await expect(beach).to_have_attribute("aria-pressed", "false")
    await beach.focus()
    await page.keyboard.press("Space")
    await expect(prompt(page)).to_have_value("me on a beach at dawn")
    await expect(beach).to_have_attribute("aria-pressed", "true")
    await expect(beach).to_be_focused()
    await page.get_by_role("button", name="teal", exact=True).click()
    await expect(prompt(page)).to_have_value("me on a beach at dawn, teal tones")
    await expect(heard(page)).to_have_text(["beach", "dawn", "teal"])
    await page.get_by_role("button", name="dawn", exact=True).click()
    await expect(prompt(page)).to_have_value("me on a beach, teal tones")
    await page.get_by_role("button", name="Make 4 images").click()
    card = page.get_by_role("article", name="me on a beach, teal tones")
    await expect(card).to_contain_text("Photo booth, no generative AI. Followed: beach, teal.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
async def test_nobody_is_shut_out(page: Page, studio: Studio, width: int, scheme: str) -> None:
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_viewport_size({"width": width, "height": 900})
    await visit(page, "/studio")
    idea = page.locator(".chip.idea").first
    words = await idea.inner_text()
    await idea.click()
    await expect(prompt(page)).to_have_value(words)
    await expect(heard(page).first).to_be_visible()
    await expect(page.locator(".missed")).to_have_count(0)
    await prompt(page).fill("a queen, a dragon, in Rome, dancing, a watercolour, frobnicating, “x”")
    await expect(page.locator(".missed li").first).to_be_visible()
    await page.get_by_text("Pick a place, light or colour").click()
    picks = page.locator(".pick")
    await expect(picks.first).to_be_visible()
    assert await barriers(page) == []
    assert await picks.evaluate_all(SMALLEST) >= 44
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await shot(page, f"prompt-words-{scheme}")


async def test_a_sentence_from_before_is_read_at_once(page: Page, studio: Studio) -> None:
    asked = await studio.generate(prompt="a café in the rain, as a pirate", count=1)
    await visit(page, f"/studio?again={asked.id}")
    await expect(heard(page).first).to_have_text("café")
    await expect(page.get_by_text(re.compile("^pirate: the booth"))).to_be_visible()


async def test_the_viewer_says_who_made_a_picture_and_what_it_followed(
    server: Server, page: Page, member: UserView
) -> None:
    recipe = {
        "made_by": "Photo booth, no generative AI",
        "understood": [
            {"label": "forest", "kind": "place", "word": "woods"},
            {"label": "golden hour", "kind": "light", "word": "sunset"},
        ],
        "not_understood": [{"word": "astronaut", "reason": "the booth can't dress you up"}],
    }
    derived = await imaging.derive(picture(640, 800))
    async with server.deps.transaction() as session:
        image = await make_image(session, user_id=member.id, prompt="woods", recipe=recipe)
        await imaging.store(server.deps.storage, image.folder, derived.files)
    await visit(page, f"/gallery?image={image.id}")
    facts = page.get_by_role("dialog").locator("dl.facts").first
    await expect(facts).to_contain_text("Made byPhoto booth, no generative AI")
    await expect(facts).to_contain_text("Followedforest, golden hour")
    await expect(facts).to_contain_text("Not followedastronaut")
