"""100,000 pictures in a real browser: every one is reached, memory stays flat, 500 come as ZIP."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, expect
from sqlalchemy import text

from services import imaging
from services.accounts.users import UserView
from services.storage.local import LocalStorage
from tests import browsers
from tests.browsers import FLAGS
from tests.builders import make_generation
from tests.e2e.driving import Server, visit

SHAPES = ((768, 1024), (1024, 1024), (1024, 576))
INSERT = text("""
    insert into generated_images (id, user_id, generation_id, position, seed, prompt, folder,
        content_type, width, height, bytes, thumbhash, recipe, created_at)
    select gen_random_uuid(), :user_id, :generation_id, n, n, 'Picture ' || n,
        :user_id || '/many/' || n, 'image/webp',
        (array[768, 1024, 1024])[n % 3 + 1], (array[1024, 1024, 576])[n % 3 + 1], 1, :thumbhash,
        '{"engine": "preview"}', now() - (:rows - n) * interval '1 second'
    from generate_series(1, :rows) n""")
SCROLL_TO = """async (alt) => {
    const found = () => document.querySelector(`.gallery img[alt="${alt}"]`);
    while (!found()) { scrollBy(0, 600); await new Promise(requestAnimationFrame); }
    found().scrollIntoView({ block: 'center' });
}"""
SCROLL_TO_THE_END = """async () => {
    const lists = () => document.querySelectorAll('.gallery > ul').length;
    for (let still = 0, before = 0; still < 3000; still = lists() === before ? still + 1 : 0) {
        before = lists();
        scrollTo(0, document.documentElement.scrollHeight);
        await new Promise(requestAnimationFrame);
        if (document.querySelector('.gallery img[alt="Picture 1"]')) return lists();
    }
    throw new Error(`stuck after ${lists()} parts`);
}"""


async def fill(server: Server, member: UserView, rows: int) -> None:
    """That many rows; their files are links to those of three real pictures."""
    storage = server.deps.storage
    assert isinstance(storage, LocalStorage)
    for i, size in enumerate(SHAPES):
        buffer = io.BytesIO()
        Image.linear_gradient("L").resize(size).convert("RGB").save(buffer, "WEBP")
        derived = await imaging.derive(buffer.getvalue())
        await imaging.store(storage, f"{member.id}/real/{i}", derived.files)
    link_files(storage.root / str(member.id), rows)
    async with server.deps.transaction() as session:
        generation = await make_generation(session, user_id=member.id)
        values = {"user_id": member.id, "generation_id": generation.id, "rows": rows}
        await session.execute(INSERT, values | {"thumbhash": derived.thumbhash})
    async with server.deps.transaction() as session:
        await session.execute(text("analyze generated_images"))


def link_files(folder: Path, rows: int) -> None:
    (folder / "many").mkdir()
    for n in range(1, rows + 1):
        (folder / "many" / str(n)).symlink_to(folder / "real" / str(n % 3))


async def heap(page: Page) -> float:
    """Bytes of the page's JavaScript objects after a collection."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used: Any = await session.send("Runtime.getHeapUsage")
    return float(used["usedSize"])


@pytest.fixture
async def fast(page: Page, server: Server) -> AsyncIterator[Page]:
    """The member's page in a browser that loads no image files: the grid is what is tried."""
    assert page.context.browser
    flags = [*FLAGS, "--blink-settings=imagesEnabled=false"]
    browser = await page.context.browser.browser_type.launch(
        executable_path=browsers.installed(), args=flags
    )
    context = await browser.new_context(
        base_url=server.url, viewport={"width": 1440, "height": 900}
    )
    await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
    yield await context.new_page()
    await browser.close()


@pytest.mark.parametrize(
    "rows", [5_000, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
async def test_every_picture_is_reached_and_memory_stays_flat(
    server: Server, fast: Page, member: UserView, rows: int
) -> None:
    await fill(server, member, rows)
    await visit(fast, "/gallery")
    await expect(fast.get_by_text(f"{rows:,} pictures")).to_be_visible()
    await expect(fast.locator(".gallery li")).to_have_count(100)
    at_first = await heap(fast)
    parts = await fast.evaluate(SCROLL_TO_THE_END)
    assert parts == rows // 100
    assert await fast.locator(".gallery li").count() < 800
    grown = await heap(fast) - at_first
    assert grown < 10e6, f"{grown:,.0f} bytes more: kept, 100,000 pictures would be some 200 MB"
    await fast.evaluate("scrollTo(0, 0)")
    await expect(fast.get_by_alt_text(f"Picture {rows}", exact=True)).to_be_visible()


async def test_five_hundred_as_an_archive(server: Server, page: Page, member: UserView) -> None:
    rows = 1_000
    await fill(server, member, rows)
    await visit(page, "/gallery")
    await page.locator(".tools").get_by_role("button", name="Select").click()
    await page.locator(".gallery li > a").first.click()
    last = page.get_by_alt_text(f"Picture {rows - 499}", exact=True)
    await page.evaluate(SCROLL_TO, f"Picture {rows - 499}")
    await last.click(modifiers=["Shift"])
    await expect(page.get_by_text("500 selected")).to_be_visible()
    await page.get_by_role("button", name="Download").click()
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Download 500 pictures").click()
    with zipfile.ZipFile(await (await waiting.value).path()) as archive:
        assert archive.testzip() is None
        pictures = [name for name in archive.namelist() if name.startswith("pictures/")]
        assert len(pictures) == 500
        prompts = [recipe["prompt"] for recipe in json.loads(archive.read("recipes.json"))]
        assert prompts == [f"Picture {rows - i}" for i in range(500)]
        with Image.open(io.BytesIO(archive.read(pictures[0]))) as image:
            assert image.size in SHAPES
