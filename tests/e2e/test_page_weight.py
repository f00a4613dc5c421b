"""What a page costs on the wire when its scripts are there; first visits: test_budgets.py."""

from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page, expect

from services.accounts.users import UserView
from tests.e2e.driving import Server, visit
from tests.e2e.test_gallery import with_pictures

CONTENT = ("/files/", "/api/", "/_nicegui_ws/", "/assets/samples/")


@dataclass
class Traffic:
    """What came over the network, by address; bytes of the bodies as they were sent."""

    sent: dict[str, float] = field(default_factory=dict)
    _asked: dict[str, str] = field(default_factory=dict)

    async def watch(self, page: Page) -> None:
        """From now on."""
        session = await page.context.new_cdp_session(page)
        await session.send("Network.enable")
        session.on("Network.responseReceived", self._answered)
        session.on("Network.dataReceived", self._received)

    def _answered(self, event: Any) -> None:
        response = event["response"]
        cached = response.get("fromDiskCache") or response.get("fromPrefetchCache")
        if not cached and response["url"].startswith("http"):
            self._asked[event["requestId"]] = response["url"]

    def _received(self, event: Any) -> None:
        url = self._asked.get(event["requestId"])
        if url and not any(part in url for part in CONTENT):
            self.sent[url] = self.sent.get(url, 0) + event["encodedDataLength"]

    def __str__(self) -> str:
        return "\n".join(f"{n:>9,.0f} {url}" for url, n in sorted(self.sent.items()))


async def test_a_second_visit_fetches_the_page_alone(
    server: Server, page: Page, member: UserView, browser: Browser
) -> None:
    await with_pictures(server, member, 1)
    context = await browser.new_context(base_url=server.url)
    await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
    cold, warm = Traffic(), Traffic()
    for traffic in (cold, warm):
        tab = await context.new_page()
        await traffic.watch(tab)
        await visit(tab, "/gallery")
        await expect(tab.locator(".gallery img.in")).to_be_visible()
    await context.close()
    assert len(cold.sent) > 1
    assert list(warm.sent) == [f"{server.url}/gallery"], f"\n{warm}"
