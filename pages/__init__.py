"""What the server answers at a URL: one module a screen."""

from nicegui import app

from components import cached_signatures, design, installing, pictures
from pages import (
    api,
    billing,
    dashboard,
    files,
    landing,
    login,
    phone,
    pricing,
    privacy,
    quality,
    register,
    reset,
    share,
    studio,
    verify,
)
from pages.account import page as account_page
from pages.admin import business as admin_business
from pages.admin import page as admin_page
from pages.gallery import album_wall
from pages.gallery import page as gallery_page
from pages.models import new as new_model
from pages.models import status as model_status
from pages.server import compression, errors, middleware, nicegui_middleware, sockets
from services.deps import Deps

# in alphabetical order, one a line
PAGES = (
    account_page,
    admin_business,
    admin_page,
    billing,
    dashboard,
    files,
    gallery_page,
    album_wall,
    landing,
    login,
    new_model,
    model_status,  # after /models/new, which its address would take
    phone,
    pricing,
    privacy,
    quality,
    register,
    reset,
    share,
    studio,
    verify,
)


def register_all(deps: Deps) -> None:
    """Put every page, route and guard on the server."""
    design.install()
    cached_signatures.install()
    nicegui_middleware.install()
    pictures.install()
    installing.install()
    compression.install()
    middleware.install(deps)
    sockets.install(deps)
    errors.install()
    for page in PAGES:
        page.register(deps)
    for resource in api.RESOURCES:
        app.include_router(resource.router)
