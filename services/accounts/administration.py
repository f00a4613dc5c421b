"""An administrator's actions on accounts; each action checks the role anew and is audited."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import User
from services.accounts import one_time_links, sessions, users
from services.accounts.users import UserView
from services.deps import Deps
from services.errors import Conflict, Invalid
from services.kit import audit

ROLES = ("member", "admin")


async def reset_link(session: AsyncSession, deps: Deps, *, actor_id: UUID, user_id: UUID) -> str:
    """Create a link by which a member sets a new password; give the link to nobody else."""
    await users.require_admin(session, actor_id=actor_id)
    user = await users.get(session, user_id=user_id)
    link = await one_time_links.create(session, deps, purpose="password_reset", user_id=user.id)
    audit.record(session, action="reset_link.created", actor_id=actor_id, target=str(user_id))
    return link


async def disable(session: AsyncSession, deps: Deps, *, actor_id: UUID, user_id: UUID) -> UserView:
    """Disable a member and end all their sessions at once. Raises Conflict, NotFound."""
    row = await _other(session, actor_id, user_id)
    row.disabled_at = row.disabled_at or deps.now()
    await session.flush()
    await sessions.end_all(session, user_id=user_id)
    audit.record(session, action="user.disabled", actor_id=actor_id, target=str(user_id))
    return users.view(row)


async def enable(session: AsyncSession, *, actor_id: UUID, user_id: UUID) -> UserView:
    """Let a disabled member sign in again."""
    row = await _other(session, actor_id, user_id)
    row.disabled_at = None
    await session.flush()
    audit.record(session, action="user.enabled", actor_id=actor_id, target=str(user_id))
    return users.view(row)


async def set_role(session: AsyncSession, *, actor_id: UUID, user_id: UUID, role: str) -> UserView:
    """Make a member an administrator, or the reverse, and close the member's open pages.

    Raises Conflict for the actor's own role, so that one administrator always stays.
    """
    if role not in ROLES:
        raise Invalid("A role is member or admin.", field="role")
    row = await _other(session, actor_id, user_id)
    if row.role != role:
        row.role = role
        await session.flush()
        await sessions.end_all(session, user_id=user_id)
        audit.record(
            session, action="user.role_set", actor_id=actor_id, target=str(user_id), role=role
        )
    return users.view(row)


async def count(session: AsyncSession) -> int:
    """Return the number of members."""
    return await session.scalar(select(func.count()).select_from(User)) or 0


async def _other(session: AsyncSession, actor_id: UUID, user_id: UUID) -> User:
    await users.require_admin(session, actor_id=actor_id)
    if actor_id == user_id:
        raise Conflict("This is your own account. Ask another administrator.")
    return await users.row_of(session, user_id=user_id, lock=True)
