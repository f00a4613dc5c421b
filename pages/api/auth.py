"""/api/auth: registering, signing in and out, and who I am."""

from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field

from pages import context, cookies
from pages.api.dependencies import CurrentUser, DepsDep, api_router
from pages.api.errors import documented
from services import signing_in
from services.users import UserView

router = api_router("auth")


class Credentials(BaseModel):
    """An e-mail address and its password."""

    email: str = Field(max_length=320, examples=["anna@example.com"])
    password: str = Field(max_length=1000, examples=["four words are fine"])


class Registration(Credentials):
    """A new account."""

    name: str = Field(default="", max_length=100)
    token: str | None = Field(
        default=None, max_length=200, description="From an invitation, where one is needed."
    )


class UserBody(BaseModel):
    """A member."""

    id: UUID
    email: str
    name: str
    role: str = Field(description="member or admin")
    created_at: datetime

    @classmethod
    def of(cls, user: UserView) -> "UserBody":
        """The public part of a member."""
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            role=user.role,
            created_at=user.created_at,
        )


@router.post("/auth/register", status_code=201, responses=documented(409))
async def register(
    body: Registration, request: Request, response: Response, deps: DepsDep
) -> UserBody:
    """Make an account; the answer carries the session cookie."""
    started = await signing_in.register(
        deps,
        email=body.email,
        password=body.password,
        name=body.name,
        token=body.token,
        caller=context.caller(request),
        replaces=context.session_id(request),
    )
    cookies.write(response, deps.settings, request.scope, started.token)
    return UserBody.of(started.user)


@router.post("/auth/login")
async def login(body: Credentials, request: Request, response: Response, deps: DepsDep) -> UserBody:
    """Sign in; the answer carries the session cookie, under a new id each time."""
    started = await signing_in.login(
        deps,
        email=body.email,
        password=body.password,
        caller=context.caller(request),
        replaces=context.session_id(request),
    )
    cookies.write(response, deps.settings, request.scope, started.token)
    return UserBody.of(started.user)


@router.post("/auth/logout", status_code=204)
async def logout(user: CurrentUser, request: Request, response: Response, deps: DepsDep) -> None:
    """End this browser's session and its open pages; an API key stays as it is."""
    if session_id := context.session_id(request):
        await signing_in.logout(deps, user_id=user.id, session_id=session_id)
        cookies.clear(response, deps.settings, request.scope)


@router.get("/auth/me")
async def me(user: CurrentUser) -> UserBody:
    """The member behind the cookie or the key."""
    return UserBody.of(user)
