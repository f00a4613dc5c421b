"""Pages of the application in this process, in a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from playwright.async_api import Browser, Page

from services.accounts import sessions, users
from services.deps import Deps


@asynccontextmanager
async def signed_in(
    chromium: Browser, address: str, deps: Deps, user_id: UUID
) -> AsyncIterator[Page]:
    """A page of a browser in which this member is signed in."""
    context = await chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    async with deps.transaction() as session:
        user = await users.get(session, user_id=user_id)
        started = await sessions.start(
            session, deps, user=user, caller=sessions.Caller(ip="127.0.0.1"), replaces=None
        )
    await context.add_cookies(
        [{"name": "likeness", "value": started.token, "url": address, "httpOnly": True}]
    )
    yield await context.new_page()
    await context.close()


async def visit(page: Page, path: str) -> None:
    """Open a page and wait until it is connected to the application."""
    await page.goto(path)
    await page.wait_for_function("window.did_handshake === true")
