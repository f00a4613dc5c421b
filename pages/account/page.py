"""/account: profile, password, signed-in browsers, API keys, my data."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from nicegui import app, ui

from components.controls import Dialog, Field, PasswordField, button, form, link_button
from components.copying import copy_button
from components.dates import Moment, dated
from components.devices import device_name
from components.dom import attach, el
from components.feedback import badge, banner, section, toast
from components.keys import revoke_keys_tick
from components.page_index import PageIndex
from pages.account.consents import consents_section
from pages.account.notifications import notifications_section
from pages.account.storage import storage_section
from pages.server import context, cookies
from pages.signed_in_frame import shell
from services.accounts import api_keys, passwords, sessions, signing_in, users
from services.accounts.api_keys import ApiKeyView
from services.accounts.sessions import SessionView
from services.accounts.users import UserView
from services.deps import Deps
from services.errors import DomainError
from services.notifications import choices
from services.privacy import rights
from services.training import consents, quota

SAID = {
    "password": "Your password is changed. Every other browser is signed out.",
    "password-keys": "Your password is changed, your API keys are revoked, and every other "
    "browser is signed out.",
    "consent": "The consent is withdrawn, and everything made of it is gone.",
    "sessions": "Every other browser is signed out.",
}
# what a refused form came back with; only these sentences are ever shown
PROBLEMS = {
    "current": "This is not your current password.",
    "password": "Choose another password: at least 8 characters, and not one that many people use.",
    "email": "This is not the e-mail of your account.",
    "confirm": "This is not your current password.",
    "throttled": "Too many attempts. Try again later.",
    "wait": "Too many attempts. Try again later.",
}


def register(deps: Deps) -> None:
    """Serve the page and its forms."""

    @ui.page("/account")
    async def account(said: str = "", problem: str = "") -> None:
        user, session_id = context.current_user(), context.session_id()
        async with deps.transaction() as session:
            browsers = await sessions.of_user(session, deps, user_id=user.id)
            keys = await api_keys.of_user(session, user_id=user.id)
            given = await consents.standing(session, user_id=user.id)
            told = await choices.of_user(session, deps, user_id=user.id, session_id=session_id)
            room = await quota.storage(session, deps, user_id=user.id)
        async with shell(deps, "Account", width="reading"):
            if said in SAID:
                banner(SAID[said], tone="good")
            index = PageIndex()
            _profile(deps, user)
            _password(problem, len(keys))
            notifications_section(deps, told, is_admin=user.is_admin)
            _browsers(deps, browsers, session_id)
            _keys(deps, keys)
            consents_section(deps, given)
            storage_section(room)
            _data(user, problem)
            index.fill()

    _add_password_form(deps)
    _add_data_forms(deps)


def _add_password_form(deps: Deps) -> None:
    @app.post("/account/password", include_in_schema=False)
    async def change_password(
        request: Request,
        current: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        revoke_keys: Annotated[bool, Form()] = False,
    ) -> Response:
        user, session_id = context.current_user(request), context.session_id(request)
        assert session_id is not None  # noqa: S101  # only the cookie opens a page
        try:
            started = await signing_in.change_password(
                deps,
                user_id=user.id,
                session_id=session_id,
                current=current,
                new=password,
                caller=context.caller(request),
                revoke_keys=revoke_keys,
            )
        except DomainError as error:
            return _back("password", problem=error.details.get("field", "throttled"))
        response = _back("password", said="password-keys" if revoke_keys else "password")
        cookies.write(response, deps.settings, request.scope, started)
        return response


def _add_data_forms(deps: Deps) -> None:
    @app.get("/account/export", include_in_schema=False)
    async def export(request: Request) -> Response:
        user = context.current_user(request)
        name = f"likeness-{deps.now():%Y-%m-%d}.zip"
        return StreamingResponse(
            rights.export(deps, user_id=user.id),
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @app.post("/account/delete", include_in_schema=False)
    async def delete(
        request: Request,
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
    ) -> Response:
        user = context.current_user(request)
        try:
            await rights.delete_account(deps, user_id=user.id, typed_email=email, password=password)
        except DomainError as error:
            return _back("data", problem=error.details.get("field", "wait"))
        response = RedirectResponse("/", 303)
        cookies.clear(response, deps.settings, request.scope)
        return response


def _back(part: str, **query: str) -> Response:
    return RedirectResponse(f"/account?{urlencode(query)}#{part}", 303)


def _profile(deps: Deps, user: UserView) -> None:
    with section("Profile"):
        name = Field("Name", value=user.name, autocomplete="name", maxlength="100")
        with el("p", classes="small muted"):
            el("span", f"You sign in as {user.email}.")

        async def save() -> None:
            try:
                async with deps.transaction() as session:
                    await users.rename(session, user_id=context.current_user().id, name=name.value)
            except DomainError as error:
                name.error = str(error)
                name.focus()
            else:
                toast("Saved.")

        with el("div", classes="row"):
            button("Save name", save, mark="save-name")


def _password(problem: str, keys: int) -> None:
    with section("Password") as part:
        attach(part, id="password")
        with form("/account/password", label="Change your password"):
            current = PasswordField(
                "Current password", name="current", autocomplete="current-password", required=True
            )
            new = PasswordField(
                "New password",
                name="password",
                autocomplete="new-password",
                required=True,
                minlength=str(passwords.MINIMUM),
                maxlength=str(passwords.MAXIMUM),
                help=f"At least {passwords.MINIMUM} characters. Other browsers are signed out.",
            )
            revoke_keys_tick(keys)
            with el("div", classes="row"):
                button("Change password", submit=True)
        refused = {"current": current, "throttled": current, "password": new}.get(problem)
        if refused:
            refused.error = PROBLEMS[problem]
            refused.focus()


def _browsers(deps: Deps, browsers: Sequence[SessionView], here: UUID | None) -> None:
    with section("Signed-in browsers"):
        rows = el("ul", classes="stack")
        for view in browsers:
            with rows:
                _browser(deps, view, here=view.id == here)

        async def end_others() -> None:
            async with deps.transaction() as session:
                await sessions.end_all(session, user_id=context.current_user().id, but=here)
            ui.navigate.to("/account?said=sessions")

        if len(browsers) > 1:
            with el("div", classes="row"):
                button("Sign out everywhere else", end_others, mark="end-others")


def _browser(deps: Deps, view: SessionView, *, here: bool) -> None:
    with el("li", classes="card row between") as row:
        with el("div"):
            with el("p", classes="row tight strong"):
                el("span", device_name(view.user_agent))
                if here:
                    badge("This browser", tone="good")
            seen = Moment(view.last_seen_at)
            dated("p", f"{view.ip} · active ", seen, classes="small muted")

        async def end() -> None:
            try:
                async with deps.transaction() as session:
                    await sessions.end(
                        session, user_id=context.current_user().id, session_id=view.id
                    )
            except DomainError as error:
                toast(str(error))
            row.delete()

        if not here:
            label = f"Sign out {device_name(view.user_agent)}"
            button("Sign out", end, kind="quiet", aria_label=label)


def _keys(deps: Deps, keys: Sequence[ApiKeyView]) -> None:
    with section("API keys", link=("API reference", "/api/docs")):
        el("p", "A key lets a program act in your account.", classes="muted")
        rows = el("ul", classes="stack")
        for view in keys:
            with rows:
                _key(deps, view)
        with Dialog("Your new key") as dialog:
            el("p", "Copy it now. It is not shown again.")
            shown = el("code", classes="mono card wrap-any", tabindex="0").mark("new-key")
            copy_button(shown, kind="primary")
        name = Field("Name of a new key", placeholder="Backup script", maxlength="80")

        async def make() -> None:
            try:
                async with deps.transaction() as session:
                    view, key = await api_keys.create(
                        session, deps, user_id=context.current_user().id, name=name.value
                    )
            except DomainError as error:
                name.error = str(error)
                name.focus()
                return
            with rows:
                _key(deps, view)
            name.value = ""
            shown.set_text(key)
            dialog.show()

        with el("div", classes="row"):
            button("Make a key", make, mark="make-key")


def _key(deps: Deps, view: ApiKeyView) -> None:
    used = ("used ", Moment(view.last_used_at)) if view.last_used_at else ("never used",)
    with el("li", classes="card row between") as row:
        with el("div"):
            el("p", view.name, classes="strong")
            with el("p", classes="small muted"):
                el("span", f"{view.prefix}…", classes="mono")
                dated("span", " · ", *used)

        async def revoke() -> None:
            try:
                async with deps.transaction() as session:
                    await api_keys.revoke(
                        session, deps, user_id=context.current_user().id, key_id=view.id
                    )
            except DomainError as error:
                toast(str(error))
            row.delete()

        button("Revoke", revoke, kind="danger", aria_label=f"Revoke {view.name}")


def _data(user: UserView, problem: str) -> None:
    with section("Your data") as part:
        attach(part, id="data")
        el("p", "A ZIP archive with all your photos, models, pictures and everything on record.")
        with el("div", classes="row"):
            link_button("Export my data", "/account/export", download=True)
        _deletion(user, problem)


def _deletion(user: UserView, problem: str) -> None:
    refused = {"email": "email", "confirm": "password", "wait": "password"}.get(problem)
    with el("details", classes="card", open=bool(refused)):
        el("summary", "Delete my account", classes="strong")
        with form("/account/delete", label="Delete my account"):
            el(
                "p",
                "Your photos, models and pictures are erased at once and for good. Credits "
                "that you have left are lost, and a plan’s free images are not given to the same "
                "address again. There is no way back.",
            )
            email = Field(
                "Type your e-mail to confirm",
                name="email",
                help=user.email,
                autocomplete="off",
                required=True,
            )
            password = PasswordField(
                "Your password", name="password", autocomplete="current-password", required=True
            )
            with el("div", classes="row"):
                button("Delete my account", kind="danger", submit=True)
    if refused:
        field = {"email": email, "password": password}[refused]
        field.error = PROBLEMS[problem]
        field.focus()
