"""What a page costs on the wire: the first load, and a visit with a warm cache."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.async_api import Page

from services.users import UserView
from tests.e2e.driving import Server, visit
from tests.e2e.test_gallery import with_pictures
from tests.waiting import eventually

MAX_BYTES, MAX_REQUESTS = 300_000, 15  # as sent; the pictures themselves come on top
CONTENT = ("/files/", "/api/", "/_nicegui_ws/", "/assets/samples/")


@dataclass
class Traffic:
    """What came over the network, by address; bytes as they were sent, headers included."""

    sent: dict[str, float] = field(default_factory=dict)
    _asked: dict[str, str] = field(default_factory=dict)

    async def watch(self, page: Page) -> None:
        """From now on."""
        session = await page.context.new_cdp_session(page)
        await session.send("Network.enable")
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)

    def _answered(self, event: Any) -> None:
        response = event["response"]
        cached = response.get("fromDiskCache") or response.get("fromPrefetchCache")
        if not cached and response["url"].startswith("http"):
            self._asked[event["requestId"]] = response["url"]

    def _finished(self, event: Any) -> None:
        url = self._asked.get(event["requestId"])
        if url and event["encodedDataLength"] and not any(part in url for part in CONTENT):
            self.sent[url] = event["encodedDataLength"]

    def __str__(self) -> str:
        return "\n".join(f"{n:>9,.0f} {url}" for url, n in sorted(self.sent.items()))


@pytest.mark.parametrize("path", ["/gallery", "/dashboard"])
async def test_first_load_and_a_warm_one(
    server: Server, page: Page, member: UserView, path: str
) -> None:
    await with_pictures(server, member, 1)
    first_ever = Traffic()
    await first_ever.watch(page)
    await visit(page, path)
    heaviest = max(first_ever.sent, key=lambda url: first_ever.sent[url])
    await eventually(lambda: is_packed(heaviest), timeout=30)

    assert page.context.browser
    cold_context = await page.context.browser.new_context(base_url=server.url)
    await cold_context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
    cold, warm = Traffic(), Traffic()
    for traffic in (cold, warm):
        tab = await cold_context.new_page()
        await traffic.watch(tab)
        await visit(tab, path)
    await cold_context.close()
    assert sum(cold.sent.values()) <= MAX_BYTES, f"{sum(cold.sent.values()):,.0f}\n{cold}"
    assert len(cold.sent) <= MAX_REQUESTS, f"\n{cold}"
    assert list(warm.sent) == [f"{server.url}{path}"], f"\n{warm}"


def is_packed(url: str) -> bool:
    """Whether the server has got round to packing a static file."""
    answer = httpx.get(url, headers={"Accept-Encoding": "br"})
    return bool(answer.headers.get("content-encoding") == "br")
