"""The whole application in this process: pages, routes and guards, without a network."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn
from nicegui import core, ui
from nicegui.testing import User
from nicegui.testing.general import nicegui_reset_globals, prepare_simulation

import pages
from pages.server.http_protocol import UVICORN
from services.deps import Deps
from tests.waiting import eventually


@contextmanager
def _fresh_application() -> Iterator[None]:
    """NiceGUI as after its import; it forgets pages and routes, and here the routers' lifespans."""
    lifespan = core.app.router.lifespan_context
    # A simulated visitor puts its own in their places: the next application needs NiceGUI's.
    real = {name: getattr(ui, name) for name in ("navigate", "notify", "download")}
    with _imported_pages(), nicegui_reset_globals():
        try:
            yield
        finally:
            core.app.router.lifespan_context = lifespan
            for name, own in real.items():
                setattr(ui, name, own)


@contextmanager
def _imported_pages() -> Iterator[None]:
    """Keeps the pages imported: NiceGUI drops their modules, in case that importing adds a page.

    Ours are added by `register_all`; importing them again took 80 ms a test.
    """
    modules = {name: module for name, module in sys.modules.items() if _is_page(name)}
    try:
        yield
    finally:
        sys.modules.update(modules)


def _is_page(name: str) -> bool:
    return name == "pages" or name.startswith("pages.")


@asynccontextmanager
async def serving(deps: Deps, *, host: str = "192.0.2.7") -> AsyncIterator[User]:
    """A simulated browser at `host`; its `http_client` speaks to every route, cookies and all."""
    with _fresh_application():
        os.environ["NICEGUI_USER_SIMULATION"] = "true"
        try:
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


@asynccontextmanager
async def listening(deps: Deps) -> AsyncIterator[str]:
    """The same application on a port of 127.0.0.1, for real browsers and sockets; its address."""
    with _fresh_application():
        prepare_simulation()
        core.app.config.tailwind = False
        pages.register_all(deps)
        config = uvicorn.Config(core.app, port=0, log_level="warning", ws="wsproto", **UVICORN)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        try:
            await eventually(lambda: server.started or serving.done())
            port = server.servers[0].sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await serving
