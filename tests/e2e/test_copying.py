"""Copy buttons: they copy, and say so, over plain http as well."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from services.accounts.users import UserView
from tests import browsers
from tests.browsers import FLAGS
from tests.e2e.driving import Server, forgive, visit, watched
from tests.e2e.test_gallery import with_pictures

ELSEWHERE = "192.0.2.7"  # for documentation only; the browser is told that it is this machine


@pytest.fixture(params=["127.0.0.1", ELSEWHERE])
async def tab(request: pytest.FixtureRequest, page: Page, server: Server) -> AsyncIterator[Page]:
    """The member's page at this machine's address, and at one that is nothing secure."""
    assert page.context.browser
    browser = await page.context.browser.browser_type.launch(
        executable_path=browsers.installed(),
        args=[*FLAGS, f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1"],
    )
    url = server.url.replace("127.0.0.1", request.param)
    context = await browser.new_context(base_url=url)
    (cookie,) = await page.context.cookies()
    await context.add_cookies([{"name": "likeness", "value": cookie.get("value", ""), "url": url}])
    made = await context.new_page()
    forgive(made, "Cross-Origin-Opener-Policy header has been ignored")
    with watched(made):
        yield made
    await browser.close()


async def test_links_and_keys_are_copied(server: Server, tab: Page, member: UserView) -> None:
    await with_pictures(server, member, 1)
    await visit(tab, "/gallery")
    assert await tab.evaluate("isSecureContext") == (ELSEWHERE not in tab.url)
    await tab.locator(".gallery li > a").first.click()
    await tab.get_by_role("button", name="Share", exact=True).click()
    await tab.get_by_role("button", name="Make link").click()
    link = await tab.get_by_label("The link, shown only now").input_value()
    await _copy(tab)
    await visit(tab, "/gallery")
    await _pastes(tab, link)

    await visit(tab, "/account")
    await tab.get_by_label("Name of a new key").fill("Backup")
    await tab.get_by_role("button", name="Make a key").click()
    key = await tab.locator("dialog[open] code").inner_text()
    await _copy(tab)
    await visit(tab, "/gallery")
    await _pastes(tab, key)


async def _copy(tab: Page) -> None:
    button = tab.get_by_role("button", name=re.compile("^Copy"))
    await button.click()
    await expect(tab.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    await expect(tab.get_by_role("status").get_by_text("Copied", exact=True)).to_be_attached()
    await expect(button).to_be_visible()  # again, after a while


async def _pastes(tab: Page, text: str) -> None:
    search = tab.get_by_label("Search")
    await search.fill("")
    await search.press("Control+V")
    await expect(search).to_have_value(text)
