"""Members who are signed in already: a browser with their cookie, a program with their key."""

from uuid import UUID

import httpx

from services import api_keys, sessions, users
from services.deps import Deps
from services.sessions import Caller
from services.users import UserView
from tests.builders import make_user
from tests.serving import browser


async def member(deps: Deps, **values: object) -> UserView:
    """A member of `deps`; values: columns of the user."""
    async with deps.transaction() as session:
        return users.view(await make_user(session, **values))


async def sign_in(deps: Deps, client: httpx.AsyncClient, user: UserView) -> UUID:
    """Give the client a session of the member; the session's id."""
    async with deps.transaction() as session:
        started = await sessions.start(
            session, deps, user=user, caller=Caller("192.0.2.7"), replaces=None
        )
    client.cookies.set("likeness", started.token)
    return started.id


async def program(deps: Deps, user: UserView) -> httpx.AsyncClient:
    """A client with an API key of the member; close it after use."""
    async with deps.transaction() as session:
        _, key = await api_keys.create(session, deps, user_id=user.id, name="Test")
    client = browser()
    client.headers["Authorization"] = f"Bearer {key}"
    return client
