"""The session's cookie and the browser's: names and flags follow from how we are reached."""

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

from services.accounts.sessions import LIFETIME, NewSession
from services.settings import Settings

NAME = "likeness"
BROWSER = "likeness-browser"
LONGEST = 400 * 24 * 3600  # seconds; browsers keep no cookie for longer


def secure(settings: Settings, scope: Scope) -> bool:
    """Whether the browser speaks https with us: PUBLIC_URL decides, else the request itself."""
    if settings.public_url:
        return settings.public_url.startswith("https:")
    return scope.get("scheme") in {"https", "wss"}


def name(settings: Settings, scope: Scope, plain: str = NAME) -> str:
    """Over https `__Host-` binds the cookie to this very host and to Secure."""
    return f"__Host-{plain}" if secure(settings, scope) else plain


def read(settings: Settings, scope: Scope, plain: str = NAME) -> str | None:
    """The value that came with the request, whatever other programs keep beside it."""
    # read as browsers write: `http.cookies` gives up at the first value that RFC 2109 forbids
    jar = cookie_parser(Headers(scope=scope).get("cookie", ""))
    return jar.get(name(settings, scope, plain))


def write(response: Response, settings: Settings, scope: Scope, started: NewSession) -> None:
    """Let the browser keep the session's token, and that it has signed in to this account.

    Both are out of reach of scripts and of other sites.
    """
    session = (NAME, started.token, int(LIFETIME.total_seconds()))
    for plain, value, seconds in (session, (BROWSER, started.browser, LONGEST)):
        response.set_cookie(
            name(settings, scope, plain),
            value,
            max_age=seconds,
            path="/",
            secure=secure(settings, scope),
            httponly=True,
            samesite="lax",
        )


def clear(response: Response, settings: Settings, scope: Scope) -> None:
    """Let the browser forget the session's token, and the private pictures in its cache.

    That it has signed in before, it remembers. Browsers clear their cache over https and on
    localhost; elsewhere pictures stay in it as long as their URLs work.
    """
    response.headers["Clear-Site-Data"] = '"cache"'
    response.delete_cookie(
        name(settings, scope),
        path="/",
        secure=secure(settings, scope),
        httponly=True,
        samesite="lax",
    )
