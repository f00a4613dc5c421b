"""Who is asking: what the middleware found out about a request, for pages and routes."""

from uuid import UUID

from fastapi import Request
from nicegui import ui

from pages.server import cookies
from services.accounts.sessions import Caller
from services.accounts.users import UserView
from services.deps import Deps
from services.errors import NotFound, NotSignedIn


def current_user(request: Request | None = None) -> UserView:
    """The signed-in member of this page (or request). Raises NotSignedIn, also after logout."""
    user = visitor(request)
    if user is None:
        raise NotSignedIn("Sign in to see this page.")
    return user


def visitor(request: Request | None = None) -> UserView | None:
    """The signed-in member, or None on a page that is open to everybody."""
    user: UserView | None = getattr(_request(request).state, "user", None)
    return user


def current_admin(request: Request | None = None) -> UserView:
    """The signed-in administrator; to others the page does not exist. Raises NotFound."""
    user = current_user(request)
    if not user.is_admin:
        raise NotFound("There is no such page.")
    return user


def current_worker(request: Request) -> UUID:
    """The GPU worker behind the key. Raises NotSignedIn."""
    id: UUID | None = getattr(request.state, "worker", None)
    if id is None:
        raise NotSignedIn("This needs the key of a GPU worker.")
    return id


def session_id(request: Request | None = None) -> UUID | None:
    """The browser session behind the request; None for API keys and visitors."""
    id: UUID | None = getattr(_request(request).state, "session_id", None)
    return id


def caller(request: Request) -> Caller:
    """The address (behind trusted proxies, the real one) and browser of a request."""
    settings = deps_of(request).settings
    return Caller(
        ip=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", ""),
        browser=cookies.read(settings, request.scope, cookies.BROWSER) or "",
    )


def deps_of(request: Request) -> Deps:
    """The program's parts, put into the request by the middleware."""
    deps: Deps = request.state.deps
    return deps


def request_id(request: Request) -> str:
    """The reference of this request, in its logs and in the header X-Request-ID."""
    return str(getattr(request.state, "request_id", ""))


def _request(request: Request | None) -> Request:
    return request or ui.context.client.request
