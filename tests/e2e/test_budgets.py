"""What each page costs on a first visit, and that nothing on it jumps: one pass over all."""

import sys
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Request
from sqlalchemy import select, update

from db.models import GeneratedImage, User
from services.accounts.users import UserView
from services.gallery import albums, share_links
from services.gallery.image_query import Selection
from tests.builders import make_training_image, make_user_model
from tests.e2e.driving import Server, live
from tests.e2e.test_gallery import with_pictures

MAX_BYTES, MAX_REQUESTS = 300_000, 15  # bodies as sent; pictures come on top
MAX_SHIFT = 0.05  # half of what web.dev calls good
PLAIN = (
    *("/", "/pricing", "/login", "/register", "/reset", "/privacy", "/quality", "/verify"),
    "/api/docs",
)
LIVE = ("/dashboard", "/models/new", "/studio", "/gallery", "/billing", "/account", "/admin")
OPEN = (*LIVE, "/models/")  # connected to the program
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}

# The sum of all shifts, which is never less than the worst burst of them, and what moved.
OBSERVE = """
window.shifted = { sum: 0, by: [] };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    shifted.sum += entry.value;
    for (const { node } of entry.sources) {
      const name = node?.outerHTML ?? node?.parentElement?.outerHTML ?? "gone";
      shifted.by.push(`${entry.value.toFixed(3)} ${name.slice(0, 90)}`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""
TYPEFACE = "[...document.fonts].some((f) => f.family === 'Inter' && f.status === 'loaded')"
PICTURES = "[...document.images].every((i) => i.complete || i.loading === 'lazy')"


@dataclass
class Cost:
    """Of one visit. sent: bytes of each body by address. by: what moved."""

    path: str
    sent: dict[str, int]
    shift: float
    by: list[str]

    def line(self) -> str:
        """Path, bytes, requests, shift: for whoever runs this with -s."""
        total = sum(self.sent.values())
        return f"{self.path:45} {total:>8,} {len(self.sent):>3} {self.shift:.3f}\n"

    def faults(self) -> list[str]:
        """What is over a budget, in lines."""
        total = sum(self.sent.values())
        found = []
        if total > MAX_BYTES or len(self.sent) > MAX_REQUESTS:
            largest = sorted(self.sent.items(), key=lambda item: -item[1])
            found.append(f"{self.path}: {total:,} bytes in {len(self.sent)} requests: {largest}")
        if self.shift >= MAX_SHIFT:
            found.append(f"{self.path}: shifts by {self.shift:.3f}: {self.by}")
        return found


@pytest.fixture
async def furnished(server: Server, member: UserView) -> list[str]:
    """The member has one of everything and is an administrator; the pages of what there is."""
    await with_pictures(server, member, 14)
    async with server.deps.transaction() as session:
        await session.execute(update(User).where(User.id == member.id).values(role="admin"))
        key = {"user_id": member.id}
        ready = await make_user_model(session, name="Anna", status="ready", **key)
        for _ in range(10):
            await make_training_image(session, user_model=ready)
        training = await make_user_model(session, status="training", progress=0.4, **key)
        ids = await session.scalars(select(GeneratedImage.id).filter_by(**key))
        album = await albums.create(session, server.deps, name="All", **key)
        await albums.add_images(
            session, server.deps, album_id=album.id, selection=Selection(ids=list(ids)), **key
        )
        link = await share_links.create(session, server.deps, album_id=album.id, days=7, **key)
    path = link.url.removeprefix(server.url)
    return [path, f"/models/{ready.id}", f"/models/{training.id}"]


@pytest.mark.timeout(300)  # twenty-eight visits
async def test_every_page_keeps_its_budgets(
    server: Server, browser: Browser, page: Page, furnished: list[str]
) -> None:
    cookies: Any = await page.context.cookies()
    shared, *models = furnished
    found = [await cost(server, browser, path, []) for path in (*PLAIN, shared)]
    found += [await cost(server, browser, path, cookies) for path in (*LIVE, *models)]
    sys.stdout.writelines(one.line() for one in found)
    faults = [fault for one in found for fault in one.faults()]
    assert not faults, "\n".join(faults)


async def cost(server: Server, browser: Browser, path: str, cookies: list[Any]) -> Cost:
    """Of a first visit on a phone; a live page that shifts on a desktop counts as well."""
    context = await browser.new_context(
        base_url=server.url,
        viewport=PHONE,  # type: ignore[arg-type]
    )
    await context.add_cookies(cookies)
    await context.add_init_script(OBSERVE)
    page = await context.new_page()
    loaded: list[Request] = []
    page.on("requestfinished", lambda request: loaded.append(request))
    worse = await shift(page, path)
    sent = {r.url: (await r.sizes())["responseBodySize"] for r in loaded if _counts(r)}
    if path.startswith(OPEN):
        await page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        worse = max(worse, await shift(page, path), key=lambda one: one["sum"])
    await context.close()
    return Cost(path, sent, worse["sum"], worse["by"])


async def shift(page: Page, path: str) -> dict[str, Any]:
    """Of a page that has come to rest."""
    await page.goto(path)
    if path.startswith(OPEN):
        await live(page)
    await page.wait_for_load_state("networkidle")
    await page.wait_for_function(PICTURES)
    await page.wait_for_function(TYPEFACE)
    return dict(await page.evaluate("shifted"))


def _counts(request: Request) -> bool:
    """Not pictures, and not what is fetched ahead for the next page."""
    purpose = request.headers.get("sec-purpose", request.headers.get("purpose", ""))
    return request.resource_type != "image" and "prefetch" not in purpose
