"""What the server answers at a URL: one module a screen."""

from nicegui import app

from components import design
from pages import (
    account,
    errors,
    files,
    gallery,
    login,
    middleware,
    register,
    reset,
    share,
    sockets,
)
from pages.api import (
    albums,
    auth,
    docs,
    images,
    photos,
    shares,
)
from services.deps import Deps

# in alphabetical order, one a line
PAGES = (
    account,
    files,
    gallery,
    login,
    register,
    reset,
    share,
)
RESOURCES = (
    albums,
    auth,
    docs,
    images,
    photos,
    shares,
)


def register_all(deps: Deps) -> None:
    """Put every page, route and guard on the server."""
    design.install()
    middleware.install(deps)
    sockets.install(deps)
    errors.install()
    for page in PAGES:
        page.register(deps)
    for resource in RESOURCES:
        app.include_router(resource.router)
