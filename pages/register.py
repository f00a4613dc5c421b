"""/register: a new account; `?token=` comes with an invitation or is the first administrator's."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from nicegui import app

from components.controls import button, form
from components.dom import el
from components.feedback import banner
from components.plain import Plain, field
from pages.login import local
from pages.server import context, cookies
from services.accounts import one_time_links, passwords, signing_in
from services.accounts.one_time_links import Link
from services.deps import Deps
from services.errors import DomainError


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, so that nothing typed is lost."""

    name: str = ""
    email: str = ""
    token: str = ""
    next: str = ""


def register(deps: Deps) -> None:
    """Serve the form."""

    @app.get("/register", include_in_schema=False)
    async def show(request: Request, token: str = "", next: str = "") -> Response:
        if context.visitor(request) and not token:
            return RedirectResponse(local(next), 303)
        return await _page(deps, Typed(token=token, next=next))

    @app.post("/register", include_in_schema=False)
    async def sign_up(
        request: Request,
        password: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        email: Annotated[str, Form()] = "",
        token: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            started = await signing_in.register(
                deps,
                email=email,
                password=password,
                name=name,
                token=token or None,
                caller=context.caller(request),
                replaces=context.session_id(request),
            )
        except DomainError as error:
            return await _page(deps, Typed(name, email, token, next), error)
        response = RedirectResponse(local(next), 303)
        cookies.write(response, deps.settings, request.scope, started)
        return response


async def _page(deps: Deps, typed: Typed, error: DomainError | None = None) -> HTMLResponse:
    link = None
    if typed.token:
        async with deps.transaction() as session:
            link = await one_time_links.look(session, deps, token=typed.token)
    page = Plain("Create your account")
    with page.body():
        admin = link is not None and link.purpose == "first_admin"
        el("h1", "Create the administrator’s account" if admin else "Create your account")
        if typed.token and link is None:
            banner(signing_in.EXPIRED, tone="warn")
        elif link is None and deps.settings.registration != "open":
            banner("Joining takes an invitation. Ask the administrator for a link.")
        else:
            _form(typed, link, error)
        with el("p"):
            el("span", "You have an account already? ")
            el("a", "Sign in", href="/login")
    return page.response(error.status if error else 200)


def _form(typed: Typed, link: Link | None, error: DomainError | None) -> None:
    wrong = error.details.get("field") if error else None
    if error and wrong not in {"email", "password"}:
        banner(str(error), tone="danger")
    with form("/register"):
        el("input", type="hidden", name="token", value=typed.token)
        el("input", type="hidden", name="next", value=typed.next)
        field(
            "Name",
            "name",
            help="How you would like to be addressed. Optional.",
            value=typed.name,
            first=not wrong,
            autocomplete="name",
            maxlength="100",
        )
        field(
            "E-mail",
            "email",
            value=typed.email or (link.email or "" if link else ""),
            error=str(error) if wrong == "email" else None,
            type="email",
            autocomplete="username",
            required=True,
            maxlength="254",
        )
        field(
            "Password",
            "password",
            help=f"At least {passwords.MINIMUM} characters; a few words that are yours work well.",
            error=str(error) if wrong == "password" else None,
            type="password",
            autocomplete="new-password",
            required=True,
            minlength=str(passwords.MINIMUM),
            maxlength=str(passwords.MAXIMUM),
        )
        button("Create account", kind="primary", submit=True, wide=True)
