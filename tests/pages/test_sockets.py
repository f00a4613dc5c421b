"""Open pages in a real browser: whose they are, and that they die with their session."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from nicegui import ui
from playwright.async_api import Browser, Page, async_playwright

from pages import sockets
from pages.context import current_user
from services import sessions, users
from services.deps import Deps
from services.sessions import Caller
from tests import browsers
from tests.builders import make_user
from tests.serving import listening
from tests.waiting import eventually

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browsers.installed(), args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def address(live_deps: Deps) -> AsyncIterator[str]:
    async with listening(live_deps) as address:
        yield address


async def signed_in(deps: Deps, chromium: Browser, address: str) -> tuple[Page, UUID, UUID]:
    async with deps.transaction() as session:
        user = users.view(await make_user(session))
        started = await sessions.start(
            session, deps, user=user, caller=Caller("127.0.0.1"), replaces=None
        )
    page = await (await chromium.new_context()).new_page()
    await page.context.add_cookies([{"name": "likeness", "value": started.token, "url": address}])
    return page, user.id, started.id


async def test_a_page_works_and_dies_with_its_session(
    live_deps: Deps, chromium: Browser, address: str
) -> None:
    clicks: list[str] = []

    @ui.page("/counter")
    def counter() -> None:
        user = current_user()
        ui.button("Count", on_click=lambda: clicks.append(user.email))

    page, user_id, session_id = await signed_in(live_deps, chromium, address)
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    await page.goto(f"{address}/counter")
    await page.get_by_role("button", name="Count").click()
    await eventually(lambda: len(clicks) == 1)
    assert problems == []

    async with live_deps.transaction() as session:
        await sessions.end(session, user_id=user_id, session_id=session_id)
    await sockets.close_pages(session_id)
    await page.wait_for_url(f"{address}/login")
