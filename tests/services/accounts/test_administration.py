"""What administrators may do, and nobody else."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AuditEntry
from services.accounts import administration, invitations, sessions, users
from services.accounts.sessions import Caller
from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound
from tests.builders import make_user

Act = Callable[[AsyncSession, Deps, UUID, UUID], Awaitable[Any]]
ACTS: dict[str, Act] = {
    "invite.created": lambda s, d, actor, _: invitations.create(s, d, actor_id=actor),
    "reset_link.created": lambda s, d, actor, id: administration.reset_link(
        s, d, actor_id=actor, user_id=id
    ),
    "user.disabled": lambda s, d, actor, id: administration.disable(
        s, d, actor_id=actor, user_id=id
    ),
    "user.enabled": lambda s, _, actor, id: administration.enable(s, actor_id=actor, user_id=id),
    "user.role_set": lambda s, _, actor, id: administration.set_role(
        s, actor_id=actor, user_id=id, role="admin"
    ),
}


@pytest.mark.parametrize("action", ACTS)
async def test_each_act_is_for_administrators_and_audited(
    session: AsyncSession, deps: Deps, action: str
) -> None:
    admin, member = await make_user(session, role="admin"), await make_user(session)
    other = await make_user(session)
    with pytest.raises(NotFound):
        await ACTS[action](session, deps, other.id, member.id)
    await ACTS[action](session, deps, admin.id, member.id)
    entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.action, entry.actor_id) == (action, admin.id)
    assert (entry.target == str(member.id)) == (action != "invite.created")


async def test_a_disabled_administrator_may_nothing(session: AsyncSession, deps: Deps) -> None:
    gone = await make_user(session, role="admin", disabled_at=deps.now())
    with pytest.raises(NotFound):
        await invitations.create(session, deps, actor_id=gone.id)


@pytest.mark.parametrize("action", ["user.disabled", "user.role_set"])
async def test_disabling_and_roles_end_sessions(
    session: AsyncSession, deps: Deps, action: str
) -> None:
    admin, member = await make_user(session, role="admin"), await make_user(session)
    started = await sessions.start(
        session, deps, user=users.view(member), caller=Caller("192.0.2.7"), replaces=None
    )
    await ACTS[action](session, deps, admin.id, member.id)
    assert await sessions.find(session, deps, token=started.token) is None


async def test_one_administrator_always_stays(session: AsyncSession, deps: Deps) -> None:
    admin = await make_user(session, role="admin")
    with pytest.raises(Conflict, match="your own account"):
        await administration.disable(session, deps, actor_id=admin.id, user_id=admin.id)
    with pytest.raises(Conflict, match="your own account"):
        await administration.set_role(session, actor_id=admin.id, user_id=admin.id, role="member")


async def test_roles_that_are_none(session: AsyncSession, deps: Deps) -> None:
    admin, member = await make_user(session, role="admin"), await make_user(session)
    with pytest.raises(Invalid):
        await administration.set_role(session, actor_id=admin.id, user_id=member.id, role="root")


async def test_pages_of_members(session: AsyncSession) -> None:
    made = {(await make_user(session)).id for _ in range(5)}
    seen, after = [], None
    while page := await users.page(session, after=after, limit=2):
        seen += [view.id for view in page]
        after = (page[-1].created_at, page[-1].id)
    assert len(seen) == len(set(seen))
    assert set(seen) == made
