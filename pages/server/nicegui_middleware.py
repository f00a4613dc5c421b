"""NiceGUI's own two middlewares in plain ASGI: its way costs two tasks and streams a request."""

from importlib import import_module

from nicegui import core
from nicegui.version import __version__
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STATIC = f"/_nicegui/{__version__}/"
_DYNAMIC = f"{_STATIC}dynamic_resources/"


def install() -> None:
    """Let `ui.run` add ours in the place of its own."""
    running = import_module("nicegui.ui_run")
    vars(running)["RedirectWithPrefixMiddleware"] = _Nothing
    vars(running)["SetCacheControlMiddleware"] = Conventions


class Conventions:
    """Redirects keep a proxy's prefix, and NiceGUI's own files are kept by browsers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path: str = scope["path"]
        lasting = path.startswith(_STATIC) and not path.startswith(_DYNAMIC)
        prefix = Headers(scope=scope).get("x-forwarded-prefix", "")
        if not lasting and not prefix:
            return await self.app(scope, receive, send)

        async def send_conventionally(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if lasting:
                    headers["Cache-Control"] = core.app.config.cache_control_directives
                if headers.get("location", "").startswith("/"):
                    headers["Location"] = prefix + headers["Location"]
            await send(message)

        return await self.app(scope, receive, send_conventionally)


def _Nothing(app: ASGIApp) -> ASGIApp:  # stands where a class is expected
    return app
