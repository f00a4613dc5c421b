"""Our middlewares answer as NiceGUI's own do, and a new one of NiceGUI is noticed."""

import inspect
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest
from nicegui import core, middlewares, ui_run
from nicegui.version import __version__
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pages.server import nicegui_middleware

PATHS = (
    "/dashboard",
    f"/_nicegui/{__version__}/static/nicegui.js",
    f"/_nicegui/{__version__}/dynamic_resources/component.js",
    "/_nicegui/0.0.1/static/nicegui.js",
    "/moved",
    "/elsewhere",
)


@pytest.fixture(autouse=True)
def cache_control(monkeypatch: pytest.MonkeyPatch) -> None:
    config = SimpleNamespace(cache_control_directives="public, max-age=1")
    monkeypatch.setattr(core.app, "config", config, raising=False)


def application() -> Starlette:
    async def answer(request: Request) -> Response:
        moves = {"/moved": "/login", "/elsewhere": "https://example.com/"}
        if target := moves.get(request.url.path):
            return RedirectResponse(target)
        return PlainTextResponse("here")

    return Starlette(routes=[Route("/{path:path}", answer)])


async def headers(app: ASGIApp, path: str, prefix: str) -> dict[str, str]:
    sent = {"X-Forwarded-Prefix": prefix} if prefix else {}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return dict((await client.get(path, headers=sent)).headers)


@pytest.mark.parametrize("prefix", ["", "/likeness"])
@pytest.mark.parametrize("path", PATHS)
async def test_headers_are_those_of_nicegui(path: str, prefix: str) -> None:
    theirs: ASGIApp = middlewares.RedirectWithPrefixMiddleware(application())
    theirs = middlewares.SetCacheControlMiddleware(theirs)
    ours = nicegui_middleware.Conventions(application())
    assert await headers(ours, path, prefix) == await headers(theirs, path, prefix)


@pytest.fixture
def untouched() -> Iterator[None]:
    names = ("RedirectWithPrefixMiddleware", "SetCacheControlMiddleware")
    before = {name: getattr(ui_run, name) for name in names}
    yield
    for name, own in before.items():
        setattr(ui_run, name, own)


def test_nicegui_adds_the_middlewares_that_are_replaced_and_no_other(untouched: None) -> None:
    """A new one in a later NiceGUI has to be looked at: it may cost what the others did."""
    added = inspect.getsource(ui_run).count("add_middleware(")
    assert added == 3  # compression, which we configure, and the two that we replace
    classes = {
        name
        for name, found in vars(middlewares).items()
        if inspect.isclass(found) and found.__module__ == middlewares.__name__
    }
    assert classes == {"RedirectWithPrefixMiddleware", "SetCacheControlMiddleware"}
    nicegui_middleware.install()
    assert vars(ui_run)["SetCacheControlMiddleware"] is nicegui_middleware.Conventions
