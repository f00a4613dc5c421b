"""Members with everything, or signed in already: a browser with a cookie, a program with a key."""

from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts import api_keys, one_time_links, rate_limits, sessions, users
from services.accounts.sessions import Caller
from services.accounts.users import UserView
from services.deps import Deps
from services.kit import audit
from services.training import consents
from tests import builders
from tests.builders import make_user
from tests.serving import browser


async def furnish(session: AsyncSession, deps: Deps, **values: object) -> UUID:
    """A member with rows and files of every kind that the builders know."""
    user = await make_user(session, **values)
    await sessions.start(
        session, deps, user=users.view(user), caller=Caller("192.0.2.7"), replaces=None
    )
    await api_keys.create(session, deps, user_id=user.id, name="Backup")
    await one_time_links.create(session, deps, purpose="password_reset", user_id=user.id)
    await one_time_links.create(session, deps, purpose="invite", email=user.email)
    await rate_limits.hit(session, deps, limit=rate_limits.LOGIN_BY_ACCOUNT, subject=user.email)
    model = await builders.make_user_model(session, user_id=user.id)
    await consents.give(
        session,
        deps,
        user_id=user.id,
        user_model_id=model.id,
        subject_is="self",
        text_version=consents.current(deps),
        ip="192.0.2.7",
    )
    image = await builders.make_image(session, user_id=user.id, user_model_id=model.id)
    audit.record(session, action="session.started", actor_id=user.id, ip="192.0.2.7")
    await session.flush()
    for folder in (model.folder, image.folder):
        await deps.storage.put(f"{folder.rstrip('/')}/full.jpg", b"jpeg", content_type="image/jpeg")
    return user.id


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
