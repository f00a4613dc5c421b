"""The main job, as a person does it: from the first link to a downloaded picture."""

import base64
import re
import zipfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Page, expect

from tests.e2e.driving import Server, barriers, live, shot, visit
from tests.faces import jpeg

PHOTOS = 12
PROMPT = "in a linen shirt by a tall window, soft morning light"
MODEL_READY = 60_000  # ms: the preview engine needs a few seconds


async def test_the_main_job(server: Server, visitor: Page, tmp_path: Path) -> None:
    page = visitor
    await page.goto("/")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Pictures of you")
    await become_administrator(server, page)
    await add_photos(page, photos_in(tmp_path))
    await train(page)
    await make_images(page)
    await use_gallery(page)
    await make_more_like_it(page)


def photos_in(folder: Path) -> list[Path]:
    """Twelve photos of one person, all different."""
    files = [folder / f"photo {n}.jpg" for n in range(PHOTOS)]
    for n, file in enumerate(files):
        file.write_bytes(jpeg(n))
    return files


async def become_administrator(server: Server, page: Page) -> None:
    """Follow the link that the program printed when it started."""
    log = (server.deps.settings.data_dir / "log").read_text()
    link = re.search(r"http\S+/register\?token=\S+", log)
    assert link, log
    await page.goto(link[0])
    await page.get_by_label("Name").fill("Anna Bell")
    await page.get_by_label("E-mail").fill("anna.bell@example.com")
    await page.get_by_label("Password", exact=True).fill("four words are fine")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/dashboard")
    await live(page)
    await expect(page.get_by_role("heading", name="Add photos of one person")).to_be_visible()


async def add_photos(page: Page, files: list[Path]) -> None:
    """Drop the photos first; they wait for name and consent, and survive a reload."""
    await page.get_by_role("link", name="Add photos").click()
    await page.wait_for_url("**/models/new")
    await live(page)
    await expect(page.get_by_role("button", name="Train model")).to_be_disabled()
    await expect(page.get_by_alt_text("A face in focus")).to_be_visible()
    await drop(page, files)
    await expect(page.locator(".photo.waiting")).to_have_count(PHOTOS)
    await page.get_by_label("Name").fill("Anna")
    await page.get_by_role("checkbox", name=re.compile("at least 18")).check()
    await page.wait_for_url("**/models/new?draft=*")
    await expect(page.get_by_text("Your consent is recorded")).to_be_visible()
    await expect(page.get_by_role("button", name="Delete this model")).to_be_visible()
    await expect(page.get_by_text(f"{PHOTOS} of 10–20 photos")).to_be_visible(timeout=60_000)
    await expect(page.locator(".photo.good")).to_have_count(PHOTOS)
    assert await barriers(page) == []
    await page.reload()
    await live(page)
    await expect(page.get_by_label("Name")).to_have_value("Anna")
    await expect(page.get_by_alt_text("A face in focus")).to_be_hidden()  # not in her way again
    await expect(page.locator(".photo.good img")).to_have_count(PHOTOS)
    await page.get_by_role("button", name="Remove photo 0.jpg").click()
    await expect(page.get_by_text(f"{PHOTOS - 1} of 10–20 photos")).to_be_visible()


async def drop(page: Page, files: list[Path]) -> None:
    """Drop files from the desktop somewhere on the page."""
    carried = await page.evaluate_handle("new DataTransfer()")
    for file in files:
        await page.evaluate(
            """([carried, name, base64]) => {
                const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
                carried.items.add(new File([bytes], name, { type: 'image/jpeg' }));
            }""",
            [carried, file.name, _base64(file)],
        )
    await page.dispatch_event("body", "dragenter", {"dataTransfer": carried})
    await expect(page.get_by_text("Drop the photos anywhere")).to_be_visible()
    await page.dispatch_event("body", "drop", {"dataTransfer": carried})


async def train(page: Page) -> None:
    """Who does it is named before; then live, until it is ready."""
    await expect(page.get_by_text("Preview engine: no AI.")).to_be_visible()
    await page.get_by_role("button", name="Train model").click()
    await page.wait_for_url(re.compile(r"/models/[0-9a-f-]{36}$"))
    await live(page)
    ready = page.get_by_role("heading", name="Anna is ready")
    await expect(ready).to_be_visible(timeout=MODEL_READY)
    await expect(page.locator(".samples img")).to_have_count(4)
    assert await barriers(page) == []
    await shot(page, "model")
    await visit(page, "/dashboard")
    card = page.get_by_role("article", name="Anna")
    await expect(card).to_contain_text("Ready")
    await expect(card.get_by_role("link", name="Make images")).to_be_visible()
    await page.get_by_role("button", name="Put away").click()
    await expect(page.get_by_role("article", name="Anna")).to_have_count(0)


async def make_images(page: Page) -> None:
    """A prompt and a preset; the pictures arrive without a reload."""
    await page.get_by_role("link", name="Make images").click()
    await page.wait_for_url("**/studio")
    await live(page)
    await page.get_by_role("button", name="Make 4 images").click()
    await expect(page.get_by_text("Write what the picture shows")).to_be_visible()
    await expect(page.get_by_label("Prompt")).to_be_focused()
    await page.get_by_label("Prompt").fill(PROMPT)
    await page.get_by_role("radio", name="Watercolour").check()
    await page.get_by_role("radio", name="1:1").check()
    await page.get_by_role("button", name="Make 4 images").dblclick()  # means it once
    made = page.get_by_role("article", name=PROMPT)
    await expect(made).to_contain_text("Anna · Watercolour · 1:1")
    await expect(made.get_by_role("img", name=PROMPT)).to_have_count(4, timeout=MODEL_READY)
    await expect(page.get_by_role("article")).to_have_count(1)
    assert await barriers(page) == []
    await shot(page, "studio")


async def make_more_like_it(page: Page) -> None:
    """From a picture back to the studio, with everything that made it."""
    await page.get_by_role("button", name="Done").click()
    await page.locator(".gallery li > a").first.click()
    viewer = page.get_by_role("dialog")
    details = viewer.get_by_role("button", name="Details")
    if await details.get_attribute("aria-pressed") != "true":
        await details.click()
    await viewer.get_by_role("link", name="More like this").click()
    await page.wait_for_url("**/studio?from=*")
    await live(page)
    await expect(page.get_by_label("Prompt")).to_have_value(PROMPT)
    await expect(page.get_by_role("radio", name="Watercolour")).to_be_checked()
    await expect(page.get_by_role("radio", name="1:1")).to_be_checked()


async def use_gallery(page: Page) -> None:
    """Look, like, delete, undo, download."""
    await page.get_by_role("link", name="Gallery").first.click()
    await page.wait_for_url("**/gallery")
    await live(page)
    tiles = page.locator(".gallery li > a")
    await expect(tiles).to_have_count(4)
    await tiles.first.click()
    viewer = page.get_by_role("dialog")
    await expect(viewer.get_by_text(PROMPT).first).to_be_visible()
    await viewer.get_by_role("button", name="Favourite").click()
    async with page.expect_download() as expected:
        await viewer.get_by_role("button", name="Download").click()
    with Image.open(await (await expected.value).path()) as picture:
        assert picture.size == (1024, 1024)
    await viewer.get_by_role("button", name="Delete").click()
    await page.keyboard.press("Escape")
    await expect(tiles).to_have_count(3)
    await page.get_by_role("button", name="Undo").click()
    await expect(tiles).to_have_count(4)
    await page.locator(".tools").get_by_role("button", name="Select").click()
    await page.get_by_role("button", name="Select all 4").click()
    async with page.expect_download() as expected:
        await page.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(await (await expected.value).path()) as archive:
        assert len([n for n in archive.namelist() if n.startswith("pictures/")]) == 4


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
