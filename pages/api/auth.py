"""/api/auth: registering, signing in and out, and who I am."""

from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field

from pages.api.dependencies import CurrentUser, DepsDep, SessionDep, api_router
from pages.api.errors import documented
from pages.server import context, cookies
from services.accounts import signing_in, users
from services.accounts.users import UserView
from services.credits import ledger, plans

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
    cookies.write(response, deps.settings, request.scope, started)
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
    cookies.write(response, deps.settings, request.scope, started)
    return UserBody.of(started.user)


@router.post("/auth/logout", status_code=204)
async def logout(user: CurrentUser, request: Request, response: Response, deps: DepsDep) -> None:
    """End this browser's session and its open pages; an API key stays as it is."""
    if session_id := context.session_id(request):
        await signing_in.logout(deps, user_id=user.id, session_id=session_id)
        cookies.clear(response, deps.settings, request.scope)


class PlanBody(BaseModel):
    """What the member's plan grants."""

    name: str
    title: str
    unlimited: bool = Field(description="Images cost no credits.")
    model_slots: int | None = Field(description="Models at a time; null: as many as you like.")


class CreditsBody(BaseModel):
    """Credits; one makes one image."""

    available: int | None = Field(description="null: unlimited")
    held: int = Field(description="Set aside for work under way.")


class CountsBody(BaseModel):
    """What the member has."""

    models: int
    images: int


class MeBody(UserBody):
    """The member with plan, credits and counts."""

    plan: PlanBody
    credits: CreditsBody
    counts: CountsBody


@router.get("/auth/me")
async def me(user: CurrentUser, session: SessionDep) -> MeBody:
    """The member behind the cookie or the key, with plan, credits and counts."""
    plan = await plans.of_user(session, user_id=user.id)
    balance = await ledger.balance(session, user_id=user.id)
    counts = await users.counts(session, user_id=user.id)
    return MeBody(
        **UserBody.of(user).model_dump(),
        plan=PlanBody(
            name=plan.name,
            title=plan.title,
            unlimited=plan.unlimited,
            model_slots=plan.model_slots,
        ),
        credits=CreditsBody(available=balance.available, held=balance.held),
        counts=CountsBody(models=counts.models, images=counts.images),
    )
