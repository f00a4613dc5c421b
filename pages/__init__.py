"""What the server answers at a URL: one module a screen."""

from nicegui import app

from components import design, pictures, quick
from pages import (
    account,
    admin,
    billing,
    compression,
    dashboard,
    errors,
    files,
    gallery,
    landing,
    login,
    middleware,
    model,
    model_new,
    privacy,
    register,
    reset,
    share,
    slim,
    sockets,
    studio,
)
from pages.api import (
    albums,
    auth,
    docs,
    generate,
    images,
    models,
    photos,
    shares,
    stripe,
    worker,
)
from services.deps import Deps

# in alphabetical order, one a line
PAGES = (
    account,
    admin,
    billing,
    dashboard,
    files,
    gallery,
    landing,
    login,
    model_new,
    model,  # after /models/new, which its address would take
    privacy,
    register,
    reset,
    share,
    studio,
)
RESOURCES = (
    albums,
    auth,
    docs,
    generate,
    images,
    models,
    photos,
    shares,
    stripe,
    worker,
)


def register_all(deps: Deps) -> None:
    """Put every page, route and guard on the server."""
    design.install()
    quick.install()
    slim.install()
    pictures.install()
    compression.install()
    middleware.install(deps)
    sockets.install(deps)
    errors.install()
    for page in PAGES:
        page.register(deps)
    for resource in RESOURCES:
        app.include_router(resource.router)
