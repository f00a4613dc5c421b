"""/login and /logout: plain forms, so that they work before and without any script."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from nicegui import app

from components.controls import button, form
from components.dom import el
from components.feedback import banner
from components.plain import Plain, field
from pages.server import context, cookies
from services.accounts import signing_in
from services.deps import Deps
from services.errors import DomainError

KNOWN = "In a browser that you have used here before, you need not wait."


def register(deps: Deps) -> None:
    """Serve the forms."""

    @app.get("/login", include_in_schema=False)
    async def show(request: Request, next: str = "") -> Response:
        if context.visitor(request):
            return RedirectResponse(local(next), 303)
        page = _page(deps, next=next)
        if cookies.read(deps.settings, request.scope):  # of a session that was ended elsewhere
            cookies.clear(page, deps.settings, request.scope)
        return page

    @app.post("/login", include_in_schema=False)
    async def sign_in(
        request: Request,
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            started = await signing_in.login(
                deps,
                email=email,
                password=password,
                caller=context.caller(request),
                replaces=context.session_id(request),
            )
        except DomainError as error:
            return _page(deps, next=next, email=email, error=error)
        response = RedirectResponse(local(next), 303)
        cookies.write(response, deps.settings, request.scope, started)
        return response

    @app.post("/logout", include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        user, session_id = context.visitor(request), context.session_id(request)
        if user and session_id:
            await signing_in.logout(deps, user_id=user.id, session_id=session_id)
        response = RedirectResponse("/login", 303)
        cookies.clear(response, deps.settings, request.scope)
        return response


def local(target: str) -> str:
    """Where to go after signing in: a page of ours, whatever the address says."""
    plain = target.isprintable() and "\\" not in target
    ours = target.startswith("/") and not target.startswith("//")
    return target if ours and plain else "/dashboard"


def _page(
    deps: Deps, *, next: str = "", email: str = "", error: DomainError | None = None
) -> HTMLResponse:
    page = Plain("Sign in")
    with page.body():
        el("h1", "Sign in")
        if error and error.status != 401:
            banner(f"{error} {KNOWN if error.status == 429 else ''}".strip(), tone="danger")
        with form("/login"):
            el("input", type="hidden", name="next", value=next)
            refused = str(error) if error and error.status == 401 else None
            field(
                "E-mail",
                "email",
                value=email,
                first=not refused,
                type="email",
                autocomplete="username",
                required=True,
                maxlength="254",
            )
            field(
                "Password",
                "password",
                error=refused,
                type="password",
                autocomplete="current-password",
                required=True,
                maxlength="1000",
            )
            button("Sign in", kind="primary", submit=True, wide=True)
        with el("p", classes="row between"):
            el("a", "Forgot your password?", href="/reset")
            if deps.settings.registration == "open":
                query = f"?{urlencode({'next': next})}" if next else ""
                el("a", "Create an account", href=f"/register{query}")
    return page.response(error.status if error else 200)
