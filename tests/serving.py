"""The whole application in this process: pages, routes and guards, without a network."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from nicegui import core, ui
from nicegui.testing import User
from nicegui.testing.general import nicegui_reset_globals, prepare_simulation

from services.deps import Deps


@asynccontextmanager
async def serving(deps: Deps, *, host: str = "192.0.2.7") -> AsyncIterator[User]:
    """A simulated browser at `host`; its `http_client` speaks to every route, cookies and all."""
    with nicegui_reset_globals():
        os.environ["NICEGUI_USER_SIMULATION"] = "true"
        try:
            import pages  # anew for each application: NiceGUI forgets page modules after a test

            prepare_simulation()
            pages.register_all(deps)
            ui.run(title="Likeness", show_welcome_message=False)
            async with core.app.router.lifespan_context(core.app), browser(host) as client:
                yield User(client)
        finally:
            os.environ.pop("NICEGUI_USER_SIMULATION", None)


def browser(host: str = "192.0.2.7") -> httpx.AsyncClient:
    """Another browser, or another program, with cookies of its own."""
    transport = httpx.ASGITransport(core.app, client=(host, 40000), raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://test")
