"""/reset: asks for a link by mail, and with `?token=` sets the new password."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from nicegui import app

from components.controls import button, form
from components.dom import el
from components.feedback import banner
from components.keys import revoke_keys_tick
from components.plain import Plain, field
from pages.server import context, cookies
from services.accounts import api_keys, one_time_links, password_reset, passwords, signing_in
from services.deps import Deps
from services.errors import DomainError
from services.kit import mail

SENT = "If this address has an account, a mail with a link is on its way. It works for 1 hour."


def register(deps: Deps) -> None:
    """Serve the two forms."""

    @app.get("/reset", include_in_schema=False)
    async def show(token: str = "") -> Response:
        return await _set_page(deps, token) if token else _ask_page(deps)

    @app.post("/reset", include_in_schema=False)
    async def submit(
        request: Request,
        email: Annotated[str, Form()] = "",
        token: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        revoke_keys: Annotated[bool, Form()] = False,
    ) -> Response:
        if token:
            return await _set(deps, request, token, password, revoke_keys)
        try:
            await password_reset.ask(deps, email=email, caller=context.caller(request))
        except DomainError as error:
            return _ask_page(deps, email=email, error=error)
        return _ask_page(deps, email=email, sent=True)


async def _set(
    deps: Deps, request: Request, token: str, password: str, revoke_keys: bool
) -> Response:
    try:
        started = await signing_in.reset_password(
            deps,
            token=token,
            new=password,
            caller=context.caller(request),
            revoke_keys=revoke_keys,
        )
    except DomainError as error:
        return await _set_page(deps, token, error)
    response = RedirectResponse("/dashboard", 303)
    cookies.write(response, deps.settings, request.scope, started)
    return response


def _ask_page(
    deps: Deps, *, email: str = "", error: DomainError | None = None, sent: bool = False
) -> HTMLResponse:
    page = Plain("Reset your password")
    with page.body():
        el("h1", "Reset your password")
        if sent:
            banner(SENT, tone="good")
        elif not mail.enabled(deps.settings):
            banner("Ask the administrator of this installation for a link to set a new password.")
        else:
            _ask_form(email, error)
        with el("p"):
            el("a", "Back to sign in", href="/login")
    return page.response(error.status if error else 200)


def _ask_form(email: str, error: DomainError | None) -> None:
    wrong = str(error) if error and error.details.get("field") == "email" else None
    if error and not wrong:
        banner(str(error), tone="danger")
    with form("/reset"):
        field(
            "E-mail",
            "email",
            value=email,
            error=wrong,
            first=True,
            help="We send a link to this address.",
            type="email",
            autocomplete="username",
            required=True,
            maxlength="254",
        )
        button("Send the link", kind="primary", submit=True, wide=True)


async def _set_page(deps: Deps, token: str, error: DomainError | None = None) -> HTMLResponse:
    async with deps.transaction() as session:
        link = await one_time_links.look(session, deps, token=token)
        user_id = link.user_id if link else None
        keys = await api_keys.count(session, user_id=user_id) if user_id else 0
    page = Plain("Set a new password")
    with page.body():
        el("h1", "Set a new password")
        if link is None or link.purpose != "password_reset":
            banner(signing_in.EXPIRED, tone="warn")
            with el("p"):
                el("a", "Ask for a new link", href="/reset")
        else:
            _set_form(token, error, keys)
    return page.response(error.status if error else 200)


def _set_form(token: str, error: DomainError | None, keys: int) -> None:
    wrong = str(error) if error and error.details.get("field") == "password" else None
    if error and not wrong:
        banner(str(error), tone="danger")
    with form("/reset"):
        el("input", type="hidden", name="token", value=token)
        field(
            "New password",
            "password",
            error=wrong,
            first=True,
            help=f"At least {passwords.MINIMUM} characters. You are signed out everywhere else.",
            type="password",
            autocomplete="new-password",
            required=True,
            minlength=str(passwords.MINIMUM),
            maxlength=str(passwords.MAXIMUM),
        )
        revoke_keys_tick(keys)
        button("Set password", kind="primary", submit=True, wide=True)
