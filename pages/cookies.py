"""The session cookie: its name and flags follow from how the browser reaches us."""

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

from services.sessions import LIFETIME
from services.settings import Settings

NAME = "likeness"


def secure(settings: Settings, scope: Scope) -> bool:
    """Whether the browser speaks https with us: PUBLIC_URL decides, else the request itself."""
    if settings.public_url:
        return settings.public_url.startswith("https:")
    return scope.get("scheme") in {"https", "wss"}


def name(settings: Settings, scope: Scope) -> str:
    """Over https `__Host-` binds the cookie to this very host and to Secure."""
    return f"__Host-{NAME}" if secure(settings, scope) else NAME


def read(settings: Settings, scope: Scope) -> str | None:
    """The session token that came with the request, whatever other programs keep beside it."""
    # read as browsers write: `http.cookies` gives up at the first value that RFC 2109 forbids
    jar = cookie_parser(Headers(scope=scope).get("cookie", ""))
    return jar.get(name(settings, scope))


def write(response: Response, settings: Settings, scope: Scope, token: str) -> None:
    """Let the browser keep the token, out of reach of scripts and of other sites."""
    response.set_cookie(
        name(settings, scope),
        token,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=secure(settings, scope),
        httponly=True,
        samesite="lax",
    )


def clear(response: Response, settings: Settings, scope: Scope) -> None:
    """Let the browser forget the token."""
    response.delete_cookie(
        name(settings, scope),
        path="/",
        secure=secure(settings, scope),
        httponly=True,
        samesite="lax",
    )
