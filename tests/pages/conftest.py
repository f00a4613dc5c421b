"""A member and their simulated visitor; a real browser, and the application on a port for it."""

from collections.abc import AsyncIterator

import pytest
from nicegui.testing import User as Visitor

from components import live
from pages.server import sockets
from services.accounts import users
from services.accounts.users import UserView
from services.deps import Deps
from services.kit.notify import Listener
from tests.serving import listening, serving

ANNA = {"email": "anna@example.com", "password": "four quiet words here", "name": "Anna"}


@pytest.fixture
async def visitor(live_deps: Deps) -> AsyncIterator[Visitor]:
    """Anna, signed in, before she opens a page."""
    async with serving(live_deps) as visitor:
        await visitor.http_client.post("/register", data=ANNA)
        yield visitor


@pytest.fixture
async def anna(live_deps: Deps, visitor: Visitor) -> UserView:
    """The member that `visitor` is."""
    async with live_deps.transaction() as session:
        found = await users.by_email(session, email=ANNA["email"])
    assert found
    return users.view(found)


@pytest.fixture
async def address(live_deps: Deps, database_url: str) -> AsyncIterator[str]:
    """The application, hearing the notices of every process."""
    listener = Listener(database_url)
    async with listening(live_deps) as address:
        for subscriber in (live.changed, sockets.on_notice(live_deps)):
            listener.subscribe(subscriber)
        await listener.start()
        yield address
        await listener.stop()
