"""A real browser, and the application on a port for it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from pages import sockets
from services.deps import Deps
from services.notify import Listener
from tests.serving import listening

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def address(live_deps: Deps, database_url: str) -> AsyncIterator[str]:
    """The application, hearing the notices of every process."""
    listener = Listener(database_url)
    async with listening(live_deps) as address:
        listener.subscribe(sockets.on_notice(live_deps))
        await listener.start()
        yield address
        await listener.stop()
