"""An open page, and what was logged about it."""

import gc
import logging
from collections.abc import AsyncIterator, Callable

import pytest
from nicegui import Client, ui
from playwright.async_api import Browser

from pages.server.context import current_user
from services.accounts import sessions, users
from services.accounts.sessions import Caller
from services.deps import Deps
from tests.builders import make_user
from tests.pages.server.open_pages import Open
from tests.waiting import eventually

Errors = Callable[[], list[str]]


@pytest.fixture
def errors(caplog: pytest.LogCaptureFixture) -> Errors:
    """What was logged as an error up to now, also by tasks that nobody waited for."""

    def found() -> list[str]:
        gc.collect()  # asyncio reports those when they go
        return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]

    return found


@pytest.fixture
async def opened(live_deps: Deps, chromium: Browser, address: str) -> AsyncIterator[Open]:
    clicks: list[str] = []

    @ui.page("/counter")
    def counter() -> None:
        ui.button("Count", on_click=lambda: clicks.append(current_user().email))

    async with live_deps.transaction() as session:
        user = users.view(await make_user(session))
        started = await sessions.start(
            session, live_deps, user=user, caller=Caller("127.0.0.1"), replaces=None
        )
    context = await chromium.new_context()
    await context.add_cookies([{"name": "likeness", "value": started.token, "url": address}])
    page = await context.new_page()
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    await page.goto(f"{address}/counter")
    await page.wait_for_function("window.did_handshake === true")
    yield Open(page, user.id, started.id, started.token, clicks)
    await context.close()
    # the server has to hear of it before it stops: what it begins then is never ended
    await eventually(lambda: not any(c.has_socket_connection for c in Client.instances.values()))
    assert not [p for p in problems if "Content Security Policy" in p]
