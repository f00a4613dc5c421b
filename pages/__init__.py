"""What the server answers at a URL: one module a screen."""

from nicegui import app

from services.deps import Deps


def register_all(deps: Deps) -> None:
    """Put every page, route and guard on the application."""
    from pages import errors, login, middleware, register, sockets
    from pages.api import auth

    middleware.install(deps)
    sockets.install(deps)
    errors.install()
    for page in (login, register):
        page.register(deps)
    for resource in (auth,):
        app.include_router(resource.router)
